"""What is read of monitoring: each format with its lines, and texts made to do harm."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from handbook.collect.monitoring import collect_monitoring
from handbook.collect.monitoring.classify import kind_of
from handbook.collect.monitoring.hcl import blocks_of
from handbook.collect.monitoring.promql import comparison, metrics_in, windows_in
from handbook.model.facts import Absent, Found
from handbook.model.limits import Limits
from handbook.model.monitoring import Monitoring
from handbook.model.service import Service
from handbook.tree import MemoryTree

CASES = yaml.safe_load((Path(__file__).parent / "cases.yml").read_text(encoding="utf-8"))
EXPRESSIONS = yaml.safe_load(
    (Path(__file__).parent / "expressions.yml").read_text(encoding="utf-8")
)


def read(files: dict[str, Any], path: str = "") -> Monitoring:
    tree = MemoryTree(files)
    fact = collect_monitoring(tree, Service("Risk", "risk", tree.repo, path=path), Limits())
    return fact.value if isinstance(fact, Found) else Monitoring()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_case(case: dict[str, Any]) -> None:
    """Each key of ``expect`` is a part of Monitoring; each item names fields of one record."""
    found = read(case["files"], case.get("path", ""))
    for part, wanted in case["expect"].items():
        compare(getattr(found, part), wanted)


def compare(found: Any, wanted: Any) -> None:
    if isinstance(wanted, list):
        assert len(found) == len(wanted), found
        for item, one in zip(found, wanted, strict=True):
            compare(item, one)
    elif isinstance(wanted, dict):
        for name, value in wanted.items():
            spotted = name == "line" and hasattr(found, "spot")
            compare(getattr(found.spot if spotted else found, name), value)
    else:
        assert found == wanted


@pytest.mark.parametrize("case", EXPRESSIONS, ids=lambda case: case["expr"][:40])
def test_expression(case: dict[str, Any]) -> None:
    expression = case["expr"]
    if "compare" in case:
        assert list(comparison(expression)) == case["compare"]
    if "metrics" in case:
        assert list(metrics_in(expression)) == case["metrics"]
    if "over" in case:
        assert windows_in(expression) == case["over"]
    if "kind" in case:
        assert kind_of(case.get("name", ""), expression) == case["kind"]


def test_without_anything_it_says_where_was_looked() -> None:
    fact = collect_monitoring(MemoryTree({"a.py": ""}), Service("R", "r", "x"), Limits())
    assert isinstance(fact, Absent)
    assert "Terraform, CloudFormation" in fact.searched


HOSTILE = {
    "quotes": ('\\"', "a"),
    "open labels": ("a{", ""),
    "open brackets": ("[1m", ""),
    "open parentheses": ("by (", ""),
    "comments": (" # ", "'"),
    "templates": ("{{", ""),
    "comparisons": ("> ", "("),
    "words": ("a.", ""),
}


@pytest.mark.parametrize(("mark", "end"), HOSTILE.values(), ids=HOSTILE)
def test_hostile_expressions_take_no_longer_than_their_length(mark: str, end: str) -> None:
    rules = [{"alert": f"A{n}", "expr": mark * 1_500 + end} for n in range(80)]
    text = json.dumps({"groups": [{"name": "g", "rules": rules}]}, indent=0)
    start = time.process_time()
    read({"alert:.yaml": "# alert:\n" + text, "monitor.json": f'{{"alert": 1, "a": "{mark}"}}'})
    assert time.process_time() - start < 8


HCL = ["(" + "/*" * 50_000, "a {" * 10_000, '"${' * 20_000, "a = <<X\n" * 5_000, "a = [" * 20_000]


@pytest.mark.parametrize("text", HCL, ids=range(len(HCL)))
def test_hostile_terraform_ends(text: str) -> None:
    start = time.process_time()
    blocks_of(text)
    blocks_of(f'resource "datadog_monitor" "a" {{\n{text}')
    assert time.process_time() - start < 8


def test_deep_and_repeated_yaml_costs_an_error_only() -> None:
    bomb = "a: &a [alert:, x]\n" + "".join(
        f"b{n}: &b{n} [*{'a' if n == 0 else f'b{n - 1}'}, *{'a' if n == 0 else f'b{n - 1}'}]\n"
        for n in range(45)
    )
    start = time.process_time()
    read({"alerts.yaml": bomb, "deep.yaml": "alert: " + "[" * 10_000, "d.json": "[" * 100_000})
    assert time.process_time() - start < 8


def test_advice_in_what_an_alert_says_is_not_what_it_is_about() -> None:
    assert kind_of("TooManyBlocks", "x > 1", "Too many blocks, add more CPU.") == "other"
    assert kind_of("Odd", "x > 1", "The disk of {{ $labels.node }} is full.") == "disk"
