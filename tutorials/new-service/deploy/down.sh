#!/usr/bin/env bash
# Stop environments of this machine; their data stays. --delete removes what was built and kept, too.
#   deploy/down.sh [--delete] [dev|stage|prod]...      default: all
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

delete=
[[ ${1:-} != --delete ]] || { delete=yes; shift; }
[[ $BACKEND != cluster ]] || fail "BACKEND=cluster: nobody ends an environment with a script"
for environment in "${@:-${ENVIRONMENTS[@]}}"; do
  known_environment "$environment"
  lock "$environment"
  backend_down "$environment" "$delete"
  say "stopped"
  rm -f "$DEPLOY_FOLDER/$environment/deploying"
  [[ -z $delete ]] || rm -rf "${DEPLOY_FOLDER:?}/$environment"
done
if [[ -n $delete && $# == 0 ]]; then
  backend_delete
  rm -rf "$DEPLOY_FOLDER"
  echo "== removed: releases, databases, models, logs"
fi
