"""Monitoring sheet and runbook say what ``monitoring/alerts.yaml`` does."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from tests.docs.pages import ROOT, Page, Row, codes, page, pages, yaml_of

SHEET = page("docs/monitoring.md")
RUNBOOK = page("docs/runbook.md")
GROUPS = yaml_of("monitoring/alerts.yaml")["spec"]["groups"]
ALERTS: dict[str, dict[str, Any]] = {
    rule["alert"].removeprefix("FraudScore"): rule for group in GROUPS for rule in group["rules"]
}


def _kebab(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "-", name).lower()


def _rows(group: dict[str, Any]) -> list[Row]:
    heading = group["name"].removeprefix("fraud-score.").replace("-", " ")
    return SHEET.table("CPU" if heading == "cpu" else heading.capitalize())


ROWS = {re.sub(r"\[(\w+)\].*", r"\1", row["Alert"]): row for g in GROUPS for row in _rows(g)}


def test_the_sheet_lists_every_alert_and_no_other() -> None:
    assert list(ROWS) == list(ALERTS)


@pytest.mark.parametrize("name", ALERTS)
def test_the_sheet_says_what_the_alert_does(name: str) -> None:
    row, rule = ROWS[name], ALERTS[name]
    expression = " ".join(rule["expr"].split())
    windows = sorted(set(re.findall(r"\[(\w+)\]", expression)))
    assert row["Window"] == (", ".join(windows) or "now")
    assert row["For"] == rule["for"]
    assert row["Receiver"] == rule["labels"]["receiver"]
    assert codes(row["Threshold"])
    assert all(threshold in expression for threshold in codes(row["Threshold"]))


@pytest.mark.parametrize("name", ALERTS)
def test_every_alert_leads_to_its_section_of_the_runbook(name: str) -> None:
    anchor = _kebab(name)
    assert ALERTS[name]["annotations"]["runbook_url"].endswith(f"/docs/runbook.md#{anchor}")
    assert f"(runbook.md#{anchor})" in ROWS[name]["Alert"]
    section = next(
        RUNBOOK.section(title)
        for title in re.findall(r"^### (.+)$", RUNBOOK.text, re.M)
        if title.lower().replace(" ", "-") == anchor
    )
    steps = re.findall(r"^- \*\*(\w+):\*\*", section, re.M)
    assert steps == ["Symptom", "Look", "Likely", "Do", "Call"]


def test_every_receiver_is_explained() -> None:
    labels = [rule["labels"] for rule in ALERTS.values()]
    used = {(label["receiver"], label["severity"]) for label in labels}
    explained = {(row["Receiver"], row["Severity"]) for row in SHEET.table("Receivers")}
    assert explained == used


def test_objectives_are_watched_by_alerts_that_exist() -> None:
    rows = SHEET.table("Objectives and alerts")
    named = {name.strip() for row in rows for name in row["Rings"].split(",")}
    assert named <= set(ALERTS)
    promised = page("docs/spec.md").table("Service level objectives")
    assert len(rows) == len(promised)


def test_the_sheet_names_every_row_of_the_dashboard_and_no_other() -> None:
    text = (ROOT / "monitoring/dashboards/fraud-score.json").read_text(encoding="utf-8")
    rows = {panel["title"] for panel in json.loads(text)["panels"] if panel["type"] == "row"}
    watched = SHEET.table("What is watched")
    assert {name.strip() for row in watched for name in row["Dashboard row"].split(",")} == rows


@pytest.mark.parametrize("shown", pages(), ids=str)
def test_metrics_that_are_named_exist(shown: Page) -> None:
    code = (ROOT / "src/fraud_score/metrics.py").read_text(encoding="utf-8")
    named = set(re.findall(r"`(fraud_score_[a-z_]+[a-z])`", shown.text))
    assert [name for name in named if f'"{name}"' not in code] == []
