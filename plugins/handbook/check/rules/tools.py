"""CODE01, DEP03, DEP05: the tools that look after a repo."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Sequence
from typing import ClassVar

from handbook.check.rule import Rule, Verdict
from handbook.check.rules.shared import at
from handbook.model.facts import Absent, Fact, Found
from handbook.model.package import Package, PackageInfo
from handbook.model.profile import Profile
from handbook.model.readiness import Evidence, Level
from handbook.model.source import Source
from handbook.model.tooling import Task, Tooling

_BESIDE = 0.05  # less is scripts beside a service in another language
_MANY = 40  # direct dependencies
_LOCKS = {
    "npm": ("package-lock", "yarn.", "pnpm-lock", "bun.", "npm-shrinkwrap"),
    "Rust": ("Cargo.lock",),
    "Go": ("go.sum",),
}
"""How the names of lock files begin, by ecosystem; Python's are called in many ways."""
_NOT_PYTHON = (
    *(name for names in _LOCKS.values() for name in names),
    "Gemfile",
    "composer",
    "gradle",
)
_WORDS: dict[Task, str] = {"format": "formats", "imports": "sorts imports", "lint": "lints"}


class Hooks(Rule):
    """Formatting, import order and lint are checked before each commit.

    ## What it does
    Looks for hooks on commit that format Python, sort its imports and lint it.

    ## Why
    A review that argues about blanks does not see the fault. What a program can decide is decided
    before anybody reads the change.

    ## How to fix
    Add `.pre-commit-config.yaml` with ruff (`ruff-format`, and `ruff` with the rules `I`), and run
    `pre-commit install`.

    ## Equivalents
    black, isort (our source says "sort") and flake8; ruff alone does all three. pre-commit, prek,
    lefthook and husky. Tools that are configured but run by no hook count half.
    """

    code = "CODE01"
    version = 2
    level: ClassVar[Level] = "bronze"
    statements = (20,)
    page = "build/python-style/#pre-commit"

    def check(
        self, tooling: Fact[Tooling], source: Fact[Source], package: Fact[PackageInfo]
    ) -> Verdict:
        """Pass with a hook for each of the three, warn with settings only, fail with neither."""
        if not isinstance(source, Found):
            return Verdict("na", "It has no Python source of its own.")
        info = package.value if isinstance(package, Found) else PackageInfo()
        share = {item.name: item.share for item in info.languages}.get("Python", 1.0)
        if share < _BESIDE:
            return Verdict("na", f"Only {share:.0%} of its source is Python.")
        tools = tooling.value if isinstance(tooling, Found) else Tooling()
        hooks = {task: tools.hook_for(task) for task in _WORDS}
        places = tuple(dict.fromkeys(at(hook.spot) for hook in hooks.values() if hook))
        lacking = [_WORDS[task] for task, hook in hooks.items() if hook is None]
        if not lacking:
            names = ", ".join(dict.fromkeys(hook.name for hook in hooks.values() if hook))
            return Verdict("pass", f"{tools.runner} runs {names}.", places)
        fix = "Add `ruff-format` and `ruff` with the rules `I` to `.pre-commit-config.yaml`."
        settings = [tools.setting_for(task) for task in _WORDS]
        set_up = tuple(dict.fromkeys(at(tool.spot) for tool in settings if tool))
        if places or set_up:
            message = f"No hook {' or '.join(lacking)}."
            return Verdict("warn", message, places or set_up, fix=fix)
        searched = tooling.searched if isinstance(tooling, Absent) else ()
        searched = searched or (".pre-commit-config.yaml", "lefthook.yml", ".husky/pre-commit")
        return Verdict("fail", "Nothing checks a commit.", searched=searched, fix=fix)


class WellMaintained(Rule):
    """Something proposes newer dependencies.

    ## What it does
    Looks for the settings of a bot that opens a pull request for each newer release.

    ## Why
    A dependency that is two years behind is updated in a hurry, on the day of its security hole.
    One small update a week, tested on its own, never gets there.

    ## How to fix
    Add `.github/dependabot.yml` or `renovate.json`, and let it group what belongs together.

    ## Equivalents
    Dependabot, Renovate, PyUp.
    """

    code = "DEP03"
    level: ClassVar[Level] = "silver"
    statements = (47,)
    page = "plan/choosing-tools/#maintained"

    def check(self, tooling: Fact[Tooling], package: Fact[PackageInfo]) -> Verdict:
        """Pass with a bot, warn without."""
        tools = tooling.value if isinstance(tooling, Found) else Tooling()
        if tools.updates:
            names = ", ".join(dict.fromkeys(tool.name for tool in tools.updates))
            places = tuple(at(tool.spot) for tool in tools.updates)
            return Verdict("pass", f"{names} proposes newer releases.", places)
        if not isinstance(package, Found) or not package.value.packages:
            return Verdict("na", "It declares no dependencies.")
        searched = (".github/dependabot.yml", "renovate.json", ".renovaterc", ".pyup.yml")
        fix = "Add `.github/dependabot.yml` or `renovate.json`."
        return Verdict("warn", "Nothing proposes newer releases.", (), searched, fix)


class FewDependencies(Rule):
    """Dependencies are few, and locked.

    ## What it does
    Looks for a lock file, and counts the direct dependencies of the service's own packages.

    ## Why
    Without a lock file, today's build is not yesterday's. And each dependency is somebody else's
    release calendar: the fewer there are, the less breaks on a day of their choosing.

    ## How to fix
    Commit the lock file of your package manager; a library leaves that to who uses it. Look at
    each direct dependency that is used in one place only.

    ## Equivalents
    uv, Poetry, PDM, Pipenv, conda-lock, `requirements.txt` with one version of everything; the lock
    files of npm, yarn, pnpm, Cargo, Go, Bundler, Composer and Gradle.
    """

    code = "DEP05"
    version = 3
    level: ClassVar[Level] = "silver"
    statements = (49,)
    page = "plan/choosing-tools/#few"

    def check(
        self, tooling: Fact[Tooling], package: Fact[PackageInfo], profile: Found[Profile]
    ) -> Verdict:
        """Pass when locked and few, warn otherwise; a library need not lock."""
        packages = package.value.packages if isinstance(package, Found) else ()
        locks = tooling.value.locks if isinstance(tooling, Found) else ()
        # A list that pins everything names what dependencies depend on, too.
        direct = [item for item in packages if item.origin.path not in locks]
        counted = [item for item in direct if item.dependencies > 0]
        if not counted and not locks:
            return Verdict("na", "It has no direct dependencies.")
        most = max(counted, key=lambda item: item.dependencies, default=None)
        places = tuple(Evidence(path) for path in locks[:5])
        count = f"{most.dependencies} direct dependencies" if most else "Dependencies"
        if most and most.dependencies > _MANY:
            there = Evidence(most.origin.path, most.origin.line)
            fix = "Look at each one that is used in one place only."
            return Verdict("warn", f"{count} are many.", (there, *places), fix=fix)
        loose = [
            item
            for item in counted
            if not _locked(item, locks) and not _TESTS.search(item.origin.path)
        ]
        if not loose:
            return Verdict("pass", f"{count}, locked.", places)
        where = tuple(Evidence(item.origin.path, item.origin.line) for item in loose[:5])
        listed = most and posixpath.basename(most.origin.path).startswith("requirements")
        if profile.value.kind == "library" and not listed:  # a list is no package to publish
            return Verdict("pass", f"{count}; who uses the library locks them.", where)
        if not locks:
            return Verdict("warn", f"{count}, and no lock file.", where, fix="Commit a lock file.")
        what = ", ".join(dict.fromkeys(item.ecosystem for item in loose))
        message = f"No lock file of {what} for {len(loose)} of {len(counted)} manifests."
        return Verdict("warn", message, where, fix="Commit a lock file beside each.")


_TESTS = re.compile(r"(?:^|/)(?:tests?|testing|e2e|[\w-]+[-_]tests?)/")


def _locked(package: Package, locks: Sequence[str]) -> bool:
    """Tell whether a lock file of its kind lies in, above or below the package's folder."""
    names = _LOCKS.get(package.ecosystem)
    if names is None and package.ecosystem != "Python":
        return True  # its manifest names versions itself
    home = posixpath.dirname(package.origin.path)
    for lock in locks:
        folder, name = posixpath.split(lock)
        near = _within(home, folder) or _within(folder, home)
        if near and (name.startswith(names) if names else not name.startswith(_NOT_PYTHON)):
            return True
    return False


def _within(path: str, folder: str) -> bool:
    return not folder or path == folder or path.startswith(f"{folder}/")
