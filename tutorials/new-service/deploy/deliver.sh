#!/usr/bin/env bash
# What happens after a merge: build once, then the same release to dev, stage and prod, one after the
# other, each proven before the next. Stops at the first failure.
#   deploy/deliver.sh [COMMIT]      default: the commit that is checked out
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

tag=$(deploy/build.sh "${1:-HEAD}")
for environment in "${ENVIRONMENTS[@]}"; do
  deploy/deploy.sh "$environment" "$tag"
done
