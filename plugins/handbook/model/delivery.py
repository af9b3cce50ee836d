"""How a change gets to where it runs: workflows of CI, and what in a cluster follows a repo."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from msgspec import Struct

from handbook.model.source import Spot


class Trigger(Struct, frozen=True):
    """What starts a workflow: "push", "tag", "pull_request", "schedule", "manual", "call" …

    ``branches`` are patterns as written, () for any; ``ignored`` are those left out.
    """

    event: str
    spot: Spot
    branches: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()


class Step(Struct, frozen=True):
    """A step of a job: what it runs (the start of the script) or the action it uses."""

    text: str
    spot: Spot
    uses: str = ""
    condition: str = ""


class Restriction(Struct, frozen=True):
    """Something that keeps people from starting a job.

    ``people`` are those let through, as written, () where a group or a setting elsewhere decides.
    ``how``: "actor", "submitter", "user list", "approval".
    """

    how: str
    people: tuple[str, ...]
    spot: Spot


class Job(Struct, frozen=True):
    """A job of a workflow. ``deploy`` is the step or line that deploys, None for other jobs.

    ``condition`` as written. ``calls`` is the workflow of this repo that it runs. ``manual``:
    somebody has to press a button. ``environment`` as written. ``undoes``: the line that goes
    back to an older version. ``branches``: those its own rules limit it to.
    """

    name: str
    spot: Spot
    needs: tuple[str, ...] = ()
    condition: str = ""
    environment: str = ""
    calls: str = ""
    manual: bool = False
    branches: tuple[str, ...] = ()
    steps: tuple[Step, ...] = ()
    deploy: Spot | None = None
    undoes: Spot | None = None
    restrictions: tuple[Restriction, ...] = ()


class Workflow(Struct, frozen=True):
    """A file of CI. ``system``: "GitHub Actions", "GitLab CI", "CircleCI", "Jenkins", "Azure",
    "Cloud Build"."""

    system: str
    name: str
    spot: Spot
    triggers: tuple[Trigger, ...] = ()
    jobs: tuple[Job, ...] = ()

    def on(self, *events: str) -> Iterator[Trigger]:
        """Give its triggers of these events."""
        return (trigger for trigger in self.triggers if trigger.event in events)


class GitOps(Struct, frozen=True):
    """Something in a cluster that follows a repo. ``auto``: it takes over changes by itself."""

    tool: Literal["Argo CD", "Flux", "Fleet"]
    name: str
    auto: bool
    spot: Spot
    path: str = ""
