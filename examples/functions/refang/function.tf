# Values as a report prints them.
locals {
  reported = ["hxxps://login[.]example[.]net/a", "198[.]51[.]100[.]23"]
}

resource "mde_indicator_set" "report" {
  action      = "Block"
  title       = "Report of January"
  description = "Copied from the report"
  indicators  = { for value in local.reported : provider::mde::refang(value) => null }
}
