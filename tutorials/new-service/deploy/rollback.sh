#!/usr/bin/env bash
# Go back to the release that was proven before the one that serves. The database stays as it is.
#   deploy/rollback.sh dev|stage|prod
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

environment=${1:-}
known_environment "$environment"
lock "$environment"
current=$(proven "$environment" | tail -n 1)
[[ -n $current ]] || fail "nothing was ever proven in $environment"
previous=$(proven "$environment" | grep -vxF "$current" | tail -n 1 || true)
[[ -n $previous ]] || fail "$current is the only release that was ever proven in $environment"
say "back from $current to $previous"
if backend_go_back "$environment" "$previous" && smoke; then
  # What was left has to be proven anew, here and before it goes anywhere else.
  forget "$environment" "$current"
  say "done"
else
  # It was proven with the model and the database of its day.
  say "$previous does not work here any more; forward again to $current"
  backend_go_back "$environment" "$current"
  exit 1
fi
