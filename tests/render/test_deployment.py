"""The deployment page: environments side by side, checks, who may deploy, each with its line."""

from __future__ import annotations

from typing import Any

from handbook.model.delivery import GitOps, Job, Restriction, Trigger, Workflow
from handbook.model.deploy import (
    Build,
    Container,
    Deploy,
    Environment,
    Mount,
    Port,
    Probe,
    Volume,
    Workload,
)
from handbook.model.source import Spot
from handbook.render.delivery import diagram
from handbook.render.deployment import render_deployment

REPO = "https://github.com/acme/risk"
COMMIT = "0123456789abcdef0123456789abcdef01234567"


def workload(environment: str, tag: str, **values: Any) -> Workload:
    container = Container(
        name="risk",
        image=f"ghcr.io/acme/risk:{tag}",
        spot=Spot("base/api.yaml", 10),
        image_spot=Spot(f"overlays/{environment}/kustomization.yaml", 4),
        ports=(Port("8080", "http"),),
        probes=(Probe("readiness", "http", "/ready", Spot("base/api.yaml", 14), "http"),),
        requests=(("cpu", "100m"),),
        mounts=(Mount("models", "/models", read_only=True),),
    )
    volume = Volume("models", "pvc", "models", Spot("base/api.yaml", 30), ("ReadOnlyMany",), "nfs")
    place = Spot("base/api.yaml", 1)
    made = Workload("Deployment", "risk", place, "kustomize", environment, containers=(container,))
    fields = {"replicas": "2", "volumes": (volume,), **values}
    return Workload(**{name: fields.get(name, getattr(made, name)) for name in fields_of(made)})


def fields_of(item: Any) -> tuple[str, ...]:
    return tuple(item.__struct_fields__)


def flow(*jobs: Job) -> Workflow:
    return Workflow(
        "GitHub Actions",
        "delivery",
        Spot(".github/workflows/delivery.yml", 1),
        (Trigger("push", Spot(".github/workflows/delivery.yml", 2), ("main",)),),
        jobs,
    )


DEPLOYING = Job(
    "prod",
    Spot("ci.yml", 8),
    needs=("test",),
    environment="production",
    deploy=Spot("ci.yml", 9, "helm upgrade risk"),
    undoes=Spot("deploy.sh", 3, "helm rollback risk"),
)


def test_environments_stand_beside_each_other_with_their_lines(context: Any, checked: Any) -> None:
    deploy = Deploy(
        workloads=(workload("dev", "1.1"), workload("prod", "1.0", replicas="3–6")),
        environments=(Environment("dev", "kustomize", Spot("overlays/dev/kustomization.yaml", 1)),),
        workflows=(flow(Job("test", Spot("ci.yml", 3)), DEPLOYING),),
        gitops=(GitOps("Argo CD", "risk", True, Spot("app.yaml", 6)),),
        builds=(Build("Dockerfile", ('["api"]',), Spot("Dockerfile", 9), ("8080",)),),
    )
    (page,) = render_deployment(deploy, context()).pages
    html = checked(page.html)
    assert f"{REPO}/blob/{COMMIT}/overlays/prod/kustomization.yaml#L4" in html.links
    assert f"{REPO}/blob/{COMMIT}/base/api.yaml#L14" in html.links
    assert f"{REPO}/blob/{COMMIT}/ci.yml#L9" in html.links
    assert "1.1 2 replicas cpu 100m 1.0 3–6 replicas" in html.words
    assert "ready http /ready" in html.words
    assert "alive none" in html.words
    assert "models claim on nfs" in html.words
    assert "whoever may merge or start it" in html.words
    assert "helm rollback risk" in html.words
    assert "by itself" in html.words
    assert 'push to main"])' in page.html.replace("&quot;", '"')


def test_what_a_repo_says_is_text(context: Any, checked: Any) -> None:
    evil = "<script>alert(1)</script>"
    job = Job(
        evil,
        Spot("ci.yml", 8, evil),
        condition=evil,
        environment=evil,
        deploy=Spot("ci.yml", 9, evil),
        restrictions=(Restriction("actor", (evil,), Spot("ci.yml", 8, evil)),),
    )
    deploy = Deploy(
        workloads=(workload(evil, evil, name=evil, kind=evil, replicas=evil),),
        workflows=(flow(job),),
        unread=(Spot("bad.yaml", 3, evil),),
    )
    (page,) = render_deployment(deploy, context()).pages
    html = checked(page.html)
    assert "script" not in html.tags
    assert f"only {evil}" in html.words


def test_mermaid_gets_no_syntax_from_names() -> None:
    job = Job('x"] --> y; click y "javascript:0', Spot("ci.yml", 8), deploy=Spot("ci.yml", 9))
    drawn = str(diagram(Deploy(workflows=(flow(job),))))
    assert '["x#34;] --#62; y#59; click y #34;javascript:0"]' in drawn
    assert drawn.count("--&gt;") == 1  # the arrow


def test_no_page_where_nothing_is_deployed(context: Any) -> None:
    build = Build("Dockerfile", ('["api"]',))
    assert render_deployment(Deploy(builds=(build,)), context()).pages == ()


def test_a_template_is_shown_as_one(context: Any, checked: Any) -> None:
    one = workload("", "__templated__", name="__templated__-api", templated=True)
    (page,) = render_deployment(Deploy(workloads=(one,)), context()).pages
    words = checked(page.html).words
    assert "*-api template" in words
    assert "__templated__" not in page.html
