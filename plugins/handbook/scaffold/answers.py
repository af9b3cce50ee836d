"""What is asked before a service is written, and what an answer must be."""

from __future__ import annotations

import keyword
import re
import sys

from msgspec import Struct

from handbook.errors import ScaffoldError

LONGEST = 30
"""Most characters of a name: ``NAME-model-server`` must fit where Kubernetes takes 63."""

_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_HANDLE = re.compile(r"[a-z0-9]+([-_][a-z0-9]+)*")
_TAKEN = frozenset({"test", "tests", "src", "docs", "deploy", "service", "local-model-server"})


class Answers(Struct, frozen=True):
    """What the new service is called, and whose it is; "" where the default will do.

    Attributes:
        name: Name of the repo, such as ``late-delivery``; its package is ``late_delivery``.
        owner: Team that answers for it, such as ``team-logistics``.
        organisation: Where code and images are kept, such as ``acme``.
    """

    name: str
    owner: str = ""
    organisation: str = ""

    def given(self) -> dict[str, str]:
        """Return the answers that need not be asked for."""
        every = {"name": self.name, "owner": self.owner, "organisation": self.organisation}
        return {key: value for key, value in every.items() if value}


def check(answers: Answers) -> None:
    """See that the answers can be used as names of packages, images and teams.

    Raises:
        ScaffoldError: They cannot; every mistake is named.
    """
    problems = [problem for problem in (*_name(answers.name), *_handles(answers)) if problem]
    if problems:
        raise ScaffoldError("\n".join(problems))


def _name(name: str) -> list[str]:
    package = name.replace("-", "_")
    if not _NAME.fullmatch(name):
        wish = "small letters, digits and single hyphens, a letter first: late-delivery"
        return [f"{name!r} cannot be a service's name. Expected {wish}."]
    if len(name) > LONGEST:
        return [f"{name!r} has {len(name)} characters. At most {LONGEST} fit Kubernetes' names."]
    if package in sys.stdlib_module_names or keyword.iskeyword(package) or name in _TAKEN:
        return [f"{name!r} is the name of something else in Python or the repo. Choose another."]
    return []


def _handles(answers: Answers) -> list[str]:
    return [
        f"{value!r} cannot be the {what}. Expected a handle without @, such as {example}."
        for what, value, example in (
            ("owner", answers.owner, "team-logistics"),
            ("organisation", answers.organisation, "acme"),
        )
        if value and not _HANDLE.fullmatch(value)
    ]
