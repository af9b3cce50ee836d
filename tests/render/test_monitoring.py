"""The monitoring page: what is watched and what rings, with its line; pictures by their age."""

from __future__ import annotations

from typing import Any

import pytest

from handbook.collect import collect, collect_for_rules
from handbook.model.limits import Limits
from handbook.model.pages import Section
from handbook.model.service import Service, Snapshot
from handbook.render.monitoring import render_monitoring
from handbook.tree import MemoryTree

REPO = "https://github.com/acme/risk"
PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + (800).to_bytes(4, "big") + (600).to_bytes(4, "big")
ALERTS = """\
groups:
  - name: risk
    rules:
      - alert: ApiSlow
        expr: histogram_quantile(0.95, rate(risk_seconds_bucket{job="risk-api"}[5m])) > 0.25
        for: 10m
        labels: {severity: page, receiver: risk-pager}
        annotations:
          summary: '{{ $labels.job }} takes {{ $value | humanizeDuration }}'
          runbook_url: https://wiki.example/runbook#slow
"""
DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: risk-api}
spec:
  selector: {matchLabels: {app: risk-api}}
  template:
    metadata: {labels: {app: risk-api}}
    spec: {containers: [{name: api, image: risk}]}
"""


def page(context: Any, files: dict[str, Any], today: str = "2026-03-10") -> Section:
    ctx = context()
    tree = MemoryTree(files, repo=REPO, commit=ctx.snapshot.commit)
    snapshot = Snapshot(Service("Risk", "risk", REPO), "", tree.commit, "main")
    facts = collect_for_rules(collect(snapshot, tree, Limits()), tree, Limits())
    return render_monitoring(facts, today, ctx, tree)


def test_an_alert_is_shown_with_all_it_says(context: Any, checked: Any) -> None:
    (made,) = page(context, {"alerts.yaml": ALERTS, "api.yaml": DEPLOYMENT}).pages
    html = checked(made.html)
    assert made.uri == "monitoring/"
    assert "Latency" in [item.title for item in made.toc]
    assert "{job} takes {value}" in html.words
    assert "> 0.25" in html.words
    assert "over 5m for 10m" in html.words
    assert "risk-pager page" in html.words
    assert "https://wiki.example/runbook#slow" in html.links
    assert any(link.endswith("/alerts.yaml#L4") for link in html.links)
    assert "risk-api Deployment" in html.words
    assert {item.anchor for item in made.toc} <= set(html.ids)


def test_without_anything_there_is_no_page(context: Any) -> None:
    assert page(context, {"README.md": "# Risk"}) == Section()


@pytest.mark.parametrize(("today", "stale"), [("2026-03-31", 0), ("2026-04-01", 2)])
def test_a_picture_is_stale_after_thirty_days(context: Any, today: str, stale: int) -> None:
    section = page(context, {"monitoring/screenshots/production-2026-03-01.png": PNG}, today)
    (made,) = section.pages
    (asset,) = section.assets
    assert asset.uri == "_files/monitoring/screenshots/production-2026-03-01.png"
    assert f'<img src="../{asset.uri}" alt="production on 1 Mar 2026"' in made.html
    assert 'width="800" height="600"' in made.html
    assert made.html.count(">stale<") == stale


def test_a_picture_that_is_none_is_not_published(context: Any) -> None:
    section = page(context, {"monitoring/a-2026-03-01.png": "<script>"})
    assert section.assets == ()
    assert "<img" not in section.pages[0].html
    assert "not what its name says" in section.problems[0].message


def test_metrics_of_the_source_say_who_asks_for_them(context: Any, checked: Any) -> None:
    source = 'from prometheus_client import Histogram\n\nH = Histogram("risk_seconds", "Time.")\n'
    (made,) = page(context, {"alerts.yaml": ALERTS, "risk/metrics.py": source}).pages
    words = checked(made.html).words
    assert "risk_seconds metrics.py:3 histogram 1 alert" in words


def test_what_a_repo_says_is_text(context: Any, checked: Any) -> None:
    evil = '"<script>alert(1)</script>"'
    files = {
        "alerts.yaml": f"groups: [{{name: {evil}, rules: [{{alert: {evil}, expr: {evil}, "
        f"labels: {{receiver: {evil}}}, annotations: {{runbook_url: 'javascript:alert(1)', "
        f"summary: {evil}}}}}]}}]",
        "docs/monitoring.md": "| Part | Metrics |\n|---|---|\n| <b>x</b> | <img src=x> |\n",
        "dashboards/a.json": '{"schemaVersion": 1, "title": "<i>", "panels": [{"title": "<u>"}]}',
        ".handbook.yml": "dashboards: [{title: <s>, url: 'https://a.example/<b>'}]",
        "slo.yaml": f"version: prometheus/v1\nservice: {evil}\nslos: [{{name: {evil}}}]",
    }
    (made,) = page(context, files).pages
    html = checked(made.html)
    assert {"script", "b", "i", "u", "s", "img"}.isdisjoint(html.tags)
    assert "<script>alert(1)</script>" in html.words
