# Environments as containers of this machine: `docker compose`, one project for each.
# shellcheck shell=bash disable=SC2034,SC2153,SC2154  # sourced by common.sh, which sets what is used here

# In the words of the release's own compose.yaml. A project that never ran has none.
compose() {
  local environment=$1 tag=${TAG:-$(backend_tag "$1")} file=()
  shift
  [[ ! -f $DEPLOY_FOLDER/releases/$tag/compose.yaml ]] ||
    file=(--file "$DEPLOY_FOLDER/releases/$tag/compose.yaml")
  TAG=$tag IMAGE=$IMAGE STATE=$DEPLOY_FOLDER/$environment \
    docker compose ${file[@]+"${file[@]}"} --project-name "$NAME-$environment" "$@"
}

backend_build() { build_images "$1" "$2" && keep_release "$1" "$2"; }

backend_prepare() {
  [[ -d $DEPLOY_FOLDER/releases/$2 ]] || fail "there is no release $2: deploy/build.sh makes one"
  need_model "$1"
  # The trainer writes there as user 10001.
  install -d -m 0777 "$(host_volume "$1")"
  configure "$1" "$2"
  TAG=$2 quietly compose "$1" config --quiet
}

backend_migrate() { TAG=$2 compose "$1" run --rm -T migrate </dev/null; }

# The release's settings, but for those that name what is not on this machine, and what the model
# server reads at its start.
configure() {
  local release=$DEPLOY_FOLDER/releases/$2/deploy state=$DEPLOY_FOLDER/$1 file
  install -d "$state/model-server" || return 1
  cat "$release/base/settings.env" "$release/overlays/$1/settings.env" |
    grep -vE '^(NEW_SERVICE_MODEL_URL|OTEL_EXPORTER_OTLP_ENDPOINT)=' >"$state/settings.env" || return 1
  cp "$release"/base/model-server/*.config "$state/model-server/" || return 1
  for file in "$release/overlays/$1"/*.config; do
    [[ ! -f $file ]] || cp "$file" "$state/model-server/" || return 1
  done
}

backend_roll_out() {
  # The model server is made anew when its configuration is another one: Compose compares only its own.
  local digest
  configure "$1" "$2" || return 1
  digest=$(cat "$DEPLOY_FOLDER/$1"/model-server/*.config | cksum | cut -d ' ' -f 1)
  MODEL_SERVER_CONFIG=$digest TAG=$2 quietly compose "$1" up --detach --wait --wait-timeout 300 \
    --remove-orphans || return 1
  printf '%s\n' "$2" >"$DEPLOY_FOLDER/$1/tag"
}

# The migration of the older release knows nothing of newer revisions, and is not run.
backend_go_back() {
  local digest
  configure "$1" "$2" || return 1
  digest=$(cat "$DEPLOY_FOLDER/$1"/model-server/*.config | cksum | cut -d ' ' -f 1)
  MODEL_SERVER_CONFIG=$digest TAG=$2 quietly compose "$1" up --detach --wait --wait-timeout 300 \
    --no-deps model-server api worker trainer drift || return 1
  printf '%s\n' "$2" >"$DEPLOY_FOLDER/$1/tag"
}

backend_url() {
  local address
  address=$(compose "$1" port api 8080 2>/dev/null) || fail "$1 does not run: deploy/deploy.sh $1 TAG"
  echo "http://$address"
}
backend_token() { :; }
backend_tag() { cat "$DEPLOY_FOLDER/$1/tag" 2>/dev/null || echo -; }
backend_condition() {
  if [[ $(backend_tag "$1") == - ]]; then
    echo "never deployed"
  elif [[ -z $(compose "$1" ps --quiet --status running api) ]]; then
    echo "stopped"
  elif compose "$1" exec -T api python -c \
    'import urllib.request as r; r.urlopen("http://127.0.0.1:8080/health/ready", timeout=5)' \
    </dev/null >/dev/null 2>&1; then
    echo "ready"
  else
    echo "not ready"
  fi
}
# "-" reads a program of Python from standard input.
backend_run() {
  local environment=$1
  shift
  case $1 in
    -) compose "$environment" exec -T trainer python - ;;
    *) compose "$environment" exec -T trainer "$NAME" "$@" </dev/null ;;
  esac
}
host_volume() { echo "$DEPLOY_FOLDER/$1/models/$MODEL"; }
backend_volume() { echo "/models/$MODEL"; }
backend_versions() {
  local version
  for version in "$(host_volume "$1")"/[0-9]*; do
    echo "/models/$MODEL/$(basename "$version")"
  done
}
backend_on_volume() {
  local volume
  volume=$(host_volume "$1")
  shift
  [[ -d $volume ]] || install -d -m 0777 "$volume"
  (cd "$volume" && "$@")
}
backend_watch() {
  [[ -z $2 ]] || fail "--hurry is for BACKEND=process"
  quietly compose "$1" --profile monitoring up --detach prometheus || return 1
  echo "http://$(compose "$1" port prometheus 9090)"
}
backend_down() {
  local options=()
  [[ -f $DEPLOY_FOLDER/$1/settings.env ]] || return 0
  [[ -z $2 ]] || options=(--volumes)
  quietly compose "$1" --profile monitoring down --remove-orphans \
    ${options[@]+"${options[@]}"} || return 1
  # What the trainer wrote belongs to its user.
  [[ -z $2 || ! -d $DEPLOY_FOLDER/$1/models ]] ||
    quietly docker run --rm --volume "$DEPLOY_FOLDER/$1/models:/models" --entrypoint find \
      tensorflow/serving:2.20.0 /models -mindepth 1 -delete
}
backend_delete() {
  local image
  for image in "$IMAGE" "$IMAGE-trainer"; do
    docker image ls --quiet "$image" | sort -u | quietly xargs -r docker image rm --force
  done
}
