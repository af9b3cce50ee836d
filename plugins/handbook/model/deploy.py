"""How a service is deployed, as far as its files show: workloads, environments, CI, GitOps.

Everything is as written. What a template leaves to its values says so (``templated``) and is not
to be judged as missing. Nothing is run: overlays are put together by reading them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from msgspec import Struct

from handbook.model.delivery import GitOps, Job, Restriction, Workflow
from handbook.model.source import Spot

ProbeKind = Literal["liveness", "readiness", "startup", "healthcheck"]
"""``healthcheck``: of compose, a Dockerfile or ECS, which has one kind only."""

SourceKind = Literal["kubernetes", "kustomize", "helm", "compose", "procfile", "terraform"]

LONG_RUNNING = frozenset(
    {
        "Deployment",
        "StatefulSet",
        "DaemonSet",
        "ReplicaSet",
        "Pod",
        "Rollout",
        "DeploymentConfig",
        "InferenceService",
        "ServingRuntime",
        "ClusterServingRuntime",
        "SeldonDeployment",
        "RayService",
        "KnativeService",
        "CloudRun",
        "EcsTask",
        "ComposeService",
        "Process",
    }
)
"""Kinds that stay up; others (Job, CronJob, Workflow …) end by themselves."""


class Port(Struct, frozen=True):
    """A port of a container: its number as written ("http" where only a name is known)."""

    number: str
    name: str = ""


class Probe(Struct, frozen=True):
    """A check of a container.

    ``how``: "http", "tcp", "grpc", "exec", or "templated". ``target``: path, port or command.
    """

    kind: ProbeKind
    how: str
    target: str
    spot: Spot
    port: str = ""


class Mount(Struct, frozen=True):
    """Where a container sees a volume."""

    volume: str
    path: str
    read_only: bool = False


class Container(Struct, frozen=True):
    """A container of a workload; pairs are name and value, in the order of the file.

    ``init``: it runs to its end before the others start. ``command`` is command and arguments.
    ``templated``: part of it is left to values that are not read. ``env`` values are "" where
    they come from elsewhere. ``source`` is a model's address (KServe's ``storageUri``).
    ``built``: compose builds the image from this repo.
    """

    name: str
    image: str
    spot: Spot
    image_spot: Spot | None = None
    init: bool = False
    command: tuple[str, ...] = ()
    ports: tuple[Port, ...] = ()
    probes: tuple[Probe, ...] = ()
    requests: tuple[tuple[str, str], ...] = ()
    limits: tuple[tuple[str, str], ...] = ()
    env: tuple[tuple[str, str], ...] = ()
    mounts: tuple[Mount, ...] = ()
    source: str = ""
    built: bool = False
    templated: bool = False

    def probe(self, kind: ProbeKind) -> Probe | None:
        """Return its probe of a kind."""
        return next((probe for probe in self.probes if probe.kind == kind), None)


class Volume(Struct, frozen=True):
    """A volume of a workload.

    ``kind``: "nfs", "pvc", "emptyDir", "hostPath", "configMap", "secret", "csi", "bind", "named"
    or as the manifest calls it. ``source``: claim, server and path, or driver. ``modes``: access
    modes of the claim where it is known ("ReadWriteMany"). ``backing``: what the claim is bound
    to where a PersistentVolume says so ("nfs").
    """

    name: str
    kind: str
    source: str
    spot: Spot
    modes: tuple[str, ...] = ()
    backing: str = ""

    @property
    def shared(self) -> bool:
        """Whether several pods can mount it at once, from a place that outlives them."""
        many = any(mode in ("ReadWriteMany", "ReadOnlyMany") for mode in self.modes)
        return "nfs" in (self.kind, self.backing) or many


class Workload(Struct, frozen=True):
    """Something that runs: a Deployment, a compose service, a KServe InferenceService …

    ``environment`` is "" where manifests do not say. ``services`` are names of Services (or
    routes) that send it traffic. ``api`` is apiVersion ("" outside Kubernetes). ``rollback``
    says what brings an older version back by itself ("progressDeadline", "rollout analysis",
    "circuit breaker"); ``strategy`` as written. ``labels`` are those of its pods.
    """

    kind: str
    name: str
    spot: Spot
    source: SourceKind
    environment: str = ""
    api: str = ""
    containers: tuple[Container, ...] = ()
    volumes: tuple[Volume, ...] = ()
    services: tuple[str, ...] = ()
    replicas: str = ""
    strategy: str = ""
    rollback: tuple[str, ...] = ()
    labels: tuple[tuple[str, str], ...] = ()
    templated: bool = False

    @property
    def long_running(self) -> bool:
        """Whether it stays up, unlike a job."""
        return self.kind in LONG_RUNNING

    @property
    def images(self) -> tuple[str, ...]:
        """The images of its containers, each once."""
        return tuple(dict.fromkeys(item.image for item in self.containers if item.image))


class Environment(Struct, frozen=True):
    """A place that the service is deployed to: "dev", "stage", "prod", or as the repo calls it.

    ``source``: a kustomize overlay, a Helm values file, a compose file, or a CI job.
    """

    name: str
    source: Literal["kustomize", "helm", "compose", "terraform", "ci", "gitops", "folder"]
    spot: Spot


class Build(Struct, frozen=True):
    """A Dockerfile: its last stage. ``runs`` are the lines of all stages that run something."""

    path: str
    command: tuple[str, ...] = ()
    command_spot: Spot | None = None
    ports: tuple[str, ...] = ()
    healthcheck: Probe | None = None
    runs: tuple[Spot, ...] = ()
    copies: tuple[Spot, ...] = ()


class Download(Struct, frozen=True):
    """Something that is fetched each time a container starts.

    ``when``: "init container", "start script", "platform" (KServe and Seldon fetch the model).
    ``how``: the command or scheme; ``target`` what is fetched, as written.
    """

    when: Literal["init container", "start script", "platform"]
    how: str
    target: str
    spot: Spot


class Deploy(Struct, frozen=True):
    """All of it. ``reviewers`` are lines that make an environment wait for people.
    ``unread``: files that look like manifests or CI and could not be read."""

    workloads: tuple[Workload, ...] = ()
    environments: tuple[Environment, ...] = ()
    workflows: tuple[Workflow, ...] = ()
    gitops: tuple[GitOps, ...] = ()
    builds: tuple[Build, ...] = ()
    downloads: tuple[Download, ...] = ()
    reviewers: tuple[Restriction, ...] = ()
    unread: tuple[Spot, ...] = ()

    @property
    def deployed(self) -> bool:
        """Whether it is deployed at all: something runs, follows, or deploys it."""
        return bool(self.workloads or self.gitops or self.deploy_jobs)

    @property
    def deploy_jobs(self) -> tuple[tuple[Workflow, Job], ...]:
        """The jobs that deploy, each with its workflow."""
        return tuple(
            (workflow, job)
            for workflow in self.workflows
            for job in workflow.jobs
            if job.deploy is not None
        )

    def of(self, *environments: str) -> Iterator[Workload]:
        """Give the workloads of these environments."""
        return (item for item in self.workloads if item.environment in environments)

    def objects(self) -> tuple[Workload, ...]:
        """Return each workload once, however many environments it is in: the last one of each.

        Environments come in order from development to production.
        """
        last = {(item.kind, item.name, item.spot.path): item for item in self.workloads}
        return tuple(last.values())
