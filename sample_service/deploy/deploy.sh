#!/usr/bin/env bash
# Bring one environment to one version, prove it, or go back to the version before.
#   deploy/deploy.sh dev|stage|prod [TAG]      TAG: of both images; default: what the overlay says
# Steps: settings and volumes, migrate, roll out, smoke test. Any failure after the migration applies
# what was last proven; the database stays as it is, so every migration must suit the version before.
set -euo pipefail
cd "$(dirname "$0")"

environment=${1:?say which environment: dev, stage or prod}
tag=${2:-}
namespace=fraud-score-$environment
deployments=(api worker trainer model-server)
kubectl=${KUBECTL:-kubectl}
work=$(mktemp -d rendered.XXXXXX)
trap 'rm -rf "$work"; [[ -z ${forward:-} ]] || kill "$forward" 2>/dev/null || true' EXIT

in_namespace() { "$kubectl" --namespace "$namespace" "$@"; }
# Server-side: what autoscalers set is theirs, and large objects fit.
apply() { "$kubectl" apply --server-side --force-conflicts --field-manager deploy.sh "$@"; }
say() { printf '== %s: %s\n' "$environment" "$*"; }

render() {
  if [[ ! -d overlays/$environment ]]; then
    echo "no such environment: $environment; there are: $(cd overlays && echo *)" >&2
    exit 2
  fi
  printf 'resources: [../overlays/%s]\n' "$environment" >"$work/kustomization.yaml"
  if [[ -n $tag ]]; then
    printf 'images:\n- {name: ghcr.io/acme/fraud-score, newTag: "%s"}\n- {name: ghcr.io/acme/fraud-score-trainer, newTag: "%s"}\n' \
      "$tag" "$tag" >>"$work/kustomization.yaml"
  fi
  "$kubectl" kustomize "$work" >"$work/all.yaml"
}

need_secret() {
  in_namespace get secret fraud-score >/dev/null && return
  echo "there is no secret 'fraud-score' in $namespace; deploy/README.md says how to make it" >&2
  exit 1
}

migrate() {
  in_namespace delete job fraud-score-migrate --ignore-not-found
  apply --filename "$work/all.yaml" --selector acme.example/phase=migrate
  in_namespace wait --for=condition=complete --timeout=300s job/fraud-score-migrate && return
  in_namespace logs job/fraud-score-migrate --tail=50 || true
  return 1
}

# Applies a whole manifest's workloads and waits until all of their new pods are ready.
roll_out() {
  apply --filename "$1" --selector acme.example/phase=rollout || return 1
  local name
  for name in "${deployments[@]}"; do
    in_namespace rollout status "deployment/fraud-score-$name" --timeout=600s || return 1
  done
}

# Through the API server, so that no route or name has to be there first.
smoke() {
  "$kubectl" --namespace "$namespace" port-forward service/fraud-score-api :80 >"$work/forward" &
  forward=$!
  local tries=0
  until grep -q '^Forwarding from 127.0.0.1:' "$work/forward"; do
    if ((tries++ == 100)) || ! kill -0 "$forward" 2>/dev/null; then
      echo "cannot reach the API's pods" >&2
      return 1
    fi
    sleep 0.1
  done
  local port
  port=$(sed -n 's/^Forwarding from 127.0.0.1:\([0-9]*\).*/\1/p' "$work/forward")
  FRAUD_SCORE_TOKEN=$(in_namespace get secret fraud-score --output 'jsonpath={.data.FRAUD_SCORE_TOKEN}' | base64 -d) \
    python3 smoke.py --seconds "${SMOKE_SECONDS:-60}" "http://127.0.0.1:$port"
}

remember() {
  in_namespace create configmap fraud-score-proven --from-file=manifest.yaml="$work/all.yaml" \
    --dry-run=client --output yaml | apply --namespace "$namespace" --filename -
}

go_back() {
  if ! in_namespace get configmap fraud-score-proven --output 'jsonpath={.data.manifest\.yaml}' >"$work/proven.yaml"; then
    say "nothing was proven here before, so there is nothing to go back to"
    return
  fi
  say "going back to what was proven last"
  apply --filename "$work/proven.yaml" --selector '!acme.example/phase'
  roll_out "$work/proven.yaml"
}

# --8<-- [start:steps]
render
say "namespace, settings, volumes"
# A new environment has its namespace first: the secret is put into it by hand.
apply --filename "$work/all.yaml" --selector '!acme.example/phase'
need_secret
say "migrate"
migrate
say "roll out ${tag:-what the overlay names}"
if roll_out "$work/all.yaml" && smoke; then
  remember
  say "done"
else
  go_back
  exit 1
fi
# --8<-- [end:steps]
