"""The sample service reaches gold honestly: take away one thing, and exactly its rule says so.

Each entry of ``switches.yml`` is one thing that the sample does right, switched off: ``what`` in
words, and the change that does it: ``delete`` (patterns of paths), ``edit`` (path to pairs of old
and new text), ``replace`` (pattern of paths to pairs of regular expression and new text), ``add``
(path to content), ``repeat`` (path to content and how often), ``commits`` (subjects). ``status`` is
what the rule then says. Paths are from the sample's folder.
"""

from __future__ import annotations

import functools
import re
import subprocess
from collections.abc import Mapping, Sequence
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest
import yaml
from msgspec.structs import replace

from handbook.catalog import read_identity
from handbook.check import check, rules
from handbook.collect import collect, collect_for_rules
from handbook.model.limits import Limits
from handbook.model.readiness import Report
from handbook.model.service import Service, Snapshot
from handbook.tree import Commit, MemoryTree

SAMPLE = Path(__file__).parents[2] / "sample_service"
SWITCHES = yaml.safe_load((Path(__file__).parent / "switches.yml").read_text(encoding="utf-8"))
KEYS = {"what", "status", "delete", "edit", "replace", "add", "repeat", "commits"}
TODAY = "2026-11-20"  # a day on which all that the sample builds on is supported


@functools.cache
def sample() -> dict[str, bytes]:
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "."]
    listed = subprocess.run(command, cwd=SAMPLE, capture_output=True, check=True).stdout
    paths = [path for path in listed.decode().split("\0") if path and (SAMPLE / path).is_file()]
    return {path: (SAMPLE / path).read_bytes() for path in paths}


def report_on(files: Mapping[str, bytes], subjects: Sequence[str] = ()) -> Report:
    when = "2026-01-01T00:00:00+00:00"
    history = [Commit(f"{n:040x}", when, when, "T", "t", text) for n, text in enumerate(subjects)]
    tree = MemoryTree(files, history=history)
    snapshot = Snapshot(Service("Fraud score", "fraud-score", tree.repo), "", tree.commit, "main")
    facts = collect(snapshot, tree, Limits())
    facts = collect_for_rules(facts, tree, Limits())
    facts = replace(facts, identity=read_identity(tree, snapshot.service, Limits()))
    return check(facts, TODAY)


@functools.cache
def as_it_is() -> Report:
    return report_on(sample())


def switched(switch: dict[str, Any]) -> dict[str, bytes]:
    files = dict(sample())
    for pattern in switch.get("delete", ()):
        gone = [path for path in files if fnmatch(path, pattern)]
        assert gone, f"nothing to delete at {pattern}"
        for path in gone:
            del files[path]
    for path, edits in switch.get("edit", {}).items():
        text = files[path].decode()
        for old, new in edits:
            assert old in text, f"{path} has no {old!r}"
            text = text.replace(old, new)
        files[path] = text.encode()
    for pattern, substitutions in switch.get("replace", {}).items():
        for path in [path for path in files if fnmatch(path, pattern)]:
            text = files[path].decode()
            for expression, new in substitutions:
                text = re.sub(expression, new, text, flags=re.MULTILINE)
            files[path] = text.encode()
    for path, content in switch.get("add", {}).items():
        assert path not in files
        files[path] = content.encode()
    for path, (content, times) in switch.get("repeat", {}).items():
        files[path] = content.encode() * times
    return files


def test_it_is_gold_and_nothing_is_let_pass() -> None:
    report = as_it_is()
    unmet = {f.code: f.message for f in report.findings if f.status not in ("pass", "na", "manual")}
    assert unmet == {}
    assert report.level == "gold"


def test_every_rule_that_it_meets_has_a_switch() -> None:
    met = {f.code for f in as_it_is().findings if f.status in ("pass", "manual")}
    without = {code for code, rule in rules().items() if not {"fail", "warn"} - set(rule.never)}
    assert met - without <= set(SWITCHES)


@pytest.mark.parametrize(
    ("code", "switch"),
    [
        pytest.param(code, switch, id=f"{code}-{switch['what']}")
        for code, switches in SWITCHES.items()
        for switch in switches
    ],
)
def test_a_switch_fails_exactly_the_rule_meant(code: str, switch: dict[str, Any]) -> None:
    assert set(switch) <= KEYS
    before = {finding.code: finding for finding in as_it_is().findings}
    report = report_on(switched(switch), switch.get("commits", ()))
    after = {finding.code: finding for finding in report.findings}
    worse = {
        code: finding.status
        for code, finding in after.items()
        if finding.status in ("warn", "fail", "error") and before[code].status != finding.status
    }
    assert worse == {code: switch["status"]}, {code: after[code].message for code in worse}
