#!/usr/bin/env bash
# Build what is deployed, from a commit: once, for all environments. Prints its tag, the commit's.
#   deploy/build.sh [COMMIT]      default: the commit that is checked out
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

commit=$(git rev-parse --verify --quiet "${1:-HEAD}^{commit}") || fail "no such commit: ${1:-HEAD}"
tag=${commit:0:12}
if [[ -z ${1:-} && -n $(git status --porcelain --untracked-files=no) ]]; then
  echo "note: what is not committed is not in it" >&2
fi
source=$(mktemp -d)
trap 'rm -rf "$source"' EXIT
git archive "$commit" | tar -x -C "$source"
backend_build "$tag" "$source" >&2
echo "$tag"
