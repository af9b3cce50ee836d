"""The way of a change, from what starts it to each environment, as a Mermaid diagram."""

from __future__ import annotations

from markupsafe import Markup

from handbook.model.delivery import Job, Trigger, Workflow
from handbook.model.deploy import Deploy
from handbook.render.highlight import mermaid
from handbook.render.pipelines import label

_JOBS = 30
_EVENTS = {
    "push": "push",
    "tag": "tag",
    "pull_request": "pull request",
    "schedule": "schedule",
    "manual": "somebody starts it",
    "call": "another workflow",
    "after": "another workflow ended",
    "release": "release",
    "elsewhere": "a trigger set up elsewhere",
}
_STARTS = ("push", "tag", "release", "manual", "schedule", "after")


def started_by(workflow: Workflow) -> list[str]:
    """Say in words what starts a workflow."""
    return list(dict.fromkeys(_words(trigger) for trigger in workflow.triggers))


def _words(trigger: Trigger) -> str:
    event = _EVENTS.get(trigger.event, trigger.event.replace("_", " "))
    if trigger.branches and trigger.event in ("push", "pull_request", "tag"):
        to = " of " if trigger.event == "tag" else " to "
        return event + to + ", ".join(trigger.branches[:3])
    return event


def diagram(deploy: Deploy) -> Markup:
    """Return the diagram of the workflows that deploy by themselves; "" if none does."""
    flows = [
        flow
        for flow in deploy.workflows
        if any(job.deploy for job in flow.jobs) and any(True for _ in flow.on(*_STARTS))
    ]
    called = {job.calls.rpartition("/")[2] for flow in flows for job in flow.jobs if job.calls}
    flows = [flow for flow in flows if flow.spot.path.rpartition("/")[2] not in called] or flows
    lines: list[str] = []
    for number, flow in enumerate(flows[:3]):
        lines += _flow(flow, f"f{number}")
    if not lines:
        return Markup("")
    text = "\n".join(["flowchart LR", *lines])
    return Markup(mermaid(text))  # noqa: S704 - mermaid() escapes


def _flow(flow: Workflow, prefix: str) -> list[str]:
    jobs = _relevant(flow)[:_JOBS]
    if not jobs:
        return []
    nodes = {job.name: f"{prefix}j{number}" for number, job in enumerate(jobs)}
    starts = [_words(item) for item in flow.triggers if item.event in _STARTS]
    lines = [f'  {prefix}s(["{label(" or ".join(dict.fromkeys(starts)))}"])']
    for job in jobs:
        where = f" → {job.environment}" if _plain(job) else ""
        shape = ("[[", "]]") if job.deploy else ("[", "]")
        lines.append(f'  {nodes[job.name]}{shape[0]}"{label(job.name + where)}"{shape[1]}')
        needed = [nodes[name] for name in job.needs if name in nodes]
        lines += [f"  {start} --> {nodes[job.name]}" for start in needed or [f"{prefix}s"]]
    return lines


def _plain(job: Job) -> bool:
    """Whether a job's environment says more than its name, and is no expression."""
    return bool(job.environment) and "{" not in job.environment and job.environment != job.name


def _relevant(flow: Workflow) -> list[Job]:
    """The jobs that deploy, and those that they wait for."""
    by_name = {job.name: job for job in flow.jobs}
    wanted: set[str] = set()
    todo = [job.name for job in flow.jobs if job.deploy]
    while todo:
        name = todo.pop()
        if name in by_name and name not in wanted:
            wanted.add(name)
            todo += by_name[name].needs
    return [job for job in flow.jobs if job.name in wanted]
