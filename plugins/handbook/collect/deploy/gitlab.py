"""GitLab CI: jobs, their rules, environments, and what waits for somebody."""

from __future__ import annotations

import re
from collections.abc import Iterator

from handbook.collect.deploy.commands import deploys, undoes
from handbook.collect.deploy.files import Files
from handbook.collect.deploy.items import Item
from handbook.collect.deploy.people import by_condition
from handbook.model.delivery import Job, Restriction, Step, Trigger, Workflow
from handbook.model.source import Spot

_FILES = (".gitlab-ci.yml", ".gitlab-ci.yaml")
_RESERVED = frozenset(
    {"stages", "variables", "include", "default", "workflow", "image", "services", "cache"}
    | {"before_script", "after_script", "pages", "spec"}
)
_BRANCH = re.compile(
    r"\$CI_COMMIT_(?:BRANCH|REF_NAME)\s*==\s*(?:[\"'](?P<name>[^\"'\n]{1,100})[\"']|(?P<default>\$CI_DEFAULT_BRANCH))"
)
_PATTERN = re.compile(r"\$CI_COMMIT_(?:BRANCH|REF_NAME)\s*=~\s*/(?P<pattern>[^/\n]{1,100})/")
_MOST = 300
_TEXT = 20_000


def read_gitlab(files: Files) -> Iterator[Workflow]:
    """Give the pipelines of the repo, and those that it includes from its own folder for them."""
    paths = [files.service.inside(name) for name in _FILES] + list(_FILES)
    paths += [entry.path for entry in files.tree.under(".gitlab") if "ci" in entry.path]
    for path in [p for p in dict.fromkeys(paths) if p.endswith((".yml", ".yaml"))][:_MOST]:
        if files.tree.exists(path):
            for item in files.objects(path)[:1]:
                yield _workflow(item, path)


def _workflow(item: Item, path: str) -> Workflow:
    named = [
        (key, job)
        for key, job in list(item.pairs.items())[:_MOST]
        if key not in _RESERVED and job.pairs and not key.startswith(".")
    ]
    jobs = tuple(_job(key, _extended(job, item)) for key, job in named)
    branches = tuple(dict.fromkeys(_branches(item.get("workflow", "rules"))))
    trigger = Trigger("push", Spot(path, 1, "pipelines run on each push"), branches)
    return Workflow("GitLab CI", path.rpartition("/")[2], Spot(path, 1), (trigger,), jobs)


def _extended(job: Item, everything: Item) -> Item:
    """Return a job with what it takes over from others of the file, one level."""
    pairs = dict(job.pairs)
    for name in job.get("extends").texts[:20]:
        for key, value in everything.get(name).pairs.items():
            pairs.setdefault(key, value)
    return Item(pairs, job.path, job.line)


def _job(key: str, job: Item) -> Job:
    steps = tuple(_steps(job))
    said = job.get("environment")
    environment = said.text or said.get("name").text
    spot = job.spot(key)
    rules = job.get("rules").items[:_MOST]
    conditions = [rule.get("if").text for rule in rules if rule.get("if")]
    whens = [rule.get("when").text for rule in rules] or [job.get("when").text]
    stopping = said.get("action").text in ("stop", "prepare", "verify", "access")
    return Job(
        name=key,
        spot=spot,
        needs=tuple(_needs(job.get("needs"))),
        condition=" || ".join(conditions)[:1_000],
        environment=environment,
        # One rule that waits for nobody is enough for the job to start by itself.
        manual=all(when in ("manual", "never") for when in whens) and "manual" in whens,
        branches=tuple(dict.fromkeys((*_branches(job.get("rules")), *_only(job.get("only"))))),
        steps=steps,
        deploy=None if stopping else deploys(key, environment, steps, spot),
        undoes=undoes(steps),
        restrictions=tuple(_restrictions(job, steps)),
    )


def _needs(item: Item) -> Iterator[str]:
    for need in item.items[:_MOST]:
        if name := need.text or need.get("job").text:
            yield name


def _steps(job: Item) -> Iterator[Step]:
    for key in ("before_script", "script"):
        said = job.get(key)
        for line in said.items[:_MOST] or ([said] if said.text else []):
            yield Step(line.text[:_TEXT], line.spot(line.text.strip().split("\n")[0]))


def _branches(rules: Item) -> Iterator[str]:
    for rule in rules.items[:_MOST]:
        if rule.get("when").text == "never":
            continue
        for hit in _BRANCH.finditer(rule.get("if").text[:2_000]):
            yield hit["name"] or "(default branch)"
        for hit in _PATTERN.finditer(rule.get("if").text[:2_000]):
            yield f"/{hit['pattern']}/"


def _only(item: Item) -> Iterator[str]:
    for name in (item.texts or item.get("refs").texts)[:_MOST]:
        if name not in ("branches", "tags", "merge_requests", "schedules", "web", "api"):
            yield name


def _restrictions(job: Item, steps: tuple[Step, ...]) -> Iterator[Restriction]:
    for rule in job.get("rules").items[:_MOST]:
        condition = rule.get("if")
        if rule.get("when").text != "never":
            yield from by_condition(condition.text, condition.spot(f"if: {condition.text}"))
    for step in steps:
        yield from by_condition(step.text, step.spot, script=True)
