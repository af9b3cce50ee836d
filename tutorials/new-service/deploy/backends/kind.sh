# Environments as namespaces of a Kubernetes cluster that runs in a container of this machine. As
# cluster.sh, with components/kind for what such a cluster lacks, and images that nobody pushes.
# shellcheck shell=bash disable=SC2034,SC2153,SC2154  # sourced by common.sh, which sets what is used here

# shellcheck source=deploy/backends/cluster.sh
source deploy/backends/cluster.sh

CLUSTER=${KIND_CLUSTER:-$NAME}
KUBECONFIG=$DEPLOY_FOLDER/kubeconfig
export KUBECONFIG
COMPONENTS='[../components/kind]'

# On one machine, nobody needs to see it as it goes.
shown() { quietly "$@"; }
# The cluster is this machine's: what was never deployed there was never proven there.
sees() { true; }

make_cluster() {
  mkdir -p "$DEPLOY_FOLDER"
  if kind get clusters 2>/dev/null | grep -qxF "$CLUSTER"; then
    [[ -f $KUBECONFIG ]] ||
      quietly kind export kubeconfig --name "$CLUSTER" --kubeconfig "$KUBECONFIG"
  else
    patiently kind create cluster --name "$CLUSTER" --kubeconfig "$KUBECONFIG" --wait 120s
  fi
}

on_node() { docker exec --interactive "$CLUSTER-control-plane" "$@"; }

backend_build() {
  local image
  make_cluster || return 1
  build_images "$1" "$2" || return 1
  for image in "$IMAGE:$1" "$IMAGE-trainer:$1"; do
    # Loading takes a minute, and kind does not always see what is there already.
    on_node crictl inspecti "$image" </dev/null >/dev/null 2>&1 ||
      patiently kind load docker-image --name "$CLUSTER" "$image" || return 1
  done
  keep_release "$1" "$2"
}

backend_prepare() {
  [[ -d $DEPLOY_FOLDER/releases/$2 ]] || fail "there is no release $2: deploy/build.sh makes one"
  make_cluster
  need_model "$1"
  # The trainer writes there as user 10001.
  on_node install -d -m 0777 "$(node_volume "$1")/$MODEL" "$(node_volume "$1")" </dev/null
  render "$1" "$2"
  apply --filename "$(manifest "$1")" --selector '!acme.example/phase'
  in_namespace "$1" get secret "$NAME" >/dev/null 2>&1 || quietly make_secret "$1"
  quietly in_namespace "$1" rollout status "statefulset/$NAME-postgres" --timeout=300s
}

# No token: only this machine reaches the API, as with the other backends of one machine.
make_secret() {
  local password
  password=$(head -c 24 /dev/urandom | od -An -tx1 | tr -d ' \n')
  in_namespace "$1" create secret generic "$NAME" \
    --from-literal=POSTGRES_PASSWORD="$password" \
    --from-literal=DATABASE_URL="postgresql://$MODEL:$password@$NAME-postgres:5432/$MODEL" \
    --from-literal=NEW_SERVICE_TOKEN=
}

backend_url() { forward "$1"; }

node_volume() { echo "/models/$NAME-$1"; }
backend_on_volume() {
  local volume
  volume=$(node_volume "$1")/$MODEL
  shift
  # There before the first deployment, which needs a model.
  make_cluster </dev/null
  # shellcheck disable=SC2016  # expanded there
  on_node sh -c 'install -d -m 0777 "$0" && cd "$0" && exec "$@"' "$volume" "$@"
}

backend_down() {
  kind get clusters 2>/dev/null | grep -qxF "$CLUSTER" || return 0
  end_forward "$1"
  if [[ -n $2 ]]; then
    quietly "$KUBECTL" delete namespace "$NAME-$1" --ignore-not-found || return 1
    quietly "$KUBECTL" delete persistentvolume "$NAME-$1-models-read" "$NAME-$1-models-write" \
      --ignore-not-found || return 1
    on_node rm -rf "$(node_volume "$1")" </dev/null
  elif [[ $(backend_tag "$1") != - ]]; then
    quietly scale_down "$1"
  fi
}

# Down to no pod at all. The database goes last; the next deployment brings everything back.
scale_down() {
  in_namespace "$1" delete cronjob --all || return 1
  in_namespace "$1" scale deployment --all --replicas=0 || return 1
  until_gone "$1" "app.kubernetes.io/component in (api,worker,trainer,model-server)" || return 1
  in_namespace "$1" scale statefulset --all --replicas=0 || return 1
  until_gone "$1" "app.kubernetes.io/name=$NAME-postgres"
}
until_gone() {
  # kubectl fails to wait for what is gone already.
  [[ -z $(in_namespace "$1" get pods --selector "$2" --output name) ]] ||
    in_namespace "$1" wait --for=delete pods --selector "$2" --timeout=180s
}

backend_delete() {
  quietly kind delete cluster --name "$CLUSTER" --kubeconfig "$KUBECONFIG" || return 1
  { docker image ls --quiet "$IMAGE"; docker image ls --quiet "$IMAGE-trainer"; } | sort -u |
    quietly xargs -r docker image rm --force
}
