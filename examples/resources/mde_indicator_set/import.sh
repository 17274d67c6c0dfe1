# By a filter: one or more of application, title, type, action and created_by ("self" is this application), separated by
# commas. The rows that match become the set's list.
terraform import mde_indicator_set.c2 'application=gitops-c2'
terraform import mde_indicator_set.c2 'created_by=self,type=Url'
