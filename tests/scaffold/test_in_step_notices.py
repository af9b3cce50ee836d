"""Each check of ``test_in_step.py`` notices what it is there for: change one thing, it fails."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from tests.scaffold import test_in_step as checks
from tests.scaffold.sides import hold_subset, sample, template

TOMORROW = {
    "an older package": ("requirements/dev.lock", "ruff==", "ruff==0.0.1+", "locks", "dev.lock"),
    "another hash": ("requirements/dev.lock", "sha256:0", "sha256:f", "locks", "dev.lock"),
    "a lower bound": ("pyproject.toml", '"httpx>=0.28"', '"httpx>=0.20"', "requirements", ""),
    "a rule of ruff": ("pyproject.toml", '"RET", ', "", "tools", "ruff.lint"),
    "weaker types": ("pyproject.toml", "strict = true", "strict = false", "tools", "mypy"),
    "warnings let pass": ("pyproject.toml", '  "error",\n', "", "tools", "pytest"),
    "another Python": ("Dockerfile", "python:3.13", "python:3.12", "runs", "Python's versions"),
    "another image": (
        "Dockerfile",
        "FROM python:3.13.15-",
        "FROM python:3.13.14-",
        "runs",
        "images",
    ),
    "an action": (".github/workflows/deploy.yaml", "checkout@3", "checkout@4", "runs", "actions"),
    "a target": ("Makefile", "\ntest: ", "\ntests: ", "runs", "make targets"),
    "an alert": ("monitoring/alerts.yaml", "alert: ApiDown", "alert: ApiGone", "runs", "alerts"),
    "a series": (
        "monitoring/alerts.yaml",
        "THE_package_jobs_total",
        "THE_package_work_total",
        "series",
        "",
    ),
    "Pythons": (
        "pyproject.toml",
        'requires-python = ">=3.11"',
        'requires-python = ">=3.12"',
        "pythons",
        "",
    ),
}


@pytest.mark.parametrize("change", TOMORROW)
def test_a_difference_is_noticed(change: str, monkeypatch: pytest.MonkeyPatch) -> None:
    path, old, new, check, argument = TOMORROW[change]
    run = checks_by_name(check, argument)
    run()
    assert old in template()[path], f"{path} has no {old!r} any more: choose another difference"
    changed = {**template(), path: template()[path].replace(old, new)}
    monkeypatch.setattr(checks, "template", lambda: changed)
    with pytest.raises(AssertionError):
        run()


def checks_by_name(name: str, argument: str) -> Callable[[], None]:
    runs = {subject: (subject, pattern, where) for subject, pattern, where in checks.RUNS_ON}
    known: dict[str, Callable[[], Any]] = {
        "locks": lambda: checks.test_locks_are_a_part_of_the_samples(f"requirements/{argument}"),
        "requirements": checks.test_dependencies_are_asked_for_alike,
        "tools": lambda: checks.test_tools_are_set_alike(argument),
        "runs": lambda: checks.test_what_it_runs_on_is_the_samples(*runs[argument]),
        "series": checks.test_series_that_are_watched_are_made,
        "pythons": checks.test_the_same_pythons_are_supported,
    }
    return known[name]


def test_a_copy_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "overlay", lambda: {"renovate.json": sample()["renovate.json"]})
    with pytest.raises(AssertionError, match="take these from the sample"):
        checks.test_what_is_the_same_is_taken()


def test_what_may_differ_must_differ() -> None:
    with pytest.raises(AssertionError, match="does not differ any more"):
        hold_subset("make targets", {"help"}, {"help"}, "")
