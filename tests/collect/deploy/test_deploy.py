"""What is read of deployments: one file of ``cases/`` is one repo and what it says, a line each.

``workloads``: environment, kind, name, replicas, then each container with its image, probes and
requests, then volumes. ``jobs``: workflow, job, what starts it, what it does. ``downloads``,
``gitops``, ``builds``, ``environments``, ``unread``: as the functions below write them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from handbook.collect.deploy import collect_deploy
from handbook.model.delivery import Job, Workflow
from handbook.model.deploy import Container, Deploy, Workload
from handbook.model.facts import Absent, Found
from handbook.model.limits import Limits
from handbook.model.service import Service
from handbook.tree import MemoryTree

CASES = sorted((Path(__file__).parent / "cases").glob("*.yml"))


def read(case: dict[str, Any]) -> Deploy:
    tree = MemoryTree(case["files"])
    service = Service("Risk", "risk", tree.repo, **case.get("service", {}))
    fact = collect_deploy(tree, service, Limits(**case.get("limits", {})))
    return fact.value if isinstance(fact, Found) else Deploy()


def words(workload: Workload) -> str:
    rest = [
        *([f"x{workload.replicas}"] if workload.replicas else []),
        *(f"<{name}" for name in workload.services),
        *(container(item) for item in workload.containers),
        *(
            " ".join(filter(None, (f"[{item.kind}", item.source, item.backing, *item.modes))) + "]"
            for item in workload.volumes
        ),
        *workload.rollback,
        *(["(template)"] if workload.templated else []),
    ]
    return " ".join((workload.environment or "-", workload.kind, workload.name, *rest))


def container(item: Container) -> str:
    said = [
        *(f":{port.number or port.name}" for port in item.ports),
        *(
            f"{p.kind}={p.how}:{p.target or p.port}@{p.spot.path}:{p.spot.line}"
            for p in item.probes
        ),
        *(f"{name}={amount}" for name, amount in item.requests),
        *([item.source] if item.source else []),
    ]
    line = f"@{item.image_spot.line}" if item.image_spot else ""
    return f"({'first ' if item.init else ''}{item.image}{line}{''.join(f' {w}' for w in said)})"


def jobs(deploy: Deploy) -> Iterator[str]:
    for workflow in deploy.workflows:
        for job in workflow.jobs:
            yield " ".join((workflow.system, job.name, *started(workflow), *does(job)))


def started(workflow: Workflow) -> Iterator[str]:
    for trigger in workflow.triggers:
        yield trigger.event + "".join(f":{name}" for name in trigger.branches)


def does(job: Job) -> Iterator[str]:
    if job.manual:
        yield "by hand"
    if job.branches:
        yield f"on {','.join(job.branches)}"
    if job.deploy:
        yield f"deploys@{job.deploy.line} {job.deploy.text}"
    if job.undoes:
        yield f"undoes@{job.undoes.path}:{job.undoes.line}"
    for item in job.restrictions:
        yield f"{item.how}={','.join(item.people)}@{item.spot.line}"


LINES: dict[str, Callable[[Deploy], list[str]]] = {
    "workloads": lambda d: [words(item) for item in d.workloads],
    "environments": lambda d: [f"{e.name} {e.source} {e.spot.path}" for e in d.environments],
    "jobs": lambda d: list(jobs(d)),
    "gitops": lambda d: [f"{g.tool} {g.name} {'auto' if g.auto else 'asked'}" for g in d.gitops],
    "builds": lambda d: [
        f"{b.path} {' '.join(b.command)} {b.healthcheck.target if b.healthcheck else 'unchecked'}"
        for b in d.builds
    ],
    "downloads": lambda d: [f"{x.when} {x.how} {x.target} {x.spot.line}" for x in d.downloads],
    "unread": lambda d: [f"{spot.path}:{spot.line}" for spot in d.unread],
}


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_case(path: Path) -> None:
    case = yaml.safe_load(path.read_text(encoding="utf-8"))
    expected = {key: value for key, value in case.items() if key in LINES}
    assert expected, "what is it a case of?"
    assert set(case) <= {*LINES, "files", "service", "limits", "why"}
    deploy = read(case)
    assert {key: LINES[key](deploy) for key in expected} == expected


def test_absent_says_where_was_looked() -> None:
    tree = MemoryTree({"README.md": "# Risk"})
    fact = collect_deploy(tree, Service("Risk", "risk", tree.repo), Limits())
    assert isinstance(fact, Absent)
    assert "kustomization.yaml" in fact.searched


@pytest.mark.parametrize(
    "files",
    [
        # Each is made to cost more than it should.
        {"k.yaml": "apiVersion: v1\nkind: Pod\nspec: " + "[" * 5_000},
        {"kustomization.yaml": "resources: [.]\n"},
        {"a/kustomization.yaml": "resources: [../b]\n", "b/kustomization.yaml": "bases: [../a]\n"},
        {"kustomization.yaml": "resources: [../../../etc/passwd, https://x.example/y, /etc]\n"},
        {"chart/Chart.yaml": "name: x\n", "chart/templates/a.yaml": "{{" * 50_000},
        {"chart/Chart.yaml": "name: x\n", "chart/templates/a.yaml": "{{ " + " " * 100_000},
        {"chart/Chart.yaml": "name: x\n", "chart/templates/a.yaml": "{{ if x }}" * 5_000},
        {"Dockerfile": "FROM x\nRUN a \\\n" * 5_000},
        {"Procfile": "web: " + "a " * 50_000},
        {"main.tf": 'resource "aws_ecs_service" "x" ' + "{" * 100_000},
        {"Jenkinsfile": "stage('x') " * 5_000},
        {
            ".github/workflows/a.yml": "on: push\njobs: {d: {steps: [{run: '"
            + "kubectl " * 5_000
            + "'}]}}"
        },
        {".github/workflows/a.yml": 'on: push\njobs: {d: {if: "' + "contains( " * 5_000 + '"}}'},
        {
            "kustomization.yaml": "resources: [d.yaml]\npatches: [{path: p.yaml}]\n",
            "d.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\na: {}\n",
            "p.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\na: &a0 {x: {}}\n"
            + "".join(f"k{n}: &a{n} {{l: *a{n - 1}, r: *a{n - 1}}}\n" for n in range(1, 40)),
        },
    ],
    ids=range(14),
)
def test_a_hostile_file_costs_little(files: dict[str, str]) -> None:
    read({"files": files})
