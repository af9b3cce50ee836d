#!/usr/bin/env bash
# One line for each environment: its state, the model versions that serve, the release.
#   deploy/status.sh [dev|stage|prod]...
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

[[ $# -gt 0 ]] || set -- "${ENVIRONMENTS[@]}"
for environment in "$@"; do
  known_environment "$environment"
  condition=$(backend_condition "$environment")
  versions=-
  [[ $condition != ready ]] || versions=$(served "$environment")
  printf '%-5s  %s, model %s, release %s\n' \
    "$environment" "$condition" "$versions" "$(backend_tag "$environment")"
done
