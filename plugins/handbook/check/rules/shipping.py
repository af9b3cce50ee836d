"""SHIP01, SHIP02, SHIP03: how a change gets to where it runs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import ClassVar

from handbook.check.rule import Rule, Verdict
from handbook.check.rules.shared import at
from handbook.model.delivery import Job, Restriction, Workflow
from handbook.model.deploy import Deploy
from handbook.model.facts import Fact, Found
from handbook.model.profile import Profile
from handbook.model.readiness import Evidence, Level
from handbook.model.source import Spot

_LONG_LIVED = re.compile(
    r"^(?:develop|development|dev|integration|int|staging|stage|stg|uat|qa|test|testing|next"
    r"|pre-?prod|prod|production|prd|live|sandbox)(?:/\*{1,2})?$",
    re.IGNORECASE,
)
_TRUNK_TOO = re.compile(r"^(?:dev|develop|development|next)$", re.IGNORECASE)
_TRUNKS = frozenset({"main", "master", "trunk", "(default branch)"})
_REF = re.compile(
    r"(?:github\.ref\s*==\s*['\"]refs/heads/|github\.ref_name\s*==\s*['\"])(?P<name>[\w./-]{1,100})['\"]"
)
PRODUCTION = re.compile(r"(?:^|[^a-z])(?:prod|production|prd|live)(?:$|[^a-z])", re.IGNORECASE)
_CI = (".github/workflows/", ".gitlab-ci.yml", ".circleci/config.yml", "Jenkinsfile", "Azure")
_SHOWN = 8


def deploy_of(fact: Fact[Deploy]) -> Deploy:
    """Return what is known of the deployment, empty if nothing is."""
    return fact.value if isinstance(fact, Found) else Deploy()


class Trunk(Rule):
    """Work happens on the trunk.

    ## What it does
    Looks which branches CI runs for: pushes, jobs that are limited to a branch, conditions on a
    branch. A branch that stands beside the trunk for good, such as `develop` or `staging`, is
    named. Branches of releases and of pull requests are left alone.

    ## Why
    A change that waits on a branch collects conflicts and surprises. What runs in production is
    then another thing than what everybody works on.

    ## How to fix
    Run CI for pushes to `main` and for pull requests. Deploy to stage and production from the same
    commit, one after the other, in place of branches that are called after them.

    ## Equivalents
    `main`, `master`, `trunk`, or any single branch. GitHub Actions, GitLab CI, CircleCI, Jenkins
    and Azure Pipelines.
    """

    code = "SHIP01"
    version = 2
    level: ClassVar[Level] = "silver"
    statements = (5,)
    page = "build/trunk/#one-branch"

    def check(self, deploy: Fact[Deploy]) -> Verdict:
        """Pass with the trunk only, warn with other branches that stay."""
        workflows = deploy_of(deploy).workflows
        if not workflows:
            return Verdict("na", "There is no CI that is read to tell branches from.", searched=_CI)
        branches = dict(_branches(workflows))
        long_lived = [name for name in branches if _LONG_LIVED.match(name)]
        # One branch for everything is the trunk, whatever it is called.
        trunks = [name for name in branches if name in _TRUNKS]
        if len(long_lived) == 1 and not trunks and _TRUNK_TOO.match(long_lived[0]):
            trunks, long_lived = long_lived, []
        if long_lived:
            places = tuple(at(branches[name]) for name in long_lived[:_SHOWN])
            names = ", ".join(long_lived[:_SHOWN])
            fix = "Deploy each environment from the trunk, and do away with the other branches."
            return Verdict("warn", f"CI works for branches that stay: {names}.", places, fix=fix)
        seen = tuple(at(branches[name]) for name in trunks[:_SHOWN])
        places = seen or tuple(at(item.spot) for item in workflows[:3])
        named = ", ".join(trunks or list(branches)[:3]) or "every branch alike"
        return Verdict("pass", f"CI runs for {named}.", places)


def _branches(workflows: Iterable[Workflow]) -> Iterator[tuple[str, Spot]]:
    found: dict[str, Spot] = {}
    for workflow in workflows:
        for trigger in workflow.on("push", "pull_request"):
            for name in trigger.branches:
                found.setdefault(name.removeprefix("refs/heads/"), trigger.spot)
        for job in workflow.jobs:
            for name in (*job.branches, *_REF.findall(job.condition)):
                found.setdefault(name, job.spot)
            for step in job.steps:
                for name in _REF.findall(step.condition):
                    found.setdefault(name, step.spot)
    return iter(found.items())


class AnybodyDeploys(Rule):
    """Deploying is not tied to particular people.

    ## What it does
    Looks at the jobs that deploy, and at those they wait for: conditions on who started them,
    lists of people in scripts, approvals by name. Programs may be named.

    ## Why
    A trigger that only one person may pull stops the company when that person sleeps, and teaches
    everyone else that releasing is not their business.

    ## How to fix
    Take the names out. Let whoever may merge deploy, and get safety from tests, a rollout in
    steps, and a quick way back.

    ## Equivalents
    `github.actor`, `GITLAB_USER_LOGIN`, `submitter` in a Jenkinsfile, `approvers` of a step;
    approval by a team or by an environment's reviewers counts half.
    """

    code = "SHIP02"
    version = 2
    level: ClassVar[Level] = "bronze"
    statements = (6,)
    page = "build/trunk/#safety"

    def check(self, deploy: Fact[Deploy]) -> Verdict:
        """Fail with people by name, warn with an approval, pass with neither."""
        found = deploy_of(deploy)
        jobs = found.deploy_jobs
        if not jobs and not found.gitops:
            message = "Nothing here deploys it."
            return Verdict("na", message, searched=(*_CI, "Argo CD, Flux, Fleet"))
        limits = list(dict.fromkeys(_restrictions(jobs)))
        named = [item for item in limits if item.people]
        if named:
            people = list(dict.fromkeys(name for item in named for name in item.people))
            message = f"Only {', '.join(people[:5])} can make it deploy."
            fix = "Let whoever may merge deploy: take the names out of the condition."
            return Verdict("fail", message, tuple(at(item.spot) for item in named), fix=fix)
        if waits := (*limits, *found.reviewers):
            message = "It waits until somebody approves."
            fix = "Ask for the review before the merge, and deploy what is merged."
            return Verdict("warn", message, tuple(at(item.spot) for item in waits), fix=fix)
        places = [job.deploy for _, job in jobs if job.deploy]
        places += [item.spot for item in found.gitops]
        message = "Whoever may merge, or start the job, deploys."
        return Verdict("pass", message, tuple(at(spot) for spot in places[:_SHOWN]))


def _restrictions(jobs: Iterable[tuple[Workflow, Job]]) -> Iterator[Restriction]:
    for workflow, job in jobs:
        by_name = {one.name: one for one in workflow.jobs}
        todo, seen = [job.name], set[str]()
        while todo:
            name = todo.pop()
            if name in seen or name not in by_name:
                continue
            seen.add(name)
            yield from by_name[name].restrictions
            todo += by_name[name].needs


class DeployWhenDone(Rule):
    """What is done is deployed, without waiting for anybody.

    ## What it does
    Looks for a job that deploys after a push to the trunk, or for a cluster that follows the repo.
    Where production is named, it is production that counts.

    ## Why
    Ten changes that are deployed together break together, and nobody knows which one it was. What
    is deployed on its own, minutes after it was written, is mended by whoever still remembers it.

    ## How to fix
    Start the deployment in the workflow of the trunk: `on: push: branches: [main]`, dev first, then
    stage, then production, each after the one before has proven itself.

    ## Equivalents
    GitHub Actions, GitLab CI, CircleCI, Jenkins, Azure Pipelines; Argo CD with `automated`, Flux,
    Fleet. A button, a tag or a release counts half.
    """

    code = "SHIP03"
    version = 2
    level: ClassVar[Level] = "silver"
    statements = (7,)
    page = "build/trunk/#pipeline"

    def check(self, deploy: Fact[Deploy], profile: Found[Profile]) -> Verdict:
        """Pass when the trunk is deployed by itself, warn when somebody has to ask for it."""
        found = deploy_of(deploy)
        if profile.value.kind in ("library", "site"):
            return Verdict("na", f"It is a {profile.value.kind}: it is published, not deployed.")
        followers = [item for item in found.gitops if item.auto]
        jobs = found.deploy_jobs
        started = [(flow, job) for flow, job in jobs if _by_itself(flow, job, found.workflows)]
        final = [(flow, job) for flow, job in jobs if _is_production(flow, job)]
        if followers and not final:
            places = tuple(at(item.spot) for item in followers[:_SHOWN])
            return Verdict("pass", f"{followers[0].tool} takes over what is merged.", places)
        reached = any(pair in started for pair in final) if final else not _short_of(found, started)
        reached = reached and not _branch_of_production(started)
        if started and reached:
            return Verdict("pass", "What is merged is deployed by itself.", _ways(started))
        if jobs or found.gitops:
            return _waiting(found, started)
        return _undeployed(found, profile.value)


def _branch_of_production(started: list[tuple[Workflow, Job]]) -> bool:
    """Whether what is merged to the trunk has to be merged to a branch of production, too."""
    names = {name for flow, _ in started for on in flow.on("push") for name in on.branches}
    return any(PRODUCTION.search(name) and _LONG_LIVED.match(name) for name in names)


def _short_of(found: Deploy, started: list[tuple[Workflow, Job]]) -> bool:
    """Whether there is a production that none of these jobs is for, as all of them say."""
    places = [job.environment for _, job in started]
    known = any(PRODUCTION.search(item.name) for item in found.environments)
    return known and all(place and "{" not in place for place in places)


def _waiting(found: Deploy, started: list[tuple[Workflow, Job]]) -> Verdict:
    fix = "Deploy after each push to the trunk, one environment after the other."
    manual = [item for item in found.gitops if not item.auto]
    if manual and not found.deploy_jobs:
        fix = "Set `syncPolicy: automated`."
        message = f"{manual[0].tool} waits until somebody has it take over a change."
        return Verdict("warn", message, tuple(at(item.spot) for item in manual), fix=fix)
    if all(any(True for _ in flow.on("elsewhere")) for flow, _ in found.deploy_jobs):
        message = "What starts the deployment is set up outside the repo."
        fix = "Keep the trigger in the repo, or follow the repo with Argo CD or Flux."
        return Verdict("warn", message, _ways(found.deploy_jobs), fix=fix)
    rest = [pair for pair in found.deploy_jobs if pair not in started] or started
    message = "Production waits for somebody." if started else "It is deployed when somebody asks."
    return Verdict("warn", message, _ways(rest), fix=fix)


def _undeployed(found: Deploy, profile: Profile) -> Verdict:
    workloads = [
        item
        for item in found.objects()
        if item.source not in ("compose", "procfile") and item.kind != "Pod"  # a tool of people
    ]
    searched = (*_CI, "Argo CD, Flux, Fleet")
    if not workloads:
        return Verdict("na", "Nothing here says how it is deployed.", searched=searched)
    places = tuple(at(item.spot) for item in workloads[:3])
    fix = "Add a job that applies the manifests after each push to the trunk."
    if profile.declared and found.workflows:
        return Verdict("fail", "CI tests it and deploys nothing.", places, searched, fix)
    message = "It has manifests, and nothing here applies them."
    return Verdict("warn", message, places, searched, fix)


def _is_production(workflow: Workflow, job: Job) -> bool:
    name = workflow.spot.path.rpartition("/")[2]
    return any(PRODUCTION.search(text) for text in (job.environment, job.name, name))


def _by_itself(workflow: Workflow, job: Job, workflows: tuple[Workflow, ...]) -> bool:
    """Whether a push to a branch starts a job, without anybody's doing."""
    if job.manual or re.search(
        r"event_name\s*==\s*['\"](?:workflow_dispatch|release)", job.condition
    ):
        return False
    by_name = {one.name: one for one in workflow.jobs}
    if any(by_name[name].manual for name in job.needs if name in by_name):
        return False
    if any(True for _ in workflow.on("push", "after")):
        return True
    if any(True for _ in workflow.on("call")):
        name = workflow.spot.path.rpartition("/")[2]
        return any(
            _by_itself(other, caller, ())
            for other in workflows
            for caller in other.jobs
            if caller.calls.endswith(name) and other != workflow
        )
    return False


def _ways(jobs: Iterable[tuple[Workflow, Job]]) -> tuple[Evidence, ...]:
    """What starts each job, and the line that deploys."""
    starts = [
        trigger.spot
        for flow, _ in jobs
        for trigger in flow.triggers
        if trigger.event != "pull_request"
    ]
    spots = [*starts, *(job.deploy for _, job in jobs if job.deploy)]
    return tuple(at(spot) for spot in dict.fromkeys(spots))[:_SHOWN]
