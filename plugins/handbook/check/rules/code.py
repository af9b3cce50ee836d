"""CODE: how the service's own code is written."""

from __future__ import annotations

import re
from typing import ClassVar

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from handbook.check.rule import Rule, Verdict
from handbook.check.rules.shared import at
from handbook.model.facts import Absent, Fact, Found, Origin
from handbook.model.package import PackageInfo
from handbook.model.readiness import Evidence, Level, Status
from handbook.model.source import Function, Source

PYTHON_ENDS = {
    "2.7": "2020-01-01",
    "3.6": "2021-12-23",
    "3.7": "2023-06-27",
    "3.8": "2024-10-07",
    "3.9": "2025-10-31",
    "3.10": "2026-10-31",
    "3.11": "2027-10-31",
    "3.12": "2028-10-31",
    "3.13": "2029-10-31",
    "3.14": "2030-10-31",
}
"""Of each version of Python: the day from which it gets no more security fixes.

Source: Python Developer's Guide, "Status of Python versions".
"""

_IMAGE = re.compile(r"(?:^|/)python:(\d+)(?:\.(\d+))?")
_NO_PYTHON = "It has no Python source of its own."


class HappyPath(Rule):
    """Functions follow the happy path.

    ## What it does
    Looks for functions whose branches and loops are nested more than three deep, and for a long
    `else` after a branch that has already returned.

    ## Why
    A reader follows the normal case straight down the left edge and meets each exception once,
    where it is handled. Deep nesting makes them remember every condition above.

    ## How to fix
    Handle what is exceptional first and return (a guard clause), then write the normal case
    without indentation. Move the inside of a deep loop into a function with a name.

    ## Equivalents
    Any style that keeps nesting shallow. Up to one function in twenty may be an exception.
    """

    code = "CODE02"
    level: ClassVar[Level] = "gold"
    statements = (21,)
    page = "build/python-style/#happy-path"

    def check(self, source: Fact[Source]) -> Verdict:
        """Pass when at most one function in twenty is nested deeply or has a late else."""
        if not isinstance(source, Found) or not source.value.functions:
            return Verdict("na", _NO_PYTHON)
        functions = source.value.functions
        odd = sorted(filter(_winding, functions), key=lambda item: -item.depth)
        count = f"{len(odd)} of {len(functions)} functions"
        places = tuple(at(item.spot) for item in odd)
        if len(odd) * 20 <= len(functions):
            searched = (f"{source.value.files} Python files",)
            return Verdict("pass", f"{count} leave the happy path.", places[:5], searched)
        fix = f"Begin with `{odd[0].name}`: return early for what is exceptional."
        return Verdict("warn", f"{count} are nested deeply or go on in an else.", places, fix=fix)


class TypeHints(Rule):
    """Parameters and results have types.

    ## What it does
    Counts the parameters and results of the service's own functions that are annotated.

    ## Why
    A type says what a comment would have to, and a checker proves it on each commit. In a service
    that handles tensors and records of others, the wrong shape is the most common fault.

    ## How to fix
    Annotate the public functions first, then turn on `mypy --strict` or pyright for one package
    after the other.

    ## Equivalents
    Annotations of any style count. Tests, examples and vendored code are not counted.
    """

    code = "CODE03"
    level: ClassVar[Level] = "silver"
    statements = (22,)
    page = "build/python-style/#types"

    def check(self, source: Fact[Source]) -> Verdict:
        """Pass from 80 % on, warn from 40 %."""
        if not isinstance(source, Found):
            return Verdict("na", _NO_PYTHON)
        functions = source.value.functions
        places = sum(item.annotatable for item in functions)
        if not places:
            return Verdict("na", "It has no Python function with parameters or a result.")
        given = sum(item.annotated for item in functions)
        bare = [item for item in functions if item.annotated < item.annotatable]
        bare.sort(key=lambda item: item.annotated - item.annotatable)
        message = (
            f"{given:,} of {places:,} parameters and results have types ({given / places:.0%})."
        )
        evidence = tuple(at(item.spot) for item in bare[:20])
        if given * 5 >= places * 4:
            return Verdict("pass", message, evidence[:3], (f"{source.value.files} Python files",))
        fix = f"Begin with `{bare[0].name}`, and let a type checker run on each commit."
        status: Status = "warn" if given * 5 >= places * 2 else "fail"
        return Verdict(status, message, evidence, fix=fix)


class NoEndedPython(Rule):
    """It runs on a Python that is maintained.

    ## What it does
    Looks for source that only Python 2 can read, and at the versions that package metadata and
    Dockerfiles ask for.

    ## Why
    Python 2 has had no security fix since January 2020, and libraries have long left it. The same
    happens to each version of Python 3 about five years after its release.

    ## How to fix
    Raise `requires-python` and the base image to a maintained version, and run the tests on it.

    ## Equivalents
    `requires-python`, `python_requires`, Poetry's `python`, the tag of an official `python` image.
    """

    code = "CODE04"
    level: ClassVar[Level] = "bronze"
    statements = (40,)
    page = "plan/choosing-tools/#python-2"

    def check(self, source: Fact[Source], package: Fact[PackageInfo], today: str) -> Verdict:
        """Fail for Python 2, warn for any other version that has ended."""
        info = package.value if isinstance(package, Found) else PackageInfo()
        asked = list(_asked(info))
        old = source.value.python2 if isinstance(source, Found) else ()
        if old:
            fix = "Port the file, or delete it if nothing uses it."
            places = tuple(at(spot) for spot in old)
            return Verdict("fail", f"{len(old)} files need Python 2.", places, fix=fix)
        if isinstance(source, Absent) and not asked:
            return Verdict("na", _NO_PYTHON)
        ended = [(versions, place) for versions, place in asked if _all_ended(versions, today)]
        two = [place for versions, place in ended if versions == ["2.7"]]
        if two:
            return Verdict("fail", "It asks for Python 2.", tuple(two), fix="Move to Python 3.")
        if ended:
            newest = max((versions[-1] for versions, _ in ended), key=_order)
            message = f"Python {newest} has had no security fixes since {PYTHON_ENDS[newest]}."
            fix = "Raise the version and run the tests on it."
            return Verdict("warn", message, tuple(place for _, place in ended), fix=fix)
        until = min((_ends(versions) for versions, _ in asked), default="")
        searched = ("pyproject.toml", "setup.cfg", "Dockerfile", "**/*.py")
        message = "No source needs Python 2, and no version that is asked for has ended."
        return Verdict("pass", message, tuple(place for _, place in asked), searched, until=until)


def _winding(function: Function) -> bool:
    return function.depth > 3 or bool(function.late_else)


def _asked(info: PackageInfo) -> list[tuple[list[str], Evidence]]:
    """The known versions that each manifest or image may run on, oldest first."""
    found = []
    for package in info.packages:
        name, _, wanted = package.requires.partition(" ")
        if name == "Python" and (versions := _allowed(wanted)):
            found.append((versions, _place(package.origin, package.requires)))
    for image in info.images:
        match = _IMAGE.search(image.image)
        version = f"{match[1]}.{match[2] or ('7' if match[1] == '2' else '')}" if match else ""
        if version in PYTHON_ENDS:
            found.append(([version], _place(image.origin, image.image)))
    return found


def _allowed(wanted: str) -> list[str]:
    try:
        specifiers = SpecifierSet(wanted.replace("^", ">="))
    except InvalidSpecifier:
        return []
    # Any patch release will do: a bound may be in the middle of a version.
    return [
        version
        for version in PYTHON_ENDS
        if any(specifiers.contains(f"{version}.{patch}") for patch in (0, 5, 30))
    ]


def _all_ended(versions: list[str], today: str) -> bool:
    return all(PYTHON_ENDS[version] <= today for version in versions)


def _ends(versions: list[str]) -> str:
    return max(PYTHON_ENDS[version] for version in versions)


def _order(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def _place(origin: Origin, text: str) -> Evidence:
    return Evidence(origin.path, origin.line, text)
