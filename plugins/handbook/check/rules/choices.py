"""EXP01, DEP01, DEP02: what a service is built from."""

from __future__ import annotations

from datetime import date
from typing import ClassVar

from handbook.check.cycles import cycles_of_image
from handbook.check.rule import Rule, Verdict
from handbook.check.rules.shared import at
from handbook.check.tables import needs, retired
from handbook.model.dependencies import Dependencies, Dependency, Runtimes
from handbook.model.facts import Absent, Fact, Found
from handbook.model.package import PackageInfo
from handbook.model.readiness import Evidence, Level

_YEARS = 2  # since the last release
_SHOWN = 5
_NO_PYTHON = "It names no Python package as a dependency."
_DATABASES = frozenset(
    {"postgres", "mysql", "mariadb", "mongodb", "redis", "valkey", "elasticsearch", "rabbitmq"}
)
_DRIVERS = {
    "psycopg": "PostgreSQL",
    "psycopg2": "PostgreSQL",
    "psycopg2-binary": "PostgreSQL",
    "asyncpg": "PostgreSQL",
    "pymysql": "MySQL",
    "mysqlclient": "MySQL",
    "pymongo": "MongoDB",
    "motor": "MongoDB",
    "redis": "Redis",
    "elasticsearch": "Elasticsearch",
}


class MaintainedApis(Rule):
    """It builds on libraries that are maintained.

    ## What it does
    Looks for direct dependencies that their authors have ended, renamed or left, and whose last
    release is more than 24 months old.

    ## Why
    An experiment can be repeated in two years only if what it calls still installs. What nobody
    releases any more breaks with the next version of Python or CUDA, and nobody closes its holes.

    ## How to fix
    Move to the successor that the finding names. Where there is none, take over the few functions
    that you use, with their licence.

    ## Equivalents
    The list is `check/tables/retired.toml`: facts on Python packages, each with the month of its
    last release and its successor. Small packages that are simply finished are not on it. Two that
    a source of this handbook names: Hydra's last release is of October 2026, Sacred's of November
    2024, so Sacred is met with a warning from December 2026 on, and something new takes Hydra.
    """

    code = "EXP01"
    level: ClassVar[Level] = "gold"
    statements = (28,)
    page = "plan/choosing-tools/#reuse"

    def check(self, dependencies: Fact[Dependencies], today: str) -> Verdict:
        """Pass when none of them is on the list for longer than 24 months."""
        direct = _python(dependencies)
        if not direct:
            return Verdict("na", _NO_PYTHON, searched=_searched(dependencies))
        known = [(item, retired()[item.name]) for item in direct if item.name in retired()]
        old = [(item, entry) for item, entry in known if _counts_from(entry.last) <= today]
        coming = [_counts_from(entry.last) for _, entry in known]
        until = min((day for day in coming if day > today), default="")
        if not old:
            message = f"None of its {len(direct)} direct dependencies is known to have ended."
            return Verdict("pass", message, (), _searched(dependencies), until=until)
        parts = dict.fromkeys(f"{item.name} (last release {entry.last})" for item, entry in old)
        more = f" and {len(parts) - _SHOWN} more" if len(parts) > _SHOWN else ""
        item, entry = old[0]
        return Verdict(
            "warn",
            f"No longer maintained: {', '.join(list(parts)[:_SHOWN])}{more}.",
            tuple(at(item.spot) for item, _ in old),
            fix=f"Begin with {item.name}: use {entry.use} instead.",
            until=until,
        )


class Ecosystems(Rule):
    """The ecosystems it is at home in are known.

    ## What it does
    Lists the languages, package ecosystems and databases that the repo names. It is information,
    and never keeps a service from a level.

    ## Why
    Python, R, JavaScript and Postgres have a library for most of what a service needs, and people
    who know them. Whoever plans a migration or an on-call rota wants to see what there is.

    ## How to fix
    Nothing to fix: describe what is unusual in a decision record.

    ## Equivalents
    Any language and any open-source database. Sources in the repo, manifests, images in compose
    files and drivers among the dependencies are looked at.
    """

    code = "DEP01"
    level: ClassVar[Level] = "gold"
    statements = (45,)
    page = "plan/choosing-tools/#ecosystems"
    never = ("warn", "fail")

    def check(
        self,
        package: Fact[PackageInfo],
        dependencies: Fact[Dependencies],
        runtimes: Fact[Runtimes],
    ) -> Verdict:
        """Pass with what there is."""
        info = package.value if isinstance(package, Found) else PackageInfo()
        if not info.languages and not info.packages:
            return Verdict("na", "It has neither source nor a manifest.")
        languages = [f"{item.name} {item.share:.0%}" for item in info.languages[:4]]
        parts = [", ".join(languages)] if languages else []
        ecosystems = list(dict.fromkeys(item.ecosystem for item in info.packages))
        if ecosystems:
            parts.append(f"packages of {', '.join(ecosystems)}")
        stores = _stores(dependencies, runtimes)
        if stores:
            parts.append(f"with {', '.join(stores)}")
        places = [Evidence(item.origin.path) for item in info.packages[:_SHOWN]]
        places += list(stores.values())[:_SHOWN]
        message = f"{'; '.join(parts)}."
        return Verdict("pass", message, tuple(dict.fromkeys(places)), ("source files",))


class AsStandardAsPossible(Rule):
    """It uses what most people use.

    ## What it does
    Compares the packages that running the service takes with the handbook's list of what is
    standard, by what it is for, and looks for others that do the same.

    ## Why
    What most people use, the next engineer knows, and its errors have answers. A clever tool of
    few costs every colleague an afternoon, and its author's next job costs you the tool.

    ## How to fix
    Take the standard package that the finding names, or write down in a decision record why not
    and ask for an exemption.

    ## Equivalents
    The list is `check/tables/standard.toml`. A package that is in neither of its lists is not
    judged: the list knows what most services need, not everything.
    """

    code = "DEP02"
    level: ClassVar[Level] = "gold"
    statements = (46,)
    page = "plan/choosing-tools/#standard"

    def check(self, dependencies: Fact[Dependencies]) -> Verdict:
        """Pass when no direct dependency is one of the unusual ones."""
        direct = [item for item in _python(dependencies) if item.group == "run"]
        if not direct:
            return Verdict("na", _NO_PYTHON, searched=_searched(dependencies))
        odd = [
            (item, name, need)
            for item in direct
            for name, need in needs().items()
            if item.name in need.others
        ]
        if odd:
            _, name, need = odd[0]
            said = dict.fromkeys(f"{one.name} ({what})" for one, what, _ in odd)
            places = tuple(at(one.spot) for one, _, _ in odd)
            fix = f"As {name}, {', '.join(need.standard[:4])} are standard."
            return Verdict("warn", f"Few use {', '.join(said)}.", places, fix=fix)
        listed = frozenset(name for need in needs().values() for name in need.standard)
        known = [item for item in direct if item.name in listed]
        message = f"{len(known)} of {len(direct)} are on the handbook's list; none is unusual."
        return Verdict("pass", message, tuple(at(i.spot) for i in known), _searched(dependencies))


def _python(dependencies: Fact[Dependencies]) -> list[Dependency]:
    items = dependencies.value.items if isinstance(dependencies, Found) else ()
    return [item for item in items if item.ecosystem == "Python"]


def _searched(dependencies: Fact[Dependencies]) -> tuple[str, ...]:
    if isinstance(dependencies, Found):
        return dependencies.value.files
    return dependencies.searched if isinstance(dependencies, Absent) else ()


def _counts_from(last: str) -> str:
    """Return the first day more than 24 months after a month."""
    year, month = (int(part) for part in last.split("-"))
    after = (year + _YEARS, month + 1) if month < 12 else (year + _YEARS + 1, 1)
    return date(*after, 1).isoformat()


def _stores(dependencies: Fact[Dependencies], runtimes: Fact[Runtimes]) -> dict[str, Evidence]:
    found: dict[str, Evidence] = {}
    for item in _python(dependencies):
        if item.name in _DRIVERS and item.group == "run":
            found.setdefault(_DRIVERS[item.name], at(item.spot))
    for image in runtimes.value.images if isinstance(runtimes, Found) else ():
        for cycle in cycles_of_image(image.image):
            if cycle.product in _DATABASES:
                name = cycle.title.rpartition(" ")[0]
                found.setdefault(name, at(image.spot))
    return found
