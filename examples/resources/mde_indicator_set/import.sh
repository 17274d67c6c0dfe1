# By a filter over application, title, type, action and created_by ("self" is this application).
terraform import mde_indicator_set.c2 'application=gitops-c2'
