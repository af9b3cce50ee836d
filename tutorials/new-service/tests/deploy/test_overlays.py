"""Each environment, as a cluster would get it: valid, and its objects find each other."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from pathlib import Path

import pytest
import yaml
from kubernetes_validate import SchemaNotFoundError, ValidationError, utils
from tests.deploy.manifests import OVERLAYS, ROOT, Objects, render, tool
from tests.deploy.wiring import port_problems, reference_problems, selector_problems

from new_service.settings import Settings

KUBERNETES = ("1.35", "1.37")
"""Oldest and newest supported release."""

CUSTOM = {"PrometheusRule", "PodMonitor", "ServiceMonitor"}
"""Kinds of the Prometheus Operator: Kubernetes knows no schema of theirs."""


def on_kind(overlay: str) -> Objects:
    """Render an overlay as ``backends/kind.sh`` does, for a cluster on this machine."""
    kubectl = tool("kubectl", "it comes with requirements/dev.lock")
    with tempfile.TemporaryDirectory(prefix="rendered.", dir=ROOT / "deploy") as work:
        Path(work, "kustomization.yaml").write_text(
            f"namespace: new-service-{overlay}\n"
            f"resources: [../overlays/{overlay}]\ncomponents: [../components/kind]\n"
        )
        done = subprocess.run([kubectl, "kustomize", work], check=True, capture_output=True)
    return Objects([one for one in yaml.safe_load_all(done.stdout) if one])


@pytest.fixture(params=[*OVERLAYS, *(f"{one} on kind" for one in OVERLAYS)])
def objects(request: pytest.FixtureRequest) -> Objects:
    name, _, kind = request.param.partition(" ")
    return on_kind(name) if kind else render(name)


def test_schemas_find_nothing(objects: Objects) -> None:
    problems = []
    for one in objects.all:
        for version in KUBERNETES:
            try:
                utils.validate(one, version, strict=True)
            except ValidationError as exc:
                problems.append(f"{one['kind']}/{one['metadata']['name']}: {exc.message}")
            except SchemaNotFoundError:
                if one["kind"] not in CUSTOM:
                    problems.append(f"Kubernetes {version} knows no {one['kind']}")
    assert problems == []


@pytest.mark.parametrize("check", [selector_problems, port_problems, reference_problems])
def test_objects_find_each_other(check: object, objects: Objects) -> None:
    assert callable(check)
    assert list(check(objects)) == []


def test_every_container_is_limited_probed_and_has_no_rights(objects: Objects) -> None:
    for workload in objects.workloads:
        for container in workload.containers:
            where = f"{workload.name}/{container['name']}"
            assert {"cpu", "memory"} <= set(container["resources"]["requests"]), where
            assert {"cpu", "memory"} <= set(container["resources"]["limits"]), where
            assert container["securityContext"]["readOnlyRootFilesystem"], where
            assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}, where
            assert "/" not in container["image"].rpartition(":")[2], f"{where}: no tag"
            if workload.stays:
                assert {"startupProbe", "livenessProbe", "readinessProbe"} <= set(container), where
        assert workload.spec["securityContext"]["runAsNonRoot"], workload.name


def test_a_cluster_on_this_machine_needs_nothing_that_it_lacks() -> None:
    for overlay in OVERLAYS:
        objects = on_kind(overlay)
        assert not CUSTOM & {one["kind"] for one in objects.all}
        for volume in objects.of("PersistentVolume"):
            assert volume["spec"]["hostPath"]["path"] == f"/models/new-service-{overlay}"
            assert "nfs" not in volume["spec"]
        assert objects.get("StatefulSet", "new-service-postgres")
        # Collector and MLflow are not there; what would send to them is told so.
        assert "mlflow" not in (text := json.dumps([one.object for one in objects.workloads]))
        assert "otel-collector" not in text + json.dumps([*objects.of("ConfigMap")])


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_settings_are_ones_the_service_reads(overlay: str) -> None:
    found: dict[str, str] = {}
    for name in ("base", f"overlays/{overlay}"):
        for line in (ROOT / "deploy" / name / "settings.env").read_text().splitlines():
            if line and not line.startswith("#"):
                key, _, found[key] = line.partition("=")
    known = os.environ | found
    assert Settings.from_environment(known).model_name == "new_service"
    source = (ROOT / "src/new_service/settings.py").read_text(encoding="utf-8")
    assert [key for key in found if key.startswith("NEW_SERVICE_") and key not in source] == []
