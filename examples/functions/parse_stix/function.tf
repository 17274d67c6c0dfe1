# intel/bundle.json is a STIX 2.1 bundle. It also describes a mutex, which Defender cannot match; "path" leaves it out.
resource "mde_indicator_set" "campaign" {
  action      = "Block"
  title       = "Campaign"
  description = "Tracked in intel/bundle.json"
  indicators  = provider::mde::parse_stix(file("${path.module}/intel/bundle.json"), "path")
}
