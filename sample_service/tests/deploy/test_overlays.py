"""Each environment, as a cluster would get it: valid, wired up, and safe to run."""

from __future__ import annotations

import copy
import functools
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest
import yaml
from kubernetes_validate import SchemaNotFoundError, ValidationError, utils
from tests.deploy import running, wiring
from tests.deploy.manifests import OVERLAYS, ROOT, Object, Objects, render

from local_model_server.flags import parse

KUBERNETES = ("1.35", "1.37")
"""Oldest and newest supported release."""

CUSTOM = {"PrometheusRule", "PodMonitor", "ServiceMonitor"}
"""Kinds of the Prometheus Operator: Kubernetes knows no schema of theirs."""

CHECKS: tuple[Callable[[Objects], Iterable[str]], ...] = (
    wiring.selector_problems,
    wiring.port_problems,
    wiring.reference_problems,
    running.probe_problems,
    running.resource_problems,
    running.security_problems,
    running.image_problems,
    running.setting_problems,
    running.rollout_problems,
    running.phase_problems,
    running.model_server_problems,
)


def schema_problems(objects: Objects) -> Iterator[str]:
    """What Kubernetes' own schemas refuse, misspelt fields included."""
    for one in objects.all:
        for version in KUBERNETES:
            try:
                utils.validate(one, version, strict=True)
            except ValidationError as exc:
                where = ".".join(str(step) for step in exc.path)
                yield f"{one['kind']}/{one['metadata']['name']}, {version}: {where}: {exc.message}"
            except SchemaNotFoundError:
                if one["kind"] not in CUSTOM:
                    yield f"{one['kind']}: no such kind in Kubernetes {version}"


@pytest.fixture(autouse=True, scope="module")
def _schemas_read_once() -> Iterator[None]:
    # The package reads a megabyte of definitions for each object.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(utils, "schema_contents", functools.cache(utils.schema_contents))
        yield


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_kubernetes_takes_it(overlay: str) -> None:
    assert list(schema_problems(render(overlay))) == []


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("overlay", OVERLAYS)
def test_all_is_well(overlay: str, check: Callable[[Objects], Iterable[str]]) -> None:
    assert list(check(render(overlay))) == []


MUTATIONS = yaml.safe_load((ROOT / "tests/deploy/mutations.yaml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", MUTATIONS, ids=lambda case: case["name"])
def test_a_mistake_is_found(case: dict[str, Any]) -> None:
    objects = copy.deepcopy(render(case.get("overlay", "prod")))
    _break(objects, case)
    problems = [problem for check in CHECKS for problem in check(objects)]
    problems += schema_problems(objects) if case.get("schema") else []
    assert any(re.search(case["found"], problem) for problem in problems), problems


def _break(objects: Objects, case: dict[str, Any]) -> None:
    kind, name = case["object"].split("/")
    target: Any = next(
        one for one in objects.of(kind) if re.fullmatch(name, one["metadata"]["name"])
    )
    *steps, last = case["at"]
    for step in steps:
        target = target[step]
    if "to" not in case:
        del target[last]
    elif last == "+":
        target.append(case["to"])
    else:
        target[last] = case["to"]


def test_environments_differ_where_they_should() -> None:
    dev, stage, prod = map(render, OVERLAYS)
    hosts = {next(o.of("Ingress"))["spec"]["rules"][0]["host"] for o in (dev, stage, prod)}
    assert len(hosts) == 3
    assert len({ns for o in (dev, stage, prod) for ns in o.names("Namespace")}) == 3
    assert "latest {" in running.models(dev)
    assert "latest {" in running.models(stage)
    assert "specific {" in running.models(prod)
    assert _smallest(prod) > _smallest(stage)
    volumes = [list(o.of("PersistentVolume")) for o in (dev, stage, prod)]
    assert all("hostPath" in one["spec"] for one in volumes[0])
    assert all("nfs" in one["spec"] for one in [*volumes[1], *volumes[2]])


def _smallest(objects: Objects) -> int:
    return sum(one["spec"]["minReplicas"] for one in objects.of("HorizontalPodAutoscaler"))


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_the_model_server_knows_its_flags(overlay: str) -> None:
    server: Object = render(overlay).get("Deployment", "fraud-score-model-server")
    options = parse(server["spec"]["template"]["spec"]["containers"][0]["args"])
    # Without it a label for a version that is not loaded yet stops the server at its start.
    assert options.allow_version_labels_for_unavailable_models
    assert options.rest_api_port == 8501


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_what_runs_before_the_migration_is_there_before(overlay: str) -> None:
    objects = render(overlay)
    job = objects.get("Job", "fraud-score-migrate")
    assert job["spec"]["template"]["spec"]["containers"][0]["args"] == ["migrate"]
    assert job["spec"]["activeDeadlineSeconds"] < 300, "deploy.sh waits for 300 s"
