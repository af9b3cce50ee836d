"""GitHub Actions: triggers, jobs, steps, what deploys and who may."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from handbook.collect.deploy.commands import REMOTE, deploys, undoes
from handbook.collect.deploy.files import Files
from handbook.collect.deploy.items import Item
from handbook.collect.deploy.people import GATE, LISTS, by_approvers, by_condition
from handbook.model.delivery import Job, Restriction, Step, Trigger, Workflow
from handbook.model.source import Spot

FOLDER = ".github/workflows"
_EVENTS = {
    "workflow_dispatch": "manual",
    "repository_dispatch": "manual",
    "workflow_call": "call",
    "workflow_run": "after",
    "pull_request_target": "pull_request",
}
_PROPOSED = ("pull_request", "issue_comment", "merge_group")
_MOST = 200
_TEXT = 20_000


def read_github(files: Files) -> Iterator[Workflow]:
    """Give the workflows of the repo, and of the service's folder where that is not its root."""
    folders = dict.fromkeys((files.service.inside(FOLDER), FOLDER))
    for folder in folders:
        for entry in list(files.tree.under(folder))[:_MOST]:
            if entry.path.endswith((".yml", ".yaml")):
                for item in files.objects(entry.path)[:1]:
                    yield _workflow(item, entry.path)


def _workflow(item: Item, path: str) -> Workflow:
    name = item.get("name").text or path.rpartition("/")[2]
    jobs = tuple(
        _job(key, job, f"{name} {path}")
        for key, job in list(item.get("jobs").pairs.items())[:_MOST]
    )
    triggers = tuple(_triggers(item.get("on") or item.get("true")))
    if triggers and all(trigger.event in _PROPOSED for trigger in triggers):
        jobs = tuple(replace(job, deploy=None) for job in jobs)  # a preview of what is proposed
    return Workflow("GitHub Actions", name, Spot(path, 1, name), triggers, jobs)


def _triggers(item: Item) -> Iterator[Trigger]:
    for event in item.texts[:_MOST]:
        yield Trigger(_EVENTS.get(event, event), item.spot(f"on: {event}"))
    for event, said in list(item.pairs.items())[:_MOST]:
        branches = tuple(said.get("branches").texts[:_MOST])
        ignored = tuple(said.get("branches-ignore").texts[:_MOST])
        shown = ", ".join(branches)
        spot = said.spot(f"{event}: {shown}" if shown else event)
        if event == "push" and said.get("tags") and not branches:
            yield Trigger("tag", spot, tuple(said.get("tags").texts[:_MOST]))
            continue
        yield Trigger(_EVENTS.get(event, event), spot, branches, ignored)


def _job(key: str, job: Item, flow: str) -> Job:
    steps = tuple(_step(item) for item in job.get("steps").items[:_MOST])
    name = job.get("name").text
    said = job.get("environment")
    environment = said.text or said.get("name").text
    calls = job.get("uses").text
    spot = job.spot(f"job {key}")
    condition = job.get("if").text
    ours = calls.startswith("./")  # what it does is known from there
    where = environment or job.get("with", "environment").text or (calls if not ours else "")
    deploy = deploys(f"{key} {name}", where, steps, spot, flow)
    return Job(
        name=key,
        spot=spot,
        needs=tuple(job.get("needs").texts[:_MOST]),
        condition=condition,
        environment=environment or job.get("with", "environment").text,
        calls=calls,
        steps=steps,
        deploy=deploy,
        undoes=undoes(steps),
        restrictions=tuple(_restrictions(job, steps)),
    )


def _step(item: Item) -> Step:
    run, uses = item.get("run"), item.get("uses").text
    if not run and REMOTE.search(uses):  # what it runs on a machine elsewhere
        run = item.get("with", "script") or item.get("with", "command")
    spot = (run or item.get("uses") or item).spot(run.text.strip().split("\n")[0] or uses)
    return Step(run.text[:_TEXT], spot, uses, item.get("if").text)


def _restrictions(job: Item, steps: tuple[Step, ...]) -> Iterator[Restriction]:
    said = job.get("if")
    yield from by_condition(said.text, said.spot(f"if: {said.text}"))
    for step, item in zip(steps, job.get("steps").items, strict=False):
        condition = item.get("if")
        yield from by_condition(condition.text, condition.spot(f"if: {condition.text}"))
        yield from by_condition(step.text, step.spot, script=True)
        for key in LISTS if GATE.search(step.uses) else ():
            if given := item.get("with", key):
                yield from by_approvers(given.text, given.spot(f"{key}: {given.text}"))
