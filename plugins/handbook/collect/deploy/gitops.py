"""Argo CD, Flux and Fleet: what in a cluster follows a repo, and whether by itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from handbook.collect.deploy.items import Item
from handbook.model.delivery import GitOps


def follows(objects: Iterable[Item]) -> Iterator[GitOps]:
    """Give the objects that make a cluster follow a repo."""
    for item in objects:
        kind, api = item.get("kind").text, item.get("apiVersion").text
        name = item.get("metadata", "name").text
        spec = item.get("spec")
        if api.startswith("argoproj.io/") and kind in ("Application", "ApplicationSet"):
            spec = spec.get("template", "spec") if kind == "ApplicationSet" else spec
            policy = spec.get("syncPolicy")
            auto = "automated" in policy.pairs and (
                policy.get("automated", "enabled").text != "false"
            )
            place = policy if policy else item
            said = f"{kind} {name}: {'automated' if auto else 'no automated sync'}"
            yield GitOps("Argo CD", name, auto, place.spot(said), spec.get("source", "path").text)
        elif (api.startswith("kustomize.toolkit.fluxcd.io/") and kind == "Kustomization") or (
            api.startswith("helm.toolkit.fluxcd.io/") and kind == "HelmRelease"
        ):
            auto = spec.get("suspend").text != "true"
            yield GitOps("Flux", name, auto, item.spot(f"{kind} {name}"), spec.get("path").text)
        elif api.startswith("fleet.cattle.io/") and kind == "GitRepo":
            auto = spec.get("paused").text != "true"
            yield GitOps("Fleet", name, auto, item.spot(f"{kind} {name}"))
