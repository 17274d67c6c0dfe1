import {
  to = mde_indicator_set.c2
  id = "application=gitops-c2"
}
