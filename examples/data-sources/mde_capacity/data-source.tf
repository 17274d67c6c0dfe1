data "mde_capacity" "tenant" {}

check "room" {
  assert {
    condition     = data.mde_capacity.tenant.remaining > 500
    error_message = "Less than 500 indicators of room: ${jsonencode(data.mde_capacity.tenant.by_source)}"
  }
}
