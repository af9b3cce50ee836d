#!/usr/bin/env bash
# Stop environments of this machine; their data stays. --delete removes what was built and kept, too.
#   deploy/down.sh [--delete] [dev|stage|prod]...      default: all
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

delete=
[[ ${1:-} != --delete ]] || { delete=yes; shift; }
[[ $BACKEND != cluster ]] || fail "BACKEND=cluster: nobody ends an environment with a script"
all=
[[ $# -gt 0 ]] || { all=yes; set -- "${ENVIRONMENTS[@]}"; }
for environment in "$@"; do
  known_environment "$environment"
  lock "$environment"
done
stopping=()
for environment in "$@"; do
  backend_down "$environment" "$delete" &
  stopping+=($!)
done
failed=
for process in "${stopping[@]}"; do wait "$process" || failed=yes; done
[[ -z $failed ]] || fail "not everything was stopped"
for environment in "$@"; do
  say "stopped"
  [[ -z $delete ]] || rm -rf "${DEPLOY_FOLDER:?}/$environment"
done
if [[ -n $delete && -n $all ]]; then
  backend_delete
  rm -rf "$DEPLOY_FOLDER"
  echo "== removed: releases, databases, models, logs"
fi
