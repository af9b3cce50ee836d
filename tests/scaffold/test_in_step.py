"""What a new service is made of stays in step with the sample service, which is proven whole.

Whoever renews the sample is told here what to renew in ``tutorials/new-service/``.
"""

from __future__ import annotations

import re
import tomllib
from typing import Any

import pytest
import yaml
from tests.scaffold.sides import (
    DIFFERS,
    Files,
    below,
    hold_subset,
    matches,
    overlay,
    sample,
    takes,
    template,
)
from tests.scaffold.variants import noted, variants

from handbook.scaffold.parts import LIST, OVERLAY, SAMPLE

LOCKS = ("requirements/service.lock", "requirements/training.lock", "requirements/dev.lock")
RELOCK = (
    "Resolve the template's dependencies again, within the sample's: "
    f"UV_CONSTRAINT=$PWD/{SAMPLE}/requirements/dev.lock {OVERLAY}/requirements/lock "
    f"$PWD/{SAMPLE}/.venv/bin/uv"
)
WORKFLOWS, RUN = ".github/workflows/", ("deploy/", "monitoring/", "Dockerfile", "compose.yaml")
SERIES = r"THE_package_[a-z0-9_]+"

RUNS_ON: list[tuple[str, str, tuple[str, ...]]] = [
    ("Python's versions", r"python-version: (\S+)|FROM python:(\S+)", (WORKFLOWS, *RUN)),
    ("images", r"(?:image:|FROM) +([\w./-]+:[\w.-]+)", RUN),
    ("actions", r"uses: (\S+@\S+ # \S+)", (WORKFLOWS,)),
    ("make targets", r"^([a-z]+):", ("Makefile",)),
    ("alerts", r"alert: (\w+)", ("monitoring/alerts.yaml",)),
    ("series that alerts read", SERIES, ("monitoring/alerts.yaml",)),
    ("series on dashboards", SERIES, ("monitoring/dashboards/",)),
]


def pins(text: str) -> dict[str, set[str]]:
    """Return each ``name==version`` of a lock with its hashes."""
    found: dict[str, set[str]] = {}
    name = ""
    for line in text.splitlines():
        if pin := re.match(r"([\w.-]+==[^\s;\\]+)", line):
            name = pin[1]
            found.setdefault(name, set())
        found[name].update(re.findall(r"--hash=(\S+)", line))
    return found


def project(files: Files) -> dict[str, Any]:
    return tomllib.loads(files["pyproject.toml"])


def test_nothing_is_taken_twice() -> None:
    assert len(takes()) == len(set(takes())), f"{LIST}: a path is listed twice"


def test_what_is_the_same_is_taken() -> None:
    """A copy would be renewed by nobody."""
    copies = sorted(path for path, text in overlay().items() if text and sample().get(path) == text)
    assert not copies, f"take these from the sample: list them in {LIST}, delete them in {OVERLAY}"


def test_variants_were_held_against_the_sample() -> None:
    now, then = variants(), noted()
    changed = sorted(path for path in now if then.get(path) != now[path])
    gone = sorted(set(then) - set(now))
    assert not changed + gone, (
        f"{changed + gone} (THE_… stands for a name): variants that {OVERLAY}/ has of the sample's "
        "files. They are new, gone, or the sample's side changed. Look at `git log -p` of the "
        "sample's files, carry over what is not about the example, then note that you have: "
        ".venv/bin/python -m tests.scaffold.variants"
    )


@pytest.mark.parametrize("lock", LOCKS)
def test_locks_are_a_part_of_the_samples(lock: str) -> None:
    ours, theirs = pins(template()[lock]), pins(sample()[lock])
    assert ours
    assert theirs
    other = sorted(set(ours) - set(theirs))
    assert not other, f"{lock}: the sample has other versions than {other}. {RELOCK}"
    hashes = sorted(name for name, known in ours.items() if known != theirs[name])
    assert not hashes, f"{lock}: the sample has other hashes for {hashes}. {RELOCK}"


def test_locks_agree_with_each_other() -> None:
    service, training, dev = (set(pins(template()[lock])) for lock in LOCKS)
    assert service < training < dev, RELOCK


def test_dependencies_are_asked_for_alike() -> None:
    """The same lower bounds, so that the sample's tests speak for the new service as well."""
    ours, theirs = (requirements(project(files)) for files in (template(), sample()))
    advice = f"Ask for it in {OVERLAY}/pyproject.toml as {SAMPLE}/pyproject.toml does."
    hold_subset("requirements", ours, theirs, advice)


def requirements(document: dict[str, Any]) -> set[str]:
    listed = list(document["project"]["dependencies"])
    for group in document["project"]["optional-dependencies"].values():
        listed += group
    for group in document["dependency-groups"].values():
        listed += group
    return set(listed)


@pytest.mark.parametrize(
    "table",
    ["ruff.line-length", "ruff.target-version", "ruff.lint", "pytest", "mypy", "alembic", "uv"],
)
def test_tools_are_set_alike(table: str) -> None:
    ours, theirs = (tool(files, table) for files in (template(), sample()))
    for path in [known["setting"][1:] for known in settings() if known["setting"][0] == table]:
        assert take(ours, path) != take(theirs, path), f"differs.yml: {path} is alike: remove it"
    assert theirs
    advice = f"Set [tool.{table}] in {OVERLAY}/pyproject.toml as in {SAMPLE}/pyproject.toml."
    assert ours == theirs, advice


def settings() -> list[dict[str, Any]]:
    """Return settings that may differ: table and keys, and why."""
    known: list[dict[str, Any]] = yaml.safe_load(DIFFERS.read_text("utf-8"))["settings"]
    assert all(entry["why"] for entry in known)
    return known


def tool(files: Files, table: str) -> Any:
    """Return a table below ``tool``."""
    found = project(files)["tool"]
    for key in table.split("."):
        found = found[key]
    return found


def take(table: Any, path: list[str]) -> Any:
    """Take a setting out of a table, if it is there."""
    for key in path[:-1]:
        table = table.get(key, {})
    return table.pop(path[-1], None)


@pytest.mark.parametrize(
    ("subject", "pattern", "where"),
    RUNS_ON,
)
def test_what_it_runs_on_is_the_samples(subject: str, pattern: str, where: tuple[str, ...]) -> None:
    ours, theirs = (found(pattern, below(files, *where)) for files in (template(), sample()))
    hold_subset(subject, ours, theirs, f"Use the sample's, or say why not in differs.yml: {where}")


def found(pattern: str, texts: list[str]) -> set[str]:
    """Return what any group of a pattern matches."""
    every = matches(pattern, texts)
    words = {
        word for groups in every for word in ((groups,) if isinstance(groups, str) else groups)
    }
    return {word.replace("FraudScore", "") for word in words} - {""}


def test_the_same_pythons_are_supported() -> None:
    ours, theirs = (
        project(files)["project"]["requires-python"] for files in (template(), sample())
    )
    assert ours == theirs
    check = r"\(3, \d+\) <= sys.version_info < \(3, \d+\)"
    assert (
        matches(check, [template()["Makefile"]]) == matches(check, [sample()["Makefile"]]) != set()
    )


def test_series_that_are_watched_are_made() -> None:
    """An alert on a series that nobody writes never rings."""
    made = matches(r'"(\w+)"', [template()["src/THE_package/metrics.py"]])
    made = {name.removesuffix("_total") for name in made}
    read = matches(SERIES, below(template(), "monitoring/alerts.yaml", "monitoring/dashboards/"))
    names = {re.sub(r"_(total|bucket|count|sum)$", "", name) for name in read}
    unknown = sorted(name for name in names if name not in {*made, *recorded()})
    assert not unknown, f"no metric in metrics.py is called {unknown}"


def recorded() -> set[str]:
    """Return series that rules record from others."""
    return matches(r"record: (\S+)", below(template(), "monitoring/alerts.yaml"))
