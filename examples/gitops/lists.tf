locals {
  c2         = provider::mde::parse_csv(file("${path.module}/lists/c2.csv"))
  phishing   = provider::mde::parse_stix(file("${path.module}/lists/phishing.stix.json"))
  exceptions = yamldecode(file("${path.module}/lists/exceptions.yaml"))
}

# A CSV file with the columns of the Defender portal.
resource "mde_indicator_set" "c2" {
  action      = "Block"
  severity    = "High"
  title       = "C2 infrastructure"
  description = "Tracked in lists/c2.csv"
  application = "gitops-c2"
  indicators  = local.c2
}

# A STIX 2.1 bundle.
resource "mde_indicator_set" "phishing" {
  action      = "Block"
  severity    = "Medium"
  title       = "Phishing"
  description = "Tracked in lists/phishing.stix.json"
  application = "gitops-phishing"
  indicators  = local.phishing
}

# A YAML file: a value, and the fields that it needs.
resource "mde_indicator_set" "exceptions" {
  action      = "Allowed"
  title       = "Exceptions"
  description = "Tracked in lists/exceptions.yaml"
  application = "gitops-exceptions"
  indicators  = local.exceptions
}
