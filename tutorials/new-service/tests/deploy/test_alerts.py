"""The alerts: rules that Prometheus takes, tried with numbers, each with a section of the runbook."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import yaml
from tests.deploy.manifests import ROOT, tool

GROUPS: list[dict[str, Any]] = yaml.safe_load((ROOT / "monitoring/alerts.yaml").read_text())[
    "spec"
]["groups"]
RULES = [rule for group in GROUPS for rule in group["rules"]]


def _promtool(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    promtool = tool("promtool", "it comes with Prometheus")
    (folder / "rules.yaml").write_text(yaml.safe_dump({"groups": GROUPS}))
    command = [promtool, *arguments]
    return subprocess.run(command, check=False, capture_output=True, text=True, cwd=folder)


def test_prometheus_takes_the_rules(tmp_path: Path) -> None:
    done = _promtool(tmp_path, "check", "rules", "rules.yaml")
    assert done.returncode == 0, done.stdout + done.stderr


def test_alerts_fire_and_stay_silent_as_they_should(tmp_path: Path) -> None:
    for source in (ROOT / "monitoring/tests").glob("*.yaml"):
        (tmp_path / source.name).write_text(source.read_text())
        done = _promtool(tmp_path, "test", "rules", source.name)
        assert done.returncode == 0, done.stdout + done.stderr


def test_each_alert_says_how_urgent_it_is_who_gets_it_and_what_to_do() -> None:
    manager = yaml.safe_load((ROOT / "monitoring/alertmanager.yaml").read_text())
    receivers = {one["name"] for one in manager["receivers"]}
    headings = re.findall(r"^#+ (.+)$", (ROOT / "docs/runbook.md").read_text(), re.M)
    anchors = {heading.lower().replace(" ", "-") for heading in headings}
    for rule in RULES:
        assert rule["labels"]["severity"] in {"page", "ticket"}, rule["alert"]
        assert rule["labels"]["receiver"] in receivers, rule["alert"]
        anchor = re.sub(r"(?<!^)(?=[A-Z])", "-", rule["alert"]).lower()
        assert rule["annotations"]["runbook_url"].endswith(f"docs/runbook.md#{anchor}")
        assert anchor in anchors, f"docs/runbook.md has no section for {rule['alert']}"


def test_each_alert_is_in_the_table_of_the_monitoring_page() -> None:
    page = (ROOT / "docs/monitoring.md").read_text(encoding="utf-8")
    rows = {
        name: (wait, receiver)
        for name, wait, receiver in re.findall(
            r"^\| \[(\w+)\]\(runbook\.md#[\w-]+\) \|.*\| (\w+) \| ([\w-]+) \|$", page, re.M
        )
    }
    assert rows == {r["alert"]: (r["for"], r["labels"]["receiver"]) for r in RULES}


def test_what_is_watched_is_what_the_service_counts() -> None:
    metrics = (ROOT / "src/new_service/metrics.py").read_text(encoding="utf-8")
    dashboard = json.loads((ROOT / "monitoring/dashboards/new-service.json").read_text())
    panels = [target["expr"] for one in dashboard["panels"] for target in one.get("targets", [])]
    used = {
        re.sub(r"_(bucket|sum|count)$", "", name)
        for expression in [*panels, *(rule["expr"] for rule in RULES)]
        for name in re.findall(r"\bnew_service_\w+", expression)
    }
    assert len(used) > 5
    assert [name for name in used if name.removesuffix("_total") not in metrics] == []
