import {
  to = mde_indicator.installer
  id = "4711"
}
