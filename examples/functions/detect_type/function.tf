# Hashes raise alerts, everything else is blocked only.
variable "values" {
  type    = list(string)
  default = ["login.example.net", "4f6bb1a6a7c8d8e1b3f0a9c2d5e7f80112233445566778899aabbccddeeff001"]
}

resource "mde_indicator_set" "mixed" {
  action      = "Block"
  title       = "Mixed list"
  description = "Hashes raise alerts"
  indicators = {
    for value in var.values : value => {
      generate_alert = startswith(coalesce(provider::mde::detect_type(value), "none"), "File")
    }
  }
}
