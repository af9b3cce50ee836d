"""CircleCI, Azure Pipelines and Jenkins: triggers, jobs, what deploys and who may."""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec.structs import replace

from handbook.collect.deploy.commands import deploys, undoes
from handbook.collect.deploy.files import Files
from handbook.collect.deploy.items import Item
from handbook.collect.deploy.people import by_condition, by_submitter
from handbook.model.delivery import Job, Step, Trigger, Workflow
from handbook.model.source import Spot

_CIRCLE = (".circleci/config.yml", ".circleci/config.yaml")
_AZURE = ("azure-pipelines.yml", "azure-pipelines.yaml", ".azure/azure-pipelines.yml")
_AZURE_FOLDERS = (".pipelines", ".azure", ".azure-pipelines", ".azuredevops", "azure-pipelines")
_AZURE_TASK = re.compile(
    r"^(?:KubernetesManifest|HelmDeploy|AzureWebApp\w*|AzureFunctionApp\w*|AzureContainerApps"
    r"|AzureRmWebAppDeployment|KubectlDeploy)@",
    re.IGNORECASE,
)
_STAGE = re.compile(r"\bstage\s*\(\s*['\"](?P<name>[^'\"\n]{1,100})['\"]\s*\)")
_BRANCH = re.compile(r"\bbranch\s*[:(=]?\s*(?:pattern:\s*)?['\"](?P<name>[^'\"\n]{1,100})['\"]")
_MOST = 300
_TEXT = 20_000


def read_pipelines(files: Files) -> Iterator[Workflow]:
    """Give the pipelines of the service's folder and of the repo's root."""
    readers = [(_CIRCLE, _circle), (_AZURE, _azure)]
    for names, reader in readers:
        for path in dict.fromkeys([*(files.service.inside(n) for n in names), *names]):
            if files.tree.exists(path):
                for item in files.objects(path)[:1]:
                    yield reader(item, path)
    yield from _azure_folders(files)
    for path in dict.fromkeys((files.service.inside("Jenkinsfile"), "Jenkinsfile")):
        if files.tree.exists(path):
            yield _jenkins(files.text(path), path)


def _circle(item: Item, path: str) -> Workflow:
    known = {key: _circle_steps(job) for key, job in item.get("jobs").pairs.items()}
    jobs: list[Job] = []
    for flow in list(item.get("workflows").pairs.values())[:_MOST]:
        waits: set[str] = set()
        for entry in flow.get("jobs").items[:_MOST]:
            name, said = next(iter(entry.pairs.items()), (entry.text, Item(None, path, entry.line)))
            needs = tuple(said.get("requires").texts)
            steps = known.get(name, ())
            called = said.get("name").text or name
            # A job of an orb: what it does is known by its name alone.
            where = said.get("env").text or (name if "/" in name else "")
            if said.get("type").text == "approval" or waits & set(needs):
                waits.add(called)
            jobs.append(
                Job(
                    name=called,
                    spot=entry.spot(called),
                    needs=needs,
                    manual=called in waits,
                    branches=tuple(said.get("filters", "branches", "only").texts),
                    steps=steps,
                    deploy=None
                    if said.get("type").text == "approval"
                    else deploys(called, where, steps, entry.spot(called)),
                    undoes=undoes(steps),
                )
            )
    trigger = Trigger("push", Spot(path, 1, "workflows run on each push"))
    return Workflow("CircleCI", "config", Spot(path, 1), (trigger,), tuple(jobs))


def _circle_steps(job: Item) -> tuple[Step, ...]:
    found = []
    for item in job.get("steps").items[:_MOST]:
        run = item.get("run")
        command = run.get("command") if run.pairs else run
        uses = item.text or next(iter(item.pairs), "")
        text = command.text[:_TEXT]
        first = text.strip().split("\n")[0]
        place = command if command else item
        found.append(Step(text, place.spot(first or uses), "" if text else uses))
    return tuple(found)


def _azure_folders(files: Files) -> Iterator[Workflow]:
    """Give the pipelines in the folders that teams keep them in; templates are none."""
    for folder in _AZURE_FOLDERS:
        for entry in list(files.tree.under(files.service.inside(folder)))[:_MOST]:
            if entry.path.endswith((".yml", ".yaml")) and not entry.path.endswith(_AZURE):
                for item in files.objects(entry.path)[:1]:
                    if item.get("trigger") and (item.get("stages") or item.get("jobs")):
                        yield _azure(item, entry.path)


def _azure(item: Item, path: str) -> Workflow:
    said = item.get("trigger")
    branches = said.get("branches")
    include = tuple((branches.get("include") if branches.pairs else said).texts)
    triggers = () if include == ("none",) else (Trigger("push", said.spot("trigger"), include),)
    jobs = tuple(_azure_jobs(item))
    return Workflow("Azure", path.rpartition("/")[2], Spot(path, 1), triggers, jobs)


def _azure_jobs(item: Item) -> Iterator[Job]:
    for stage in item.get("stages").items[:_MOST] or [item]:
        for job in stage.get("jobs").items[:_MOST] or [stage]:
            name = (job.get("deployment") or job.get("job") or stage.get("stage")).text or "steps"
            inner = [
                job.get("strategy", kind, "deploy") for kind in ("runOnce", "rolling", "canary")
            ]
            listed = [one for part in (job, *inner) for one in part.get("steps").items[:_MOST]]
            steps = tuple(_azure_step(one) for one in listed)
            environment = job.get("environment")
            condition = (job.get("condition") or stage.get("condition")).text
            place = job.spot(name)
            named = environment.text or environment.get("name").text
            deploy = place if job.get("deployment") else deploys(name, named, steps, place)
            tasks = [step.spot for step in steps if _AZURE_TASK.search(step.uses)]
            yield Job(
                name=name,
                spot=place,
                condition=condition,
                environment=named,
                steps=steps,
                deploy=deploy or next(iter(tasks), None),
                undoes=undoes(steps),
                restrictions=tuple(by_condition(condition, place)),
            )


def _azure_step(item: Item) -> Step:
    run = next((item.get(k) for k in ("script", "bash", "pwsh", "powershell") if item.get(k)), item)
    uses = item.get("task").text
    text = run.text[:_TEXT]
    return Step(text, run.spot(text.strip().split("\n")[0] or uses), uses)


def _jenkins(text: str, path: str) -> Workflow:
    """Read a Jenkinsfile as text: a stage is a job, from its name to the next one's."""
    lines = text[: _TEXT * 10]
    starts = list(_STAGE.finditer(lines))[:_MOST]
    jobs = []
    for number, hit in enumerate(starts):
        end = starts[number + 1].start() if number + 1 < len(starts) else len(lines)
        body = lines[hit.start() : end]
        line = lines.count("\n", 0, hit.start()) + 1
        spot = Spot(path, line, f"stage {hit['name']}")
        steps = (Step(body[:_TEXT], Spot(path, line - 1, spot.text)),)
        found = deploys(hit["name"], "", steps, spot)
        waiting = re.search(r"\binput\s*(?:\{|\(|message|['\"])", body)
        jobs.append(
            Job(
                name=hit["name"],
                spot=spot,
                manual=waiting is not None,
                branches=tuple(branch["name"] for branch in _BRANCH.finditer(body)),
                steps=(replace(steps[0], spot=spot),),
                deploy=found,
                undoes=undoes(steps),
                restrictions=tuple(by_submitter(body, spot)),
            )
        )
    trigger = Trigger("push", Spot(path, 1, "runs on each push"))
    return Workflow("Jenkins", "Jenkinsfile", Spot(path, 1), (trigger,), tuple(jobs))
