"""Workloads of other kinds than Kubernetes' own: KServe, Seldon, Knative, Ray, Argo Workflows."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from handbook.collect.deploy.items import TEMPLATED, Item
from handbook.collect.deploy.pods import container_of, containers_of, volumes_of
from handbook.model.deploy import Container, SourceKind, Workload

_MOST = 50
_PARTS = ("predictor", "transformer", "explainer")
_NONE = Item(None, "", 0)


def special_workload(item: Item, source: SourceKind, environment: str) -> Workload | None:
    """Read an object that runs containers in a way of its own, None for any other."""
    found = _inside(item)
    if found is None:
        return None
    kind, pods, containers = found
    name = item.get("metadata", "name").text or item.get("metadata", "generateName").text
    canary = any(pod.get("canaryTrafficPercent") for pod in pods)
    return Workload(
        kind=kind,
        name=name,
        spot=item.spot(f"{kind} {name}"),
        source=source,
        environment=environment,
        api=item.get("apiVersion").text,
        containers=tuple(containers),
        volumes=tuple(one for pod in pods for one in volumes_of(pod, _NONE)),
        # The platform itself sends traffic to what serves.
        services=(name,) if kind in ("InferenceService", "KnativeService") else (),
        rollback=("canaryTrafficPercent",) if canary else (),
        templated=TEMPLATED in item.get("spec").pairs,
    )


def _inside(item: Item) -> tuple[str, list[Item], list[Container]] | None:
    """Return what an object is called here, its pods, and the containers in them."""
    kind, api = item.get("kind").text, item.get("apiVersion").text
    containers: list[Container]
    pods: list[Item] = []
    match kind:
        case "InferenceService":
            pods = [item.get("spec", part) for part in _PARTS if item.get("spec", part)]
            containers = [one for pod in pods for one in _predictor(pod)]
        case "ServingRuntime" | "ClusterServingRuntime":
            pods = [item.get("spec")]
            containers = list(containers_of(pods[0]))
        case "Service" if api.startswith("serving.knative.dev/"):
            kind = "KnativeService"
            pods = [item.get("spec", "template", "spec")]
            containers = list(containers_of(pods[0]))
        case "SeldonDeployment":
            pods, containers = _seldon(item)
        case "RayService":
            pods = list(_ray(item.get("spec", "rayClusterConfig")))
            containers = [one for pod in pods for one in containers_of(pod)]
        case "Workflow" | "CronWorkflow" | "WorkflowTemplate" | "ClusterWorkflowTemplate":
            containers = list(_steps(item))
        case _:
            return None
    return kind, pods, containers


def _predictor(pod: Item) -> Iterator[Container]:
    """Give what a part of an InferenceService runs: a model by its format, or containers."""
    yield from containers_of(pod)
    for key, model in pod.pairs.items():
        if not (model.get("storageUri") or model.get("storage") or model.get("modelFormat")):
            continue
        uri = model.get("storageUri").text or model.get("storage", "path").text
        shape = model.get("modelFormat", "name").text or key
        runtime = model.get("runtime").text or f"(KServe's runtime for {shape})"
        made = container_of(model)
        yield replace(
            made,
            name=made.name or key,
            image=made.image or runtime,
            source=uri,
            spot=model.spot(f"storageUri: {uri}" if uri else key),
        )


def _seldon(item: Item) -> tuple[list[Item], list[Container]]:
    pods: list[Item] = []
    found: list[Container] = []
    for predictor in item.get("spec", "predictors").items[:_MOST]:
        specs = [one.get("spec") for one in predictor.get("componentSpecs").items[:_MOST]]
        pods += specs
        found += [one for pod in specs for one in containers_of(pod)]
        graph = predictor.get("graph")
        if uri := graph.get("modelUri").text:
            image = f"({graph.get('implementation').text})"
            place = graph.get("modelUri").spot(f"modelUri: {uri}")
            found.append(Container(graph.get("name").text, image, place, source=uri))
    return pods, found


def _ray(cluster: Item) -> Iterator[Item]:
    groups = [cluster.get("headGroupSpec"), *cluster.get("workerGroupSpecs").items[:_MOST]]
    return (group.get("template", "spec") for group in groups)


def _steps(item: Item) -> Iterator[Container]:
    spec = item.get("spec", "workflowSpec") or item.get("spec")
    for template in spec.get("templates").items[:_MOST]:
        if template.get("container").pairs:
            yield container_of(template.get("container"))
