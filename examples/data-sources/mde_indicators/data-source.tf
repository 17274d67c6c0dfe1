# Everything that the portal's users have allowed.
data "mde_indicators" "allowed" {
  action = "Allowed"
}

output "allowed_by" {
  value = { for row in data.mde_indicators.allowed.indicators : row.value => row.created_by }
}
