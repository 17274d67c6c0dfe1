# A plain list: value => description, or null for the set's own.
resource "mde_indicator_set" "scanners" {
  action      = "Block"
  severity    = "Medium"
  title       = "Scanners"
  description = "Seen scanning our edge"

  values = {
    "198.51.100.7"  = "seen in case 42"
    "198.51.100.23" = null
  }
}

# Rows with fields of their own.
resource "mde_indicator_set" "c2" {
  action      = "Block"
  severity    = "High"
  title       = "C2 infrastructure"
  description = "Tracked by the intel team"

  indicators = {
    "c2.example.net" = {}
    "https://drop.example.org/stage2" = {
      severity        = "Medium"
      expiration_time = "2030-01-31T00:00:00Z"
    }
    "updates.example.com" = {
      action  = "Audit"
      details = { generate_alert = true, mitre_techniques = ["T1071.001"] }
    }
  }
}
