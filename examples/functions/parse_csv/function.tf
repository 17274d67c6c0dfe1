# intel/c2.csv was exported from the Defender portal, or has columns such as value, severity and description.
resource "mde_indicator_set" "c2" {
  action      = "Block"
  title       = "C2 infrastructure"
  description = "Tracked in intel/c2.csv"
  indicators  = provider::mde::parse_csv(file("${path.module}/intel/c2.csv"))
}
