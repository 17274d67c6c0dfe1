# By filter: one or more of application, title, type, action, created_by and source, separated by commas. "self" is the provider's
# own application. The indicators that match become the list of the set.
terraform import mde_indicator_set.c2 'application=gitops-c2'
terraform import mde_indicator_set.c2 'created_by=self,type=Url'
