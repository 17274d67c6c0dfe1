terraform {
  required_providers {
    mde = {
      source = "terraform.local/mde/mde"
    }
  }
}

# Credentials come from ARM_TENANT_ID, ARM_CLIENT_ID and ARM_CLIENT_SECRET.
provider "mde" {
  protected    = ["contoso.com", "203.0.113.0/24"]
  max_removals = 100
}
