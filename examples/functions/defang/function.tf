# What is blocked, in a form that no chat and no mail program turns into links.
variable "blocked" {
  type    = list(string)
  default = ["https://login.example.net/a", "198.51.100.23"]
}

output "blocked" {
  value = [for value in var.blocked : provider::mde::defang(value)]
}
