# Pipelines need a state that outlives them. Configure a backend with locking here, for example:
#
# terraform {
#   backend "azurerm" {
#     resource_group_name  = "terraform"
#     storage_account_name = "contosoterraform"
#     container_name       = "state"
#     key                  = "mde.tfstate"
#     use_azuread_auth     = true
#   }
# }
