# terraform query
list "mde_indicator" "portal" {
  provider = mde
  limit    = 500

  config {
    action         = "Block"
    created_by     = "analyst@contoso.com"
    value_contains = ".example.org"
  }
}
