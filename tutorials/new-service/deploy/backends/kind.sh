# Environments as namespaces of a Kubernetes cluster that runs in a container of this machine. As
# cluster.sh, with components/kind for what such a cluster lacks, and images that nobody pushes.
# shellcheck shell=bash disable=SC2034,SC2153,SC2154  # sourced by common.sh, which sets what is used here

# shellcheck source=deploy/backends/cluster.sh
source deploy/backends/cluster.sh

CLUSTER=${KIND_CLUSTER:-$NAME}
KUBECONFIG=$DEPLOY_FOLDER/kubeconfig
export KUBECONFIG
COMPONENTS='[../components/kind]'

make_cluster() {
  mkdir -p "$DEPLOY_FOLDER"
  if kind get clusters 2>/dev/null | grep -qxF "$CLUSTER"; then
    [[ -f $KUBECONFIG ]] || kind export kubeconfig --name "$CLUSTER" --kubeconfig "$KUBECONFIG"
  else
    kind create cluster --name "$CLUSTER" --kubeconfig "$KUBECONFIG" --wait 120s
  fi
}

on_node() { docker exec --interactive "$CLUSTER-control-plane" "$@"; }

backend_build() {
  make_cluster || return 1
  docker build --target service --tag "$IMAGE:$1" "$2" || return 1
  docker build --target trainer --tag "$IMAGE-trainer:$1" "$2" || return 1
  kind load docker-image --name "$CLUSTER" "$IMAGE:$1" "$IMAGE-trainer:$1"
}

backend_prepare() {
  make_cluster >&2
  # The trainer writes there as user 10001.
  on_node install -d -m 0777 "$(node_volume "$1")/$MODEL" "$(node_volume "$1")"
  render "$1" "$2"
  apply --filename "$(manifest "$1")" --selector '!acme.example/phase'
  in_namespace "$1" get secret "$NAME" >/dev/null 2>&1 || make_secret "$1"
  in_namespace "$1" rollout status "statefulset/$NAME-postgres" --timeout=300s >&2
}

make_secret() {
  local password token
  password=$(head -c 24 /dev/urandom | od -An -tx1 | tr -d ' \n')
  token=$(head -c 24 /dev/urandom | od -An -tx1 | tr -d ' \n')
  in_namespace "$1" create secret generic "$NAME" \
    --from-literal=POSTGRES_PASSWORD="$password" \
    --from-literal=DATABASE_URL="postgresql://$MODEL:$password@$NAME-postgres:5432/$MODEL" \
    --from-literal=NEW_SERVICE_TOKEN="$token" >&2
}

backend_url() { forward "$1"; }

node_volume() { echo "/models/$NAME-$1"; }
backend_on_volume() {
  local volume
  volume=$(node_volume "$1")/$MODEL
  shift
  # There before the first deployment, which needs a model.
  make_cluster >&2
  # shellcheck disable=SC2016  # expanded there
  on_node sh -c 'install -d -m 0777 "$0" && cd "$0" && exec "$@"' "$volume" "$@"
}

backend_down() {
  kind get clusters 2>/dev/null | grep -qxF "$CLUSTER" || return 0
  end_forward "$1"
  if [[ -n $2 ]]; then
    in_namespace "$1" delete namespace "$NAME-$1" --ignore-not-found >&2
    "$KUBECTL" delete persistentvolume "$NAME-$1-models-read" "$NAME-$1-models-write" \
      --ignore-not-found >&2
    on_node rm -rf "$(node_volume "$1")"
  elif [[ $(backend_tag "$1") != - ]]; then
    in_namespace "$1" scale deployment --all --replicas=0 >&2
    in_namespace "$1" scale statefulset --all --replicas=0 >&2
  fi
}
backend_delete() {
  kind delete cluster --name "$CLUSTER" --kubeconfig "$KUBECONFIG" >&2
  { docker image ls --quiet "$IMAGE"; docker image ls --quiet "$IMAGE-trainer"; } | sort -u |
    xargs -r docker image rm --force >&2
}
