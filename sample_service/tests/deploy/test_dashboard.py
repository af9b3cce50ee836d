"""The dashboard is one that Grafana can show, and shows what there is to see."""

from __future__ import annotations

import itertools
import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.deploy.manifests import ROOT, render, tool
from tests.deploy.queries import ALERTS, measured, query_problems

DASHBOARD: dict[str, Any] = json.loads(
    (ROOT / "monitoring/dashboards/fraud-score.json").read_text(encoding="utf-8")
)
PANELS = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]
ROWS = [panel["title"] for panel in DASHBOARD["panels"] if panel["type"] == "row"]
VARIABLES = {"$namespace": "fraud-score-prod", "$__rate_interval": "1m"}


def _queries(panel: dict[str, Any]) -> list[str]:
    return [target["expr"] for target in panel["targets"]]


def _filled(query: str) -> str:
    for name, value in VARIABLES.items():
        query = query.replace(name, value)
    return query


@pytest.mark.parametrize("panel", PANELS, ids=lambda panel: panel["title"])
def test_a_panel_explains_itself(panel: dict[str, Any]) -> None:
    assert len(panel["description"]) > 20
    assert panel["fieldConfig"]["defaults"]["unit"]
    assert panel["datasource"] == {"type": "prometheus", "uid": "${datasource}"}
    references = [target["refId"] for target in panel["targets"]]
    assert references
    assert len(set(references)) == len(references)
    assert all(target["legendFormat"] for target in panel["targets"])


@pytest.mark.parametrize("panel", PANELS, ids=lambda panel: panel["title"])
def test_a_panel_shows_what_is_measured(panel: dict[str, Any]) -> None:
    for query in _queries(panel):
        assert list(query_problems(query)) == []
        assert set(re.findall(r"\$\w+", query)) <= set(VARIABLES)


def test_promtool_can_read_every_query(tmp_path: Path) -> None:
    promtool = tool("promtool", "on Debian, apt-get install prometheus")
    queries = [_filled(query) for panel in PANELS for query in _queries(panel)]
    rules = [{"record": f"panel:query{n}", "expr": q} for n, q in enumerate(queries)]
    path = tmp_path / "rules.yaml"
    path.write_text(yaml.safe_dump({"groups": [{"name": "dashboard", "rules": rules}]}))
    done = subprocess.run(
        [promtool, "check", "rules", str(path)], check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    path.write_text(path.read_text(encoding="utf-8").replace("sum by", "sum bye", 1))
    broken = subprocess.run(
        [promtool, "check", "rules", str(path)], check=False, capture_output=True
    )
    assert broken.returncode != 0


def test_panels_have_places_of_their_own() -> None:
    everything = DASHBOARD["panels"]
    assert len({panel["id"] for panel in everything}) == len(everything)
    for one, other in itertools.combinations([panel["gridPos"] for panel in everything], 2):
        beside = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
        above = one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
        assert beside or above, (one, other)
        assert one["x"] + one["w"] <= 24


def test_it_shows_the_golden_signals_queue_models_drift_and_machines() -> None:
    assert ROWS == ["Service", "Queue", "Model", "Drift", "Machines"]
    titles = {panel["title"] for panel in PANELS}
    assert {"Traffic", "Errors", "Latency of handing in", "Waiting jobs"} <= titles


def test_nothing_is_measured_in_vain() -> None:
    queries = [query for panel in PANELS for query in _queries(panel)]
    queries += [rule["expr"] for rule in ALERTS.values()]
    assert {name for name in measured() if not any(name in query for query in queries)} == set()


def test_every_line_is_where_the_alert_is() -> None:
    thresholds = " ".join(rule["expr"] for rule in ALERTS.values())
    for panel in PANELS:
        for step in panel["fieldConfig"]["defaults"]["thresholds"]["steps"][1:]:
            # Microseconds on the panel, and hours in the alert.
            value = {250000: 0.25, 10800: "3 * 3600", 1: 0}.get(step["value"], step["value"])
            assert re.search(rf"[<>=] {re.escape(str(value))}\b", thresholds), panel["title"]


def test_grafana_gets_it_with_the_service() -> None:
    config = render("prod").get("ConfigMap", "fraud-score-dashboard")
    assert config["metadata"]["labels"]["grafana_dashboard"] == "1"
    assert json.loads(config["data"]["fraud-score.json"]) == DASHBOARD
