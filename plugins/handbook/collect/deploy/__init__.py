"""Read how a service is deployed: manifests, charts, compose files, CI. Nothing is run."""

from __future__ import annotations

from handbook.collect.deploy.files import Files
from handbook.collect.deploy.kubernetes import workloads_of
from handbook.model.deploy import Deploy
from handbook.model.facts import Absent, Fact, Found
from handbook.model.limits import Limits
from handbook.model.service import Service
from handbook.tree import RepoTree

__all__ = ["collect_deploy"]

SEARCHED = (
    "Kubernetes manifests (*.yaml)",
    "kustomization.yaml",
    "Chart.yaml",
    "compose.yaml",
    "Dockerfile",
    "Procfile",
    "*.tf",
    ".github/workflows/",
    ".gitlab-ci.yml",
    ".circleci/config.yml",
    "Jenkinsfile",
    "azure-pipelines.yml",
)


def collect_deploy(tree: RepoTree, service: Service, limits: Limits) -> Fact[Deploy]:
    """Look in the service's folder, and for CI at the repo's root as well."""
    files = Files(tree, service, limits)
    objects = [item for path in files.manifests for item in files.objects(path)]
    deploy = Deploy(workloads=tuple(workloads_of(objects, "kubernetes")))
    if deploy == Deploy():
        return Absent(SEARCHED)
    first = next((item.spot.path for item in deploy.workloads), service.path)
    return Found(deploy, tree.origin(first))
