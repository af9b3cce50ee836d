#!/usr/bin/env bash
# Print where an environment's API answers.
#   deploy/url.sh dev|stage|prod
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

known_environment "${1:-}"
backend_url "$1"
