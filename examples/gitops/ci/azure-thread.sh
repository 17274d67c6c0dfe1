#!/usr/bin/env bash
# Usage: azure-thread.sh CODE
#
# Posts report.md as a thread of the pull request, or updates the thread that an earlier run has posted. The thread is closed,
# so that it blocks no policy, unless the plan has failed (CODE 1). The build service needs the permission "Contribute to pull
# requests" on the repository.
set -euo pipefail

project="${SYSTEM_COLLECTIONURI}${SYSTEM_TEAMPROJECTID}"
threads="$project/_apis/git/repositories/$BUILD_REPOSITORY_ID/pullRequests/$SYSTEM_PULLREQUEST_PULLREQUESTID/threads"
version='api-version=7.0'

# The token stands in no argument, where other processes could read it.
call() {
  curl --silent --show-error --fail-with-body --config - "$@" <<<"header = \"Authorization: Bearer $SYSTEM_ACCESSTOKEN\""
}
send() {
  call --request "$1" --header 'Content-Type: application/json' --data-binary "@$3" --output /dev/null "$2"
}

if [ "$1" = 1 ]; then status=1; else status=4; fi
body=$(mktemp)
trap 'rm -f "$body"' EXIT

marker=$(head -n 1 report.md)
existing=$(call "$threads?$version" | jq -r --arg marker "$marker" '
  [.value[] | select(.isDeleted != true)
    | select((.comments[0].content // "") | split("\n")[0] | rtrimstr("\r") == $marker)
    | "\(.id) \(.comments[0].id)"][0] // empty')
if [ -n "$existing" ]; then
  read -r thread comment <<<"$existing"
  jq -n --rawfile report report.md '{content: $report}' >"$body"
  send PATCH "$threads/$thread/comments/$comment?$version" "$body"
  jq -n --argjson status "$status" '{status: $status}' >"$body"
  send PATCH "$threads/$thread?$version" "$body"
else
  jq -n --rawfile report report.md --argjson status "$status" \
    '{comments: [{parentCommentId: 0, content: $report, commentType: 1}], status: $status}' >"$body"
  send POST "$threads?$version" "$body"
fi
