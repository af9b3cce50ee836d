"""SHIP05: how to get back to the version before."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import ClassVar

from handbook.check.rule import Rule, Verdict
from handbook.check.rules.shared import at
from handbook.check.rules.shipping import PRODUCTION, deploy_of
from handbook.model.deploy import Deploy
from handbook.model.facts import Fact, Found
from handbook.model.keydocs import KeyDocs
from handbook.model.readiness import Evidence, Level
from handbook.model.source import Spot

_BACK = re.compile(
    r"\broll(?:ing)?[- ]?back|\brevert|\bgo(?:ing)? back|\bback out|\bundo\b", re.IGNORECASE
)
_SHOWN = 8


class WayBack(Rule):
    """There is a way back to the version before.

    ## What it does
    Looks for a rollback in what deploys, for a platform that goes back by itself, for a job that
    takes the version to deploy, and for a section on it in the guides.

    ## Why
    At night nobody mends a fault: one goes back, and mends it in the morning. A way back that was
    never written down is looked for while the alarm rings.

    ## How to fix
    Keep what was proven last and apply it when the next version fails, or give the deploying job an
    input for the version. Write down the one command that goes back.

    ## Equivalents
    `kubectl rollout undo`, `helm upgrade --atomic`, Argo Rollouts with an analysis, the circuit
    breaker of ECS, `failure_action: rollback`; Argo CD and Flux, where a reverted commit goes back.
    """

    code = "SHIP05"
    level: ClassVar[Level] = "silver"
    page = "run/deploy/#roll-back"
    never = ("fail",)

    def check(self, deploy: Fact[Deploy], keydocs: Fact[KeyDocs]) -> Verdict:
        """Pass when something goes back, or is written down; warn otherwise."""
        found = deploy_of(deploy)
        if not found.deploy_jobs and not found.gitops:
            return Verdict("na", "Nothing here deploys it, so nothing here goes back.")
        if back := list(dict.fromkeys(_goes_back(found))):
            places = tuple(at(spot) for spot in back[:_SHOWN])
            return Verdict("pass", "Going back to the version before is part of it.", places)
        docs = keydocs.value if isinstance(keydocs, Found) else KeyDocs()
        if written := tuple(_written(docs)):
            return Verdict("pass", "How to go back is written down.", written[:_SHOWN])
        if found.gitops:
            places = tuple(at(item.spot) for item in found.gitops[:3])
            message = f"{found.gitops[0].tool} follows the repo: reverting a commit goes back."
            return Verdict("pass", message, places)
        spots = [job.deploy for _, job in found.deploy_jobs if job.deploy]
        searched = ("jobs that deploy and their scripts", "guides on deployment, runbooks")
        fix = "Write down the command that goes back, and have the pipeline use it."
        places = tuple(at(spot) for spot in spots[:3])
        return Verdict("warn", "Nothing says how to go back.", places, searched, fix)


def _goes_back(found: Deploy) -> Iterator[Spot]:
    for workflow in found.workflows:
        for job in workflow.jobs:
            if job.undoes:
                yield job.undoes
            elif PRODUCTION.search(job.name) is None and _BACK.search(job.name):
                yield job.spot
    for workload in found.objects():
        if workload.rollback:
            yield workload.spot


def _written(docs: KeyDocs) -> Iterator[Evidence]:
    guides = (*docs.deploy_guides, *docs.runbooks, *((docs.readme,) if docs.readme else ()))
    for document in guides:
        for part in document.parts:
            if _BACK.search(part.title):
                yield Evidence(document.path, part.line, part.title)
