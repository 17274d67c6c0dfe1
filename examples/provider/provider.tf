terraform {
  required_providers {
    mde = {
      source = "terraform.local/mde/mde"
    }
  }
}

# Credentials come from variables, such as ARM_TENANT_ID, ARM_CLIENT_ID and ARM_CLIENT_SECRET, or ARM_USE_OIDC in a pipeline.
# The guide "Authentication" has an example for each way to sign in.
provider "mde" {
  protected    = ["contoso.com", "203.0.113.0/24"]
  max_removals = 100
}
