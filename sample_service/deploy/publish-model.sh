#!/usr/bin/env bash
# Put a trained version on an environment's model volume, by way of the trainer's pod.
#   deploy/publish-model.sh dev|stage|prod models/fraud/1
# The folder appears under its number only when all of it is there: a model server never sees half a
# version. Where "latest" serves (dev, stage) it is taken up at once; prod names its version in
# overlays/prod/models.config.
set -euo pipefail

environment=${1:?say which environment: dev, stage or prod}
folder=${2:?say which version: its folder, for example models/fraud/1}
version=$(basename "$folder")
target=${MODEL_VOLUME:-/models}/fraud
kubectl=${KUBECTL:-kubectl}

[[ $version =~ ^[1-9][0-9]*$ ]] || { echo "$folder: a version's folder is named by its number" >&2; exit 2; }
[[ -f $folder/saved_model.pb ]] || { echo "$folder: there is no saved_model.pb in it" >&2; exit 2; }

in_trainer() {
  "$kubectl" --namespace "fraud-score-$environment" exec --stdin deployment/fraud-score-trainer -- "$@"
}

if in_trainer test -e "$target/$version"; then
  echo "version $version is already there; a version never changes, so train a new one" >&2
  exit 1
fi
# --8<-- [start:release]
partial=$target/.partial-$version
in_trainer rm -rf "$partial"
in_trainer mkdir -p "$partial"
tar --create --directory "$folder" . | in_trainer tar --extract --no-same-owner --directory "$partial"
# Its drift reference first: a version is in the database before it serves.
in_trainer fraud-score reference "$partial"
in_trainer mv "$partial" "$target/$version"
# --8<-- [end:release]
echo "version $version is on the model volume of $environment"
