# Environments as namespaces of the company's clusters: the overlays as they are. kubectl's current
# context says which cluster. What is proven is remembered there, since anybody may deploy from
# anywhere: the tags in one ConfigMap, and each one's manifest in one of its own.
# shellcheck shell=bash disable=SC2034,SC2153,SC2154  # sourced by common.sh, which sets what is used here

KUBECTL=${KUBECTL:-kubectl}
COMPONENTS='[]'
DEPLOYMENTS=(api worker trainer model-server)

in_namespace() {
  local environment=$1
  shift
  "$KUBECTL" --namespace "$NAME-$environment" "$@"
}
# What Kubernetes says as it goes is for the pipeline's log.
shown() { "$@" >&2; }
# Server-side: large objects fit.
apply() {
  shown "$KUBECTL" apply --server-side --force-conflicts --field-manager deploy.sh "$@"
}

backend_build() {
  build_images "$1" "$2" || return 1
  docker push "$IMAGE:$1" || return 1
  docker push "$IMAGE-trainer:$1"
}

manifest() { echo "$DEPLOY_FOLDER/$1/manifest.yaml"; }

# Everything of an environment with the release's images, as one file. Where manifests were kept with
# the release they are taken, else those that are checked out.
render() {
  local kept=$DEPLOY_FOLDER/releases/$2 work
  [[ -d $kept/deploy/overlays ]] || kept=.
  work=$(mktemp -d "$kept/deploy/rendered.XXXXXX")
  cat >"$work/kustomization.yaml" <<END
namespace: $NAME-$1
resources: [../overlays/$1]
components: $COMPONENTS
images:
  - { name: $IMAGE, newTag: "$2" }
  - { name: $IMAGE-trainer, newTag: "$2" }
END
  mkdir -p "$DEPLOY_FOLDER/$1"
  "$KUBECTL" kustomize "$work" >"$(manifest "$1")" || { rm -rf "$work"; return 1; }
  rm -rf "$work"
}

backend_prepare() {
  render "$1" "$2"
  # A new environment has its namespace first: the secret is put into it by hand.
  apply --filename "$(manifest "$1")" --selector '!acme.example/phase'
  in_namespace "$1" get secret "$NAME" >/dev/null ||
    fail "there is no secret '$NAME' in $NAME-$1; docs/deployment.md says how to make it"
}

backend_migrate() {
  in_namespace "$1" delete job "$NAME-migrate" --ignore-not-found || return 1
  apply --filename "$(manifest "$1")" --selector acme.example/phase=migrate || return 1
  in_namespace "$1" wait --for=condition=complete --timeout=300s "job/$NAME-migrate" && return
  in_namespace "$1" logs "job/$NAME-migrate" --tail=50
  return 1
}

# Applies a manifest's workloads and waits until all of their new pods are ready.
backend_roll_out() {
  local name
  apply --filename "$(manifest "$1")" --selector acme.example/phase=rollout || return 1
  for name in "${DEPLOYMENTS[@]}"; do
    shown in_namespace "$1" rollout status "deployment/$NAME-$name" --timeout=600s || return 1
  done
  end_forward "$1"
}

backend_go_back() {
  in_namespace "$1" get configmap "$NAME-release-$2" --output 'jsonpath={.data.manifest\.yaml}' \
    >"$(manifest "$1")" || return 1
  apply --filename "$(manifest "$1")" --selector '!acme.example/phase' || return 1
  backend_roll_out "$1" "$2"
}

proven() {
  in_namespace "$1" get configmap "$NAME-proven" --ignore-not-found --output 'jsonpath={.data.tags}'
}
keep() {
  in_namespace "$1" create configmap "$2" --from-file="$3" --dry-run=client --output yaml |
    apply --namespace "$NAME-$1" --filename -
}
keep_tags() {
  printf '%s\n' "$2" >"$DEPLOY_FOLDER/$1/tags"
  keep "$1" "$NAME-proven" "tags=$DEPLOY_FOLDER/$1/tags"
}
remember() {
  keep "$1" "$NAME-release-$2" "manifest.yaml=$(manifest "$1")"
  keep_tags "$1" "$(proven "$1" | grep -vxF "$2" || true; echo "$2")"
}
forget() { keep_tags "$1" "$(proven "$1" | grep -vxF "$2" || true)"; }
sees() {
  "$KUBECTL" get namespace "$NAME-$1" >/dev/null 2>&1 &&
    in_namespace "$1" auth can-i get configmaps >/dev/null 2>&1
}

# Through the API server, so that no route or name has to be there first.
forward() {
  local folder=$DEPLOY_FOLDER/$1 address
  mkdir -p "$folder"
  if ! ps -o command= -p "$(cat "$folder/forward.pid" 2>/dev/null || echo 0)" 2>/dev/null |
    grep -q port-forward; then
    : >"$folder/forward" # the address before it was another one
    # The command itself, not a function: its number is kept, and it is looked for by its name.
    "$KUBECTL" --namespace "$NAME-$1" port-forward "service/$NAME-api" :80 \
      >"$folder/forward" 2>&1 </dev/null &
    echo $! >"$folder/forward.pid"
  fi
  for _ in {1..100}; do
    address=$(sed -n 's/^Forwarding from \(127\.0\.0\.1:[0-9]*\).*/\1/p' "$folder/forward")
    [[ -z $address ]] || { echo "http://$address"; return; }
    sleep 0.1
  done
  echo "cannot reach the API's pods: $(cat "$folder/forward")" >&2
  return 1
}
end_forward() {
  local file=$DEPLOY_FOLDER/$1/forward.pid
  [[ -f $file ]] || return 0
  if ps -o command= -p "$(cat "$file")" | grep -q port-forward; then kill "$(cat "$file")"; fi
  rm -f "$file" "$DEPLOY_FOLDER/$1/forward"
}

smoke_url() { forward "$1"; }
backend_url() {
  echo "https://$(in_namespace "$1" get ingress "$NAME" --output 'jsonpath={.spec.rules[0].host}')"
}
backend_token() {
  in_namespace "$1" get secret "$NAME" --output 'jsonpath={.data.NEW_SERVICE_TOKEN}' | base64 -d
}
backend_tag() {
  local image
  image=$(in_namespace "$1" get deployment "$NAME-api" --ignore-not-found \
    --output 'jsonpath={.spec.template.spec.containers[0].image}' 2>/dev/null)
  [[ -n $image ]] || { echo -; return; }
  echo "${image##*:}"
}
wanted_replicas() {
  in_namespace "$1" get deployment "$NAME-api" --output 'jsonpath={.spec.replicas}'
}
backend_condition() {
  if [[ $(backend_tag "$1") == - ]]; then
    echo "never deployed"
  elif [[ $(wanted_replicas "$1") == 0 ]]; then
    # Kubernetes calls it available: it has all the pods that it should have.
    echo "stopped"
  elif in_namespace "$1" wait --for=condition=Available --timeout=1s "deployment/$NAME-api" \
    >/dev/null 2>&1; then
    echo "ready"
  else
    echo "not ready"
  fi
}
in_trainer() {
  local environment=$1
  shift
  in_namespace "$environment" exec --stdin "deployment/$NAME-trainer" -- "$@"
}
# "-" reads a program of Python from standard input.
backend_run() {
  local environment=$1
  shift
  case $1 in
    -) in_trainer "$environment" python - ;;
    *) in_trainer "$environment" "$NAME" "$@" </dev/null ;;
  esac
}
backend_volume() { echo "/models/$MODEL"; }
backend_versions() {
  # shellcheck disable=SC2016  # expanded there
  in_trainer "$1" sh -c 'ls -d "$0"/[0-9]*' "/models/$MODEL" </dev/null
}
backend_on_volume() {
  local environment=$1
  shift
  # shellcheck disable=SC2016  # expanded there
  in_trainer "$environment" sh -c 'mkdir -p "$0" && cd "$0" && exec "$@"' "/models/$MODEL" "$@"
}
backend_watch() { fail "the Prometheus of the cluster watches $1: monitoring/ is deployed with it"; }
backend_down() { :; }
backend_delete() { :; }
