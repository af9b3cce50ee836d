"""DOC: what is written down about a service, and who answers for it."""

from __future__ import annotations

import re
from typing import ClassVar

from handbook.check.rule import Rule, Verdict
from handbook.model.facts import Absent, Fact, Found
from handbook.model.keydocs import Document, KeyDocs, Part
from handbook.model.people import Owner, Owners
from handbook.model.readiness import Evidence, Level

_SET_UP = re.compile(
    r"set[- ]?up|install|getting started|quick ?-?start|develop|build(?:ing)?\b|usage|"
    r"run(?:ning)?\b|"
    r"how to (?:use|run|start)|try it|local(?:ly)?\b|deploy|bootstrap|prerequisites",
    re.IGNORECASE,
)
_WRITE = (
    "Add a CODEOWNERS file with a line for the whole service, such as "
    "'* @acme/risk-backend @acme/risk-ml'."
)


class MaintainersListed(Rule):
    """Maintainers and owners are listed.

    ## What it does
    Looks for who answers for the service, and whether there is more than one of them.

    ## Why
    Whoever finds a fault at night must know whom to ask, and one name alone is on holiday some
    day. A list in the repo changes with the code, in the same review.

    ## How to fix
    Add a CODEOWNERS file with a line for the whole service that names its team and at least one
    more team or person.

    ## Equivalents
    CODEOWNERS of any forge, OWNERS (Kubernetes or Chromium), MAINTAINERS in any form, the owner
    in `catalog-info.yaml`. The author of a package is not taken for its maintainer.
    """

    code = "DOC03"
    version = 2
    level: ClassVar[Level] = "bronze"
    statements = (10,)
    page = "build/ownership/#maintainers"
    never = ("na",)

    def check(self, owners: Fact[Owners]) -> Verdict:
        """Pass with two names or more for the whole service, warn with one."""
        if not isinstance(owners, Found):
            searched = owners.searched if isinstance(owners, Absent) else ()
            return Verdict("fail", "Nobody is named.", searched=searched, fix=_WRITE)
        answering = [owner for owner in owners.value.owners if owner.answers]
        whole = [owner for owner in answering if owner.whole]
        places = tuple(_place(owner) for owner in (whole or answering))
        searched = owners.value.searched
        if not answering:
            message = "Nobody is named who answers for it, only authors or committers."
            return Verdict("fail", message, searched=searched, fix=_WRITE)
        if not whole:
            message = f"{_names(answering)} answer for parts; nobody for the whole service."
            return Verdict("warn", message, places, fix=_WRITE)
        if len({_slug(owner) for owner in answering}) < 2:
            fix = "Name a second team or person beside it."
            return Verdict("warn", f"Only {_names(answering[:1])} is named.", places, fix=fix)
        return Verdict("pass", f"{_names(answering)} answer for it.", places)


def _slug(owner: Owner) -> str:
    """A team by its name, with or without the organisation that it is in."""
    return (owner.handle or owner.name).rpartition("/")[2].removeprefix("@").lower()


def _place(owner: Owner) -> Evidence:
    mention = next((m for m in owner.mentions if m.whole), owner.mentions[0])
    return Evidence(mention.origin.path, mention.origin.line, owner.handle or owner.name)


def _names(owners: list[Owner]) -> str:
    shown = [owner.handle or owner.name for owner in owners[:4]]
    more = f" and {len(owners) - 4} more" if len(owners) > 4 else ""
    return ", ".join(shown) + more


class SetUp(Rule):
    """The README says how to set the repo up.

    ## What it does
    Looks for a heading on installing, setting up or running, with commands below it.

    ## Why
    The first hour of a new colleague belongs to these lines. Commands that can be copied are
    also the first thing that a tutorial or a CI job can test.

    ## How to fix
    Add a section "Set up" to the README with the commands, from a fresh clone to running tests.

    ## Equivalents
    "Install", "Getting started", "Quick start", "Development", "Running"; CONTRIBUTING or another
    document that the README links to.
    """

    code = "DOC04"
    version = 2
    level: ClassVar[Level] = "bronze"
    statements = (11,)
    page = "build/ownership/#a-readme-that-sets-up"
    never = ("na",)

    def check(self, keydocs: Fact[KeyDocs]) -> Verdict:
        """Pass with commands below such a heading, warn without commands."""
        docs = keydocs.value if isinstance(keydocs, Found) else KeyDocs()
        fix = "Add a section 'Set up' to the README, with commands from clone to passing tests."
        if docs.readme is None:
            return Verdict("fail", "There is no README.", searched=("README*",), fix=fix)
        titled = [part for part in docs.readme.parts if _SET_UP.search(part.title)]
        for part in titled:
            if any(inner.code for inner in docs.readme.below(part)):
                return Verdict(
                    "pass", "Commands are below a heading.", (_heading(docs.readme, part),)
                )
        linked = [item for item in docs.contributing if _links_to(docs.readme, item)]
        told = [item for item in docs.contributing if any(part.code for part in item.parts)]
        if leads := [item for item in linked if item in told]:
            return Verdict("pass", "The README leads to them.", (Evidence(leads[0].path),))
        if titled or linked:
            places = tuple(_heading(docs.readme, part) for part in titled[:3])
            message = "There is a section, but no commands to copy."
            return Verdict("warn", message, places or (Evidence(linked[0].path),), fix=fix)
        places = (Evidence(docs.readme.path),)
        if any(part.code for part in docs.readme.parts):
            message = "There are commands, but no heading says that they set it up."
            return Verdict("warn", message, places, fix=fix)
        message = "The README does not say how to set it up"
        if told:
            fix = f"Link {told[0].path} in the README."
            place = (Evidence(told[0].path),)
            return Verdict("warn", f"{message}, but a document does.", place, fix=fix)
        return Verdict("fail", f"{message}.", places, fix=fix)


def _heading(document: Document, part: Part) -> Evidence:
    return Evidence(document.path, part.line, part.title)


def _links_to(readme: Document, document: Document) -> bool:
    name = document.path.rpartition("/")[2].lower()
    return any(name in link.lower() for part in readme.parts for link in part.links)
