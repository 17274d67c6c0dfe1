#!/usr/bin/env bash
# Usage: github-issue.sh CODE
#
# Keeps one open issue with the report while the tenant differs from the configuration, and closes it when it does not.
set -euo pipefail

label=mde-drift
existing=$(gh issue list --label "$label" --state open --limit 1 --json number --jq '.[0].number // empty')
if [ "$1" = 0 ]; then
  if [ -n "$existing" ]; then
    gh issue close "$existing" --comment "The tenant is as configured again: $RUN_URL"
  fi
elif [ -n "$existing" ]; then
  gh issue edit "$existing" --body-file report.md
else
  gh label create "$label" --description "The tenant differs from the configuration" --force
  gh issue create --title "Defender indicators differ from the configuration" --label "$label" --body-file report.md
fi
