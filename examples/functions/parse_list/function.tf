# One value a line, and one list of everything: the same value in both files must be the same row.
resource "mde_indicator_set" "blocklist" {
  action      = "Block"
  title       = "Blocklist"
  description = "Tracked in intel/"
  indicators = provider::mde::merge(
    provider::mde::parse_list(file("${path.module}/intel/c2.txt")),
    provider::mde::parse_list(file("${path.module}/intel/networks.txt"), "cidr"),
  )
}
