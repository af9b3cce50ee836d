#!/usr/bin/env bash
# Start a Prometheus that watches an environment of this machine with the service's alerts, and print
# its address. down.sh ends it.
#   deploy/prometheus.sh [--hurry] dev|stage|prod
# --hurry: look each second, and let alerts wait seconds where they wait minutes, to try them out.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

hurry=
[[ ${1:-} != --hurry ]] || { hurry=yes; shift; }
known_environment "${1:-}"
backend_watch "$1" "$hurry"
