#!/usr/bin/env bash
# Usage: plan.sh HOST
#
# Plans, and writes report.md for comments of HOST: github or azure. Writes the exit code of the plan to plan.code: 0 for no
# changes, 1 for a failed plan, 2 for changes. A failed plan has a report, too, so the job shows it and fails later.
set -euo pipefail

rm -f plan.bin plan.json plan.code
code=0
terraform plan -input=false -lock-timeout=5m -json -detailed-exitcode -out=plan.bin >plan.jsonl || code=$?

plan=()
if [ -s plan.bin ]; then
  terraform show -json plan.bin >plan.json
  plan=(plan.json)
fi
"$MDE" report "${plan[@]}" --log plan.jsonl --limit "$1" --name "$REPORT_NAME" --commit "$COMMIT" >report.md
echo "$code" >plan.code
