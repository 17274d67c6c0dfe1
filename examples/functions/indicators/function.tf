# intel/c2.csv has the columns value, severity and description.
resource "mde_indicator_set" "listed" {
  action     = "Block"
  title      = "C2 infrastructure"
  indicators = provider::mde::indicators(csvdecode(file("${path.module}/intel/c2.csv")))
}
