#!/usr/bin/env bash
# Bring one environment to one release, prove it, or go back to the release before.
#   deploy/deploy.sh dev|stage|prod [TAG]      TAG: what build.sh printed; default: this commit's
# Steps: settings, migrate, roll out, smoke test. Any failure after the migration brings back what was
# last proven; the database stays as it is, so every migration must suit the release before.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

environment=${1:-}
known_environment "$environment"
tag=${2:-$(git rev-parse HEAD | cut -c 1-12)}

# Promotion moves the same bits: what was not proven before is not taken.
may_come() {
  local earlier
  earlier=$(before "$environment")
  [[ -n $earlier ]] || return 0
  if ! sees "$earlier"; then
    say "$earlier cannot be seen from here: the pipeline sees to it that it comes first"
    return
  fi
  proven "$earlier" | grep -qxF "$tag" ||
    fail "$tag was not proven in $earlier, so it does not come to $environment"
}

go_back() {
  local last
  last=$(proven "$environment" | tail -n 1)
  if [[ -z $last ]]; then
    say "nothing was proven here before, so there is nothing to go back to"
    return
  fi
  say "going back to what was proven last: $last"
  backend_go_back "$environment" "$last"
}

# What versions of the model were trained on goes into the database, for those published without one.
references() {
  local missing=$DEPLOY_FOLDER/$environment/references-missing version
  [[ -f $missing ]] || return 0
  for version in $(backend_versions "$environment"); do
    quietly backend_run "$environment" reference "$version" || return 1
  done
  rm -f "$missing"
}

# --8<-- [start:steps]
may_come
lock "$environment"
say "settings"
backend_prepare "$environment" "$tag"
say "migrate"
quietly backend_migrate "$environment" "$tag" || fail "the migration failed; what served goes on"
say "roll out $tag"
if backend_roll_out "$environment" "$tag" && references && smoke; then
  remember "$environment" "$tag"
  say "done"
else
  go_back
  exit 1
fi
# --8<-- [end:steps]
