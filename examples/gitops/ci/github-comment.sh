#!/usr/bin/env bash
# Posts report.md on the pull request, or updates the comment that an earlier run has posted. Its first line is a marker with
# the name of the report, so several configurations can report on one pull request. The body travels as a file.
set -euo pipefail

marker=$(head -n 1 report.md)
comments="repos/$GITHUB_REPOSITORY/issues/$PULL_REQUEST/comments"
existing=$(gh api --paginate "$comments" --jq '.[] | select(.user.type == "Bot") | [.id, (.body | split("\n")[0] | rtrimstr("\r"))] | @tsv' |
  awk -F '\t' -v marker="$marker" '$2 == marker { print $1; exit }')
if [ -n "$existing" ]; then
  gh api --method PATCH "repos/$GITHUB_REPOSITORY/issues/comments/$existing" --field body=@report.md --silent
else
  gh api --method POST "$comments" --field body=@report.md --silent
fi
