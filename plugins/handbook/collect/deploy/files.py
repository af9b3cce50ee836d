"""The files that say how a service is deployed, each read and parsed once."""

from __future__ import annotations

import posixpath
import re
from functools import cached_property

from handbook.collect.deploy.items import Item, read_items
from handbook.collect.scope import own_files
from handbook.collect.smallfiles import read_text
from handbook.errors import YamlError
from handbook.model.facts import Problem
from handbook.model.limits import Limits
from handbook.model.service import Service
from handbook.model.source import Spot
from handbook.tree import RepoTree

_YAML = (".yaml", ".yml", ".json")
_MANIFEST = re.compile(r"^\s{0,8}\"?apiVersion\"?\s*:", re.MULTILINE)
# Kinds that anything is read from: most of a big repo's YAML defines other kinds.
_WANTED = re.compile(
    r"^[ \t-]{0,8}\"?kind\"?\s*:\s*[\"']?(?:Deployment|StatefulSet|DaemonSet|ReplicaSet"
    r"|Pod|Job|CronJob|Rollout|DeploymentConfig|ReplicationController|Service|HorizontalPodAutoscaler|ScaledObject"
    r"|PersistentVolume|PersistentVolumeClaim|InferenceService|ServingRuntime|ClusterServingRuntime"
    r"|SeldonDeployment|RayService|Workflow|CronWorkflow|WorkflowTemplate|ClusterWorkflowTemplate"
    r"|Application|ApplicationSet|Kustomization|HelmRelease|GitRepo|Component|\w{0,60}List)\b",
    re.MULTILINE,
)
_RELEASED = re.compile(r"(?:^|/)v?\d+\.\d+(?:\.\d+)?(?:-[\w.]+)?/")
_FILES = 3_000
_READ = 48 * 1024 * 1024  # bytes of text that is looked through
_JSON = 64 * 1024
_NOTED = 100
_CHARTS = 50
_BYTES = 16 * 1024 * 1024  # of YAML that is parsed


class Files:
    """Paths of a service, and what is in them."""

    def __init__(self, tree: RepoTree, service: Service, limits: Limits) -> None:
        self.tree = tree
        self.service = service
        self.limits = limits
        self.own = own_files(tree, service, limits)
        self.unread: list[Spot] = []
        self._left = _BYTES
        self._texts: dict[str, str] = {}
        self._objects: dict[str, list[Item]] = {}

    @cached_property
    def paths(self) -> list[str]:
        """The service's own files, in path order; copies of past releases are left out."""
        under = (entry.path for entry in self.tree.under(self.service.path))
        return [path for path in under if self.own(path) and not _RELEASED.search(path)]

    @cached_property
    def yaml(self) -> list[str]:
        """Those that are YAML or JSON, as many as are read: large JSON is data."""
        sizes = {entry.path: entry.size for entry in self.tree.under(self.service.path)}
        found: list[str] = []
        left = _READ
        for path in self.paths:
            most = _JSON if path.endswith(".json") else self.limits.manifest
            if path.endswith(_YAML) and sizes[path] <= most and len(found) < _FILES:
                left -= sizes[path]
                if left < 0:
                    break
                found.append(path)
        return found

    @cached_property
    def manifests(self) -> list[str]:
        """Those that look like Kubernetes objects; what charts make them of is not."""
        charts = tuple(f"{folder}/templates/".lstrip("/") for folder in self.charts)
        return [
            path
            for path in self.yaml
            if not path.startswith(charts) and _MANIFEST.search(self.text(path))
        ]

    @cached_property
    def charts(self) -> list[str]:
        """Folders of Helm charts."""
        found = [path for path in self.paths if posixpath.basename(path) == "Chart.yaml"]
        return [posixpath.dirname(path) for path in found][:_CHARTS]

    def text(self, path: str) -> str:
        """Return the text of a file, "" if it cannot be read."""
        if path not in self._texts:
            text = read_text(self.tree, path, self.limits)
            self._texts[path] = "" if isinstance(text, Problem) else text
        return self._texts[path]

    def objects(self, path: str) -> list[Item]:
        """Return the documents of a file; lists of objects are taken apart."""
        if path not in self._objects:
            self._objects[path] = self._parse(path, self.text(path))
        return self._objects[path]

    def note(self, spot: Spot) -> None:
        """Remember a file that could not be read."""
        if len(self.unread) < _NOTED:
            self.unread.append(spot)

    def _parse(self, path: str, text: str) -> list[Item]:
        self._left -= len(text)
        if self._left < 0:
            return []
        found: list[Item] = []
        if _MANIFEST.search(text) and not _WANTED.search(text):
            return found
        try:
            for item in read_items(text, path, self.limits):
                kind = item.get("kind").text
                of_openshift = item.get("objects").items if kind == "Template" else []
                listed = item.get("items").items if kind.endswith("List") else of_openshift
                found += listed or [item]
        except YamlError as exc:
            self.note(Spot(path, exc.line, exc.message[:160]))
        return found
