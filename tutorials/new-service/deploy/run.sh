#!/usr/bin/env bash
# Run a command of the service in an environment.
#   deploy/run.sh dev|stage|prod COMMAND...      for example: deploy/run.sh prod drift
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

known_environment "${1:-}"
[[ $# -ge 2 ]] || usage "say which command: deploy/run.sh $1 drift"
backend_run "$@"
