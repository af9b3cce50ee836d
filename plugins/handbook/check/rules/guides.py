"""SHIP04: how to deploy, step by step."""

from __future__ import annotations

import re
from typing import ClassVar

from handbook.check.rule import Rule, Verdict
from handbook.model.deploy import Deploy
from handbook.model.facts import Fact, Found
from handbook.model.keydocs import Document, KeyDocs, Part
from handbook.model.profile import Profile
from handbook.model.readiness import Evidence, Level, Status

_ORDER = ("dev", "stage", "production")
_SECTION = re.compile(
    r"\bdeploy|\broll(?:ing)?[- ]?out|\bgo(?:ing)? live|\bship(?:ping)?\b|\bproduction\b"
    r"|\bstaging\b|\benvironments\b|continuous (?:delivery|deployment)|\bci ?/ ?cd\b",
    re.IGNORECASE,
)
_ABOUT = re.compile(r"deploy|roll-?out|shipping|operations", re.I)
_NOTES = re.compile(r"(?:notes?|changelog|history)[^/]*$|requirements[^/]*/[^/]*\.txt$", re.I)
_STEPS = 3
_WORDS = 15  # of a section that says something
_FIX = "Write `docs/deployment.md` with numbered steps below a heading each for dev, stage, prod."


class DeployGuide(Rule):
    """A guide leads step by step through dev, stage and production.

    ## What it does
    Looks for a document or section on deployment that names the three environments and has its
    steps numbered, or a heading for each environment.

    ## Why
    Whoever deploys at night does not read code. A list of steps is followed, checked and mended;
    what one person knows by heart is repeated wrongly by the next.

    ## How to fix
    Write `docs/deployment.md` with a heading for each environment and numbered steps below it.
    Where a pipeline does it all, write down what starts it, what to look at, and how to go back.

    ## Equivalents
    `DEPLOY.md`, `docs/releasing.md`, a `deploy/README.md`, a section of the README or of a
    runbook. Staging, pre-production, QA and UAT count as stage. Notes on releases do not count.
    """

    code = "SHIP04"
    version = 2
    level: ClassVar[Level] = "silver"
    statements = (19,)
    page = "run/deploy/#the-way-of-a-change"

    def check(
        self, keydocs: Fact[KeyDocs], profile: Fact[Profile], deploy: Fact[Deploy]
    ) -> Verdict:
        """Pass with all three and steps, warn for less, fail for nothing where it is deployed."""
        if isinstance(profile, Found) and not profile.value.runs:
            return Verdict("na", f"It is a {profile.value.kind}: {profile.value.because}.")
        docs = keydocs.value if isinstance(keydocs, Found) else KeyDocs()
        guides = _guides(docs)
        if not guides:
            searched = ("*deploy*", "releasing*", "deploy/README*", "sections of the README")
            status: Status = "fail" if _deploys(profile, deploy) else "warn"
            return Verdict(status, "Nothing says how it is deployed.", (), searched, _FIX)
        best = max(guides, key=_worth)
        named = [name for name in _ORDER if any(name in part.environments for part in best[1])]
        steps = sum(part.steps for part in best[1])
        places = _places(best)
        stepwise = steps >= _STEPS or len(_headed(best[1])) >= 2
        if len(named) == len(_ORDER) and stepwise:
            return Verdict("pass", f"It names all three, with {steps} numbered steps.", places)
        lacking = [name for name in _ORDER if name not in named]
        said = f"does not name {' and '.join(lacking)}" if lacking else "names all three"
        tail = "" if stepwise else " and has neither numbered steps nor a heading for each"
        # A section that only sounds like one may be about something else.
        whole = best[0] in docs.deploy_guides
        what = "The guide" if whole else "What comes nearest to a guide"
        return Verdict("warn", f"{what} {said}{tail}.", places, fix=_FIX)


def _deploys(profile: Fact[Profile], deploy: Fact[Deploy]) -> bool:
    """Whether it says itself that it runs, or the repo deploys it: a Dockerfile alone may not."""
    if isinstance(profile, Found) and profile.value.declared:
        return True
    if not isinstance(deploy, Found):
        return False
    runs = any(
        workload.source in ("kubernetes", "kustomize") for workload in deploy.value.workloads
    )
    return runs or bool(deploy.value.deploy_jobs or deploy.value.gitops)


def _guides(docs: KeyDocs) -> list[tuple[Document, tuple[Part, ...]]]:
    """Whole documents on deployment, and sections of others."""
    found = [
        (item, item.parts)
        for item in docs.deploy_guides
        if not _NOTES.search(item.path) and item.words >= _WORDS
    ]
    readme = (docs.readme,) if docs.readme else ()
    for document in (*readme, *docs.contributing, *docs.runbooks):
        for part in document.parts:
            if part.level > 1 and _SECTION.search(part.title) and not part.title.endswith("?"):
                below = document.below(part)
                if sum(item.words for item in below) >= _WORDS:
                    found.append((document, below))
    return found


def _worth(guide: tuple[Document, tuple[Part, ...]]) -> tuple[bool, bool, bool, int, int]:
    parts = guide[1]
    named = {name for part in parts for name in part.environments}
    about = _ABOUT.search(f"{guide[0].path} {parts[0].title}") is not None
    steps = min(sum(part.steps for part in parts), _STEPS)
    every = len(named) == len(_ORDER)
    return every and steps == _STEPS, every, about, len(named), steps


def _headed(parts: tuple[Part, ...]) -> list[Part]:
    return [part for part in parts if re.search(_TITLE, part.title)]


_TITLE = re.compile(r"\b(?:dev(?:elopment)?|stag(?:e|ing)|pre-?prod\w*|prod(?:uction)?)\b", re.I)


def _places(guide: tuple[Document, tuple[Part, ...]]) -> tuple[Evidence, ...]:
    document, parts = guide
    first = next((part for part in parts if part.title), parts[0])
    shown = [first, *(part for part in _headed(parts) if part is not first)]
    return tuple(Evidence(document.path, part.line, part.title) for part in shown[:6])
