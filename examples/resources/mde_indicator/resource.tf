resource "mde_indicator" "installer" {
  value          = "https://downloads.example.org/setup.exe"
  action         = "Audit"
  generate_alert = true
  severity       = "Low"
  title          = "Under observation"
  description    = "Case 42"
}
