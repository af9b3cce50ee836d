"""Rendered overlays, and what is asked of them beyond Kubernetes' own schemas.

Schemas know types and spelling. They do not know whether a Service's selector selects anything,
whether a probe's path exists, or whether a setting is one that the program reads. Each function
called ``…_problems`` returns what is wrong, as sentences; none means well.
"""

from __future__ import annotations

import functools
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
OVERLAYS = ("dev", "stage", "prod")
WORKLOADS = ("Deployment", "StatefulSet", "Job", "CronJob")

Object = dict[str, Any]


def tool(name: str, hint: str) -> str:
    """Return where a program is; skip the test, saying why, where it is not."""
    found = shutil.which(name, path=str(Path(sys.executable).parent)) or shutil.which(name)
    if not found:
        pytest.skip(f"{name} is not installed: {hint}")
    return found


@functools.cache
def _rendered(overlay: str, kubectl: str) -> list[Object]:
    command = [kubectl, "kustomize", str(ROOT / "deploy" / "overlays" / overlay)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return [one for one in yaml.load_all(done.stdout, yaml.CSafeLoader) if one]


def render(overlay: str) -> Objects:
    """Render an overlay as a cluster would get it. To change it, copy it first."""
    kubectl = tool("kubectl", "it comes with requirements/dev.lock")
    return Objects(_rendered(overlay, kubectl))


@dataclass(frozen=True)
class Workload:
    """Something that runs pods."""

    object: Object
    template: Object

    @property
    def name(self) -> str:
        """``Kind/name``, for messages."""
        return f"{self.object['kind']}/{self.object['metadata']['name']}"

    @property
    def spec(self) -> Object:
        """The pods' ``spec``."""
        spec: Object = self.template["spec"]
        return spec

    @property
    def labels(self) -> dict[str, str]:
        """The pods' labels."""
        labels: dict[str, str] = self.template["metadata"].get("labels", {})
        return labels

    @property
    def containers(self) -> list[Object]:
        """All containers, those that prepare included."""
        return [*self.spec["containers"], *self.spec.get("initContainers", [])]

    @property
    def stays(self) -> bool:
        """Whether its pods are meant to run for ever."""
        return self.object["kind"] in {"Deployment", "StatefulSet"}

    @property
    def ports(self) -> dict[str, int]:
        """The containers' named ports."""
        return {p["name"]: p["containerPort"] for c in self.containers for p in c.get("ports", [])}


@dataclass(frozen=True)
class Objects:
    """All objects of one environment."""

    all: list[Object]

    def of(self, *kinds: str) -> Iterator[Object]:
        """Objects of these kinds."""
        return (one for one in self.all if one["kind"] in kinds)

    def get(self, kind: str, name: str) -> Object:
        """The object of this kind and name."""
        return next(one for one in self.of(kind) if one["metadata"]["name"] == name)

    def names(self, kind: str) -> set[str]:
        """Names of the objects of a kind."""
        return {one["metadata"]["name"] for one in self.of(kind)}

    @property
    def workloads(self) -> list[Workload]:
        """Everything that runs pods."""
        return [Workload(one, _template(one)) for one in self.of(*WORKLOADS)]

    def selected(self, selector: Object) -> list[Workload]:
        """Workloads whose pods a label selector selects."""
        return [one for one in self.workloads if matches(selector, one.labels)]


def _template(workload: Object) -> Object:
    spec = workload["spec"]
    template: Object = spec.get("jobTemplate", {}).get("spec", spec)["template"]
    return template


def matches(selector: Object, labels: dict[str, str]) -> bool:
    """Tell whether a label selector (``matchLabels``, ``matchExpressions``) selects labels."""
    wanted = selector.get("matchLabels", {})
    if any(labels.get(key) != value for key, value in wanted.items()):
        return False
    for one in selector.get("matchExpressions", []):
        inside = labels.get(one["key"]) in one["values"]
        if inside != (one["operator"] == "In"):
            return False
    return True
