# One list from several files: CSV, JSON and YAML. A key with different rows is an error.
resource "mde_indicator_set" "c2" {
  action      = "Block"
  title       = "C2 infrastructure"
  description = "Tracked in intel/"
  indicators = provider::mde::merge(
    provider::mde::parse_csv(file("${path.module}/intel/c2.csv")),
    file("${path.module}/intel/more.json"),
    jsonencode(yamldecode(file("${path.module}/intel/team.yaml"))),
  )
}
