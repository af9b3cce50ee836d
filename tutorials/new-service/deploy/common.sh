# What all scripts here share. Sourced, not run. BACKEND says where environments are:
#   process   processes of this machine: no Docker needed
#   docker    containers of this machine, by compose.yaml
#   kind      a Kubernetes cluster in a container of this machine
#   cluster   the clusters of the company (the default)
# shellcheck shell=bash
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# shellcheck disable=SC2034  # the backends read some of these
{
  NAME=new-service
  MODEL=new_service
  ENVIRONMENTS=(dev stage prod)
  IMAGE=${IMAGE:-ghcr.io/acme/$NAME}
  DEPLOY_FOLDER=${DEPLOY_FOLDER:-$PWD/.deploy}
  PYTHON=${VENV:-$PWD/.venv}/bin/python
  SMOKE_PYTHON=$PYTHON # a runner of CI has only its own
  [[ -x $SMOKE_PYTHON ]] || SMOKE_PYTHON=python3
  BACKEND=${BACKEND:-cluster}
}

environment=
say() { printf '== %s: %s\n' "$environment" "$*"; }
fail() { printf '%s\n' "$*" >&2; exit 1; }
usage() { printf '%s\n' "$*" >&2; exit 2; }

# Runs a command; shows what it says only when it fails.
quietly() {
  local said
  said=$("$@" 2>&1) && return
  printf '%s\n' "$said" >&2
  return 1
}

# What takes minutes is shown to who looks on, and to a pipe or a file only when it fails.
patiently() { if [[ -t 2 ]]; then "$@" >&2; else quietly "$@"; fi; }

known_environment() {
  [[ " ${ENVIRONMENTS[*]} " == *" ${1:-} "* ]] ||
    usage "no such environment: '${1:-}'; there are: ${ENVIRONMENTS[*]}"
}

# The environment that a release has to be proven in before it may come here; none for the first.
before() {
  local one previous=""
  for one in "${ENVIRONMENTS[@]}"; do
    [[ $one == "$1" ]] && break
    previous=$one
  done
  echo "$previous"
}

# Hands in one request and waits for its result: proves API, queue, worker and model server at once.
smoke() {
  local url
  url=$(smoke_url "$environment") || return 1
  NEW_SERVICE_TOKEN=$(backend_token "$environment") "$SMOKE_PYTHON" deploy/smoke.py \
    --seconds "${SMOKE_SECONDS:-60}" "$url"
}

smoke_url() { backend_url "$1"; }

# Whether what was proven in an environment can be seen from here.
sees() { true; }

# Builds both images of a release, once. Without what Docker attests by itself: kind cannot load that.
build_images() {
  docker image inspect "$IMAGE:$1" "$IMAGE-trainer:$1" >/dev/null 2>&1 && return
  export BUILDX_NO_DEFAULT_ATTESTATIONS=1
  patiently docker build --target service --tag "$IMAGE:$1" "$2" || return 1
  patiently docker build --target trainer --tag "$IMAGE-trainer:$1" "$2"
}
# Keeps what a release is deployed with beside it, so that going back goes back in it, too.
keep_release() {
  rm -rf "$DEPLOY_FOLDER/releases/$1"
  mkdir -p "$DEPLOY_FOLDER/releases/$1"
  cp -R "$2/deploy" "$2/monitoring" "$2/compose.yaml" "$DEPLOY_FOLDER/releases/$1/"
}
# Without one the model server would never get ready.
need_model() {
  backend_on_volume "$1" sh -c 'ls -d [1-9]*' </dev/null >/dev/null 2>&1 ||
    fail "there is no model in $1 yet: deploy/publish-model.sh $1 models/$MODEL/1"
}

# Versions of the model that the model server answers for, newest first: "2", "2 1", or "-".
served() { backend_run "$1" - <deploy/served.py 2>/dev/null || echo -; }

# What is proven is remembered on this machine, a tag a line, the newest last. Where the environments
# are other machines, the backend remembers it there instead.
proven() { if [[ -f $DEPLOY_FOLDER/$1/proven ]]; then cat "$DEPLOY_FOLDER/$1/proven"; fi; }
remember() {
  mkdir -p "$DEPLOY_FOLDER/$1"
  [[ $(proven "$1" | tail -n 1) == "$2" ]] || printf '%s\n' "$2" >>"$DEPLOY_FOLDER/$1/proven"
}
forget() {
  { proven "$1" | grep -vxF "$2" || true; } >"$DEPLOY_FOLDER/$1/.proven"
  mv "$DEPLOY_FOLDER/$1/.proven" "$DEPLOY_FOLDER/$1/proven"
}

LOCKS=()
# One deployment at a time in an environment; the lock of one that was killed is taken over.
lock() {
  local lock=$DEPLOY_FOLDER/$1/deploying
  mkdir -p "$DEPLOY_FOLDER/$1"
  until (set -o noclobber && echo $$ >"$lock") 2>/dev/null; do
    kill -0 "$(cat "$lock" 2>/dev/null || echo $$)" 2>/dev/null &&
      fail "$1 is being deployed to, by process $(cat "$lock"); wait until it ends"
    rm -f "$lock"
  done
  LOCKS+=("$lock")
  trap 'rm -f "${LOCKS[@]}"' EXIT
}

case $BACKEND in
  process | docker | kind | cluster) ;;
  *) usage "BACKEND=$BACKEND: expected process, docker, kind or cluster" ;;
esac
# shellcheck source=/dev/null
source "deploy/backends/$BACKEND.sh"
