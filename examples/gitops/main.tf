terraform {
  required_version = ">= 1.8"

  required_providers {
    mde = {
      source = "terraform.local/mde/mde"
    }
  }
}

# Credentials come from the environment.
provider "mde" {
  # A plan that blocks one of these, or something within it, fails.
  protected = ["contoso.com", "203.0.113.0/24"]

  # A run that deletes or weakens more indicators than this fails. `MDE_MAX_REMOVALS` lets one run through.
  max_removals = 20

  # Indicators may move between the lists of these labels.
  applications = ["gitops-c2", "gitops-phishing", "gitops-exceptions"]
}

# Indicators in the tenant, and how many more fit. The report shows both.
data "mde_capacity" "tenant" {}

check "capacity" {
  assert {
    condition     = data.mde_capacity.tenant.remaining >= 1000
    error_message = "Fewer than 1,000 more indicators fit into the tenant."
  }
}
