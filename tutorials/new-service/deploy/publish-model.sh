#!/usr/bin/env bash
# Put a trained version on an environment's model volume.
#   deploy/publish-model.sh dev|stage|prod models/new_service/1
# The folder appears under its number only when all of it is there: a model server never sees half a
# version. Where "latest" serves (dev, stage) it is taken up at once, without a restart; prod serves
# the version named in overlays/prod/models.config.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

environment=${1:-}
known_environment "$environment"
folder=${2:?say which version: its folder, for example models/$MODEL/1}
version=$(basename "$folder")
[[ $version =~ ^[1-9][0-9]*$ ]] || usage "$folder: a version's folder is named by its number"
[[ -f $folder/saved_model.pb ]] || usage "$folder: there is no saved_model.pb in it"

# Commands that run elsewhere would read what is typed next.
on_volume() { backend_on_volume "$environment" "$@" </dev/null; }

if on_volume test -e "$version"; then
  fail "version $version is already in $environment; a version never changes, so train a new one"
fi
partial=.partial-$version
on_volume rm -rf "$partial"
on_volume mkdir "$partial"
tar --create --directory "$folder" . |
  backend_on_volume "$environment" tar --extract --no-same-owner --file - --directory "$partial"
# The model server and the trainer are other users.
on_volume chmod -R a+rX "$partial"
# Its drift reference first: a version is in the database before it serves.
if [[ $(backend_condition "$environment") == ready ]]; then
  quietly backend_run "$environment" reference "$(backend_volume "$environment")/$partial" || {
    on_volume rm -rf "$partial"
    fail "version $version does not come to $environment"
  }
else
  mkdir -p "$DEPLOY_FOLDER/$environment"
  touch "$DEPLOY_FOLDER/$environment/references-missing"
fi
on_volume mv "$partial" "$version"
say "version $version is on the model volume"
[[ $(backend_condition "$environment") == ready ]] || exit 0

if [[ -f deploy/overlays/$environment/models.config ]]; then
  say "serves what overlays/$environment/models.config names: version $(served "$environment")"
  exit 0
fi
for _ in {1..120}; do
  [[ " $(served "$environment") " != *" $version "* ]] || { say "serves version $version"; exit 0; }
  sleep 0.5
done
fail "version $version is not served after a minute; see the model server's log"
