# A list in a CSV file.
resource "mde_indicator_set" "c2" {
  action      = "Block" # attributes of the set are the defaults of its rows
  severity    = "High"
  title       = "C2 infrastructure"
  description = "Tracked in intel/c2.csv"
  indicators  = provider::mde::parse_csv(file("${path.module}/intel/c2.csv"))
}

# A list in the configuration. A row sets any fields, or none.
resource "mde_indicator_set" "watched" {
  action      = "Block"
  severity    = "Medium"
  title       = "Watched"
  description = "Tracked by the intel team"

  indicators = {
    "198.51.100.23" = null
    "https://drop.example.org/stage2" = {
      description     = "seen in case 42"
      expiration_time = "2030-01-31T00:00:00Z"
    }
    "updates.example.com" = {
      action           = "Audit"
      generate_alert   = true
      mitre_techniques = ["T1071.001"]
    }
    # The key is the value, unless the row has one.
    "updates, for the servers" = {
      value            = "updates.example.com"
      action           = "Warn"
      rbac_group_names = ["Servers"]
    }
  }
}

# A list in a YAML or JSON file: one object of fields for each value. Use `jsonencode` for long lists: their plans are faster.
resource "mde_indicator_set" "team" {
  action      = "Warn"
  title       = "Reported by the team"
  description = "Tracked in intel/team.yaml"
  indicators  = yamldecode(file("${path.module}/intel/team.yaml"))
}

resource "mde_indicator_set" "partner" {
  action     = "Block"
  title      = "Shared by a partner"
  indicators = jsondecode(file("${path.module}/intel/partner.json"))
}

# A list that is computed.
locals {
  case_43 = ["a", "b", "c"]
}

resource "mde_indicator_set" "case_43" {
  action      = "Block"
  title       = "Case 43"
  description = "Generated names"
  indicators  = jsonencode({ for name in local.case_43 : "${name}.case-43.example.net" => { severity = "High" } })
}
