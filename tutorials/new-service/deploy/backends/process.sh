# Environments as processes of this machine: deploy/processes says how.
# shellcheck shell=bash disable=SC2034,SC2153,SC2154  # sourced by common.sh, which sets what is used here

processes() { "$PYTHON" deploy/processes --folder "$DEPLOY_FOLDER" "$@"; }

backend_build() {
  local release=$DEPLOY_FOLDER/releases/$1
  [[ ! -d $release ]] || return 0
  mkdir -p "$DEPLOY_FOLDER/releases"
  rm -rf "$release.partial"
  # The same locked packages as in .venv, and the service's own code apart.
  "$PYTHON" -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation \
    --no-compile --no-index --root-user-action=ignore --target "$release.partial/lib" "$2" || return 1
  cp -R "$2/openapi.yaml" "$2/deploy" "$2/monitoring" "$release.partial/"
  mv "$release.partial" "$release"
}

backend_prepare() {
  [[ -d $DEPLOY_FOLDER/releases/$2 ]] || fail "there is no release $2: deploy/build.sh makes one"
  mkdir -p "$(backend_volume "$1")"
}
backend_migrate() { processes "$1" migrate "$2"; }
backend_roll_out() { processes "$1" roll-out --drift-seconds "${DRIFT_SECONDS:-3600}" "$2"; }
backend_go_back() {
  # Where the new release never got ready, the old one has not stopped serving.
  [[ $(backend_tag "$1") == "$2" && $(backend_condition "$1") == ready ]] || backend_roll_out "$1" "$2"
}
backend_url() {
  cat "$DEPLOY_FOLDER/$1/url" 2>/dev/null || fail "$1 does not run: deploy/deploy.sh $1 TAG"
}
backend_token() { :; }
backend_tag() { sed -n 's/.*"tag": "\(.*\)".*/\1/p' "$DEPLOY_FOLDER/$1/state.json" 2>/dev/null || echo -; }
backend_condition() { processes "$1" condition; }
backend_run() {
  local environment=$1
  shift
  processes "$environment" run "$@"
}
backend_volume() { echo "$DEPLOY_FOLDER/$1/models/$MODEL"; }
backend_versions() { ls -d "$(backend_volume "$1")"/[0-9]*; }
backend_on_volume() {
  local volume
  volume=$(backend_volume "$1")
  shift
  mkdir -p "$volume"
  (cd "$volume" && "$@")
}
backend_watch() {
  local options=()
  [[ -z $2 ]] || options=(--interval 1 --hurry)
  processes "$1" watch ${options[@]+"${options[@]}"}
}
backend_down() { processes "$1" down; }
backend_delete() { :; }
