import {
  to = mde_indicator.installer
  identity = {
    value  = "https://downloads.example.org/setup.exe"
    type   = "Url"
    action = "Audit"
  }
}
