# intel/event.json was downloaded from MISP. Attributes that are not for detection are left out.
resource "mde_indicator_set" "event" {
  action      = "Block"
  title       = "MISP event"
  description = "Tracked in intel/event.json"
  indicators  = provider::mde::parse_misp(file("${path.module}/intel/event.json"), "to-ids", "type")
}
