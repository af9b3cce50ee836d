"""DEP04: how long what a service runs on will be supported."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import ClassVar

from msgspec import Struct
from msgspec.structs import replace

from handbook.check.cycles import Cycle, cycle_of, cycles_of_image, newest_allowed
from handbook.check.rule import Rule, Verdict
from handbook.check.rules.shared import at
from handbook.model.dependencies import Dependencies, Runtimes, VersionUse
from handbook.model.deploy import Deploy
from handbook.model.facts import Fact, Found
from handbook.model.readiness import Evidence, Level

_SOON = timedelta(days=183)
_NAMED = 4  # products named in one sentence
_WITHIN = {"go"}  # what compiles a program puts its own library into it
_PINNED = {"django": "django", "tensorflow": "tensorflow"}  # dependencies with cycles of their own
_FIX = "Move to a cycle that is supported for a year or more, and note its end in the README."


class _Use(Struct, frozen=True):
    """A cycle in use; ``sure``: it runs so, and not only on machines of developers and tests."""

    cycle: Cycle
    sure: bool
    place: Evidence


class LongSupport(Rule):
    """What it runs on is supported, and will be for a while.

    ## What it does
    Looks up when support ends for the languages, base images and databases that the repo names,
    in a table that comes with the handbook.

    ## Why
    After that day a security hole stays open, and the move to the next version is made in a
    hurry. Half a year before it, the move is a task like any other.

    ## How to fix
    Take the newest long-term cycle of the base image, the language, the database. Let Renovate or
    Dependabot propose it, and note the end of support in the README.

    ## Equivalents
    Tags of images in Dockerfiles, compose files and manifests; `requires-python` and Poetry's
    `python` where they leave no supported version; `.python-version`, `.nvmrc`, `.tool-versions`;
    versions in CI; a pinned Django or TensorFlow. Of what only developers, tests or an earlier
    stage of a build run on, an end is a warning. For Debian, the end of its long-term support
    counts, which is free of charge; for Ubuntu, that of standard support. An image by its digest
    alone, and a tag such as `python:3`, say no version and are not judged.
    """

    code = "DEP04"
    version = 2
    level: ClassVar[Level] = "bronze"
    statements = (48,)
    page = "plan/choosing-tools/#support"

    def check(
        self,
        runtimes: Fact[Runtimes],
        dependencies: Fact[Dependencies],
        deploy: Fact[Deploy],
        today: str,
    ) -> Verdict:
        """Fail past the end, warn half a year before it and for what is not shipped."""
        uses = list(_uses(runtimes, dependencies, deploy))
        if not uses:
            searched = ("Dockerfile", "compose.yaml", "requires-python", ".python-version", "CI")
            return Verdict("na", "Nothing that it names has a known end of support.", (), searched)
        over = [use for use in uses if use.cycle.end <= today]
        sure = [use for use in over if use.sure]
        if sure:
            return Verdict("fail", _said(sure, "has had no support since"), _at(sure), fix=_FIX)
        until = _next_change(uses, today)
        soon = [use for use in uses if today < use.cycle.end and _before(use.cycle.end) <= today]
        if over:
            message = _said(over, "has had no support since")
            return Verdict("warn", message, _at(over), fix=_FIX, until=until)
        if soon:
            return Verdict("warn", _said(soon, "has support until"), _at(soon), (), _FIX, until)
        first = min(uses, key=lambda use: use.cycle.end)
        message = f"{first.cycle.title} is the first to end, on {first.cycle.end}."
        return Verdict("pass", message, _at(uses), until=until)


def _uses(
    runtimes: Fact[Runtimes], dependencies: Fact[Dependencies], deploy: Fact[Deploy]
) -> Iterator[_Use]:
    if isinstance(runtimes, Found):
        # Where manifests or CI deploy it, a compose file is for the machines of developers.
        elsewhere = _has_manifests(deploy) or _deployed_without_compose(deploy)
        shipping = {"runs"} if elsewhere else {"runs", "beside"}
        for image in runtimes.value.images:
            for cycle in cycles_of_image(image.image):
                built_in = image.part == "builds" and cycle.product in _WITHIN
                yield _Use(cycle, image.part in shipping or built_in, at(image.spot))
        for version in _versions(runtimes.value.versions):
            if found := _of_version(version):
                yield _Use(found, version.said == "needs", at(version.spot))
    if isinstance(deploy, Found):
        yield from _deployed(deploy.value)
    if isinstance(dependencies, Found):
        for item in dependencies.value.named(*_PINNED):
            newest = newest_allowed(_PINNED[item.name], item.wanted) if item.wanted else None
            if newest and item.ecosystem == "Python":
                yield _Use(newest, item.group == "run", at(item.spot))


def _has_manifests(deploy: Fact[Deploy]) -> bool:
    workloads = deploy.value.workloads if isinstance(deploy, Found) else ()
    return any(workload.source in ("kubernetes", "kustomize", "helm") for workload in workloads)


def _deployed_without_compose(deploy: Fact[Deploy]) -> bool:
    """Whether CI deploys it, and no step of that names compose."""
    jobs = [job for _, job in deploy.value.deploy_jobs] if isinstance(deploy, Found) else []
    texts = (text for job in jobs for step in job.steps for text in (step.text, step.uses))
    return bool(jobs) and not any("compose" in text for text in texts)


def _versions(versions: tuple[VersionUse, ...]) -> Iterator[VersionUse]:
    """Give what manifests and files say, and of each language all that CI runs on as one.

    An old version that one workflow publishes with says little where others test on a new one.
    """
    ci: dict[str, VersionUse] = {}
    for item in versions:
        if item.said != "ci":
            yield item
            continue
        before = ci.get(item.language)
        wanted = (*(before.wanted if before else ()), *item.wanted)
        shown = max(filter(None, (before, item)), key=_newest)  # the line that names the newest
        ci[item.language] = replace(shown, wanted=wanted)
    yield from ci.values()


def _newest(version: VersionUse) -> str:
    found = _of_version(version)
    return found.end if found else ""


def _deployed(deploy: Deploy) -> Iterator[_Use]:
    for workload in deploy.workloads:
        if workload.source == "compose":
            continue  # read as such
        for container in workload.containers:
            for cycle in cycles_of_image(container.image):
                yield _Use(cycle, True, at(container.image_spot or container.spot))


def _of_version(version: VersionUse) -> Cycle | None:
    if version.said == "needs":
        return newest_allowed(version.language, version.wanted[0])
    found = [cycle_of(version.language, text) for text in version.wanted]
    known = [item for item in found if item]
    if len(known) < len(found):
        return None  # one of them may be newer than the table
    return max(known, key=lambda item: item.end, default=None)


def _said(uses: list[_Use], what: str) -> str:
    named = list(dict.fromkeys(f"{use.cycle.title} {what} {use.cycle.end}" for use in uses))
    more = f"; and {len(named) - _NAMED} more" if len(named) > _NAMED else ""
    return "; ".join(named[:_NAMED]) + more + "."


def _at(uses: list[_Use]) -> tuple[Evidence, ...]:
    return tuple(dict.fromkeys(use.place for use in uses))


def _before(end: str) -> str:
    return (date.fromisoformat(end) - _SOON).isoformat()


def _next_change(uses: list[_Use], today: str) -> str:
    days = [day for use in uses for day in (use.cycle.end, _before(use.cycle.end))]
    return min((day for day in days if day > today), default="")
