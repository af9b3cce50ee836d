"""All of a repo's CI, with what follows from files that name each other."""

from __future__ import annotations

import posixpath

from msgspec.structs import replace

from handbook.collect.deploy.cloudbuild import read_cloudbuild
from handbook.collect.deploy.commands import scripts, undoes_in
from handbook.collect.deploy.files import Files
from handbook.collect.deploy.github import read_github
from handbook.collect.deploy.gitlab import read_gitlab
from handbook.collect.deploy.pipelines import read_pipelines
from handbook.model.delivery import Job, Workflow
from handbook.model.source import Spot

_ROUNDS = 3  # of workflows that call workflows
_SCRIPTS = 50


def read_ci(files: Files) -> tuple[Workflow, ...]:
    """Return the workflows of every system that is found."""
    found = [*read_github(files), *read_gitlab(files), *read_pipelines(files)]
    found += read_cloudbuild(files)
    found = [_following(workflow, files) for workflow in found]
    for _ in range(_ROUNDS):
        found = _calling(found)
    return tuple(found)


def _calling(workflows: list[Workflow]) -> list[Workflow]:
    """A job deploys, or goes back, when the workflow that it calls does."""
    by_name = {posixpath.basename(workflow.spot.path): workflow for workflow in workflows}

    def of(job: Job) -> Job:
        if not job.calls.startswith("./"):
            return job
        called = by_name.get(posixpath.basename(job.calls.partition("@")[0]))
        inner = [one for one in called.jobs if one.deploy] if called else []
        if not inner:
            return job
        back = next((one.undoes for one in inner if one.undoes), None)
        place = Spot(job.spot.path, job.spot.line, f"{job.name}: uses {job.calls}"[:160])
        return replace(job, deploy=job.deploy or place, undoes=job.undoes or back)

    return [replace(item, jobs=tuple(of(job) for job in item.jobs)) for item in workflows]


def _following(workflow: Workflow, files: Files) -> Workflow:
    """A job goes back when a script of the repo that it runs to deploy does."""
    return replace(workflow, jobs=tuple(_into_scripts(job, files) for job in workflow.jobs))


def _into_scripts(job: Job, files: Files) -> Job:
    if job.deploy is None or job.undoes:
        return job
    paths = [path for name in scripts(job.steps)[:_SCRIPTS] for path in _places(name, files)]
    back = (undoes_in(path, files.text(path)) for path in paths if files.tree.exists(path))
    return replace(job, undoes=next((spot for spot in back if spot), None))


def _places(name: str, files: Files) -> tuple[str, ...]:
    found = (posixpath.normpath(path) for path in (files.service.inside(name), name))
    return tuple(dict.fromkeys(path for path in found if not path.startswith("..")))
