#!/usr/bin/env bash
# Prints the path of the provider that `terraform init` has installed. It is the command line, too.
set -euo pipefail

found=$(find -L .terraform/providers -type f \( -name 'terraform-provider-mde_v*' -o -name 'terraform-provider-mde' \) | sort | tail -n 1)
if [ -z "$found" ]; then
  echo "The provider is not in .terraform/providers. Run \`terraform init\` first." >&2
  exit 1
fi
echo "$PWD/$found"
