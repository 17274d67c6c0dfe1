# Runs without credentials: the provider's functions and validation are real, and nothing asks a tenant.
mock_provider "mde" {
  mock_data "mde_capacity" {
    defaults = {
      remaining = 15000
    }
  }
}

run "lists" {
  command = plan

  assert {
    condition     = length(jsondecode(local.c2)) > 0 && length(jsondecode(local.phishing)) > 0
    error_message = "A list of blocked indicators is empty."
  }

  assert {
    condition = length(setintersection(
      keys(local.exceptions),
      concat(keys(jsondecode(local.c2)), keys(jsondecode(local.phishing))),
    )) == 0
    error_message = "A value is both an exception and blocked."
  }

  assert {
    condition     = alltrue([for row in values(local.exceptions) : try(row.description, "") != ""])
    error_message = "Every exception needs a description that names its case."
  }

  assert {
    condition     = mde_indicator_set.c2.action == "Block" && mde_indicator_set.exceptions.action == "Allowed"
    error_message = "The lists of blocked indicators block, and the exceptions allow."
  }
}
