"""Dashboards as JSON: Grafana, Datadog, Google Cloud, CloudWatch."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from handbook.collect.monitoring import promql
from handbook.collect.monitoring.place import Place, line_in
from handbook.model.monitoring import Dashboard, Panel
from handbook.model.source import Spot

_PANELS = 300
_TEXT = 200
_QUERIES = ("expr", "query", "rawSql", "expression", "queryText", "target")
_DATADOG_METRIC = re.compile(r"\b[a-z][a-z0-9_]{0,60}(?:\.[a-z0-9_]{1,60}){1,8}(?=\{)")
_GOOGLE_METRIC = re.compile(r"\b[\w-]{1,60}\.googleapis\.com/[\w/.-]{1,200}")


def dashboard_in(place: Place) -> Dashboard | None:
    """Return the dashboard that a JSON text is, if it is one."""
    try:
        data = json.loads(place.text)
    except (ValueError, RecursionError):
        return None
    if isinstance(data, dict) and isinstance(data.get("dashboard"), dict):
        data = data["dashboard"]
    if not isinstance(data, dict):
        return None
    if isinstance(data.get("panels"), list) or isinstance(data.get("rows"), list):
        return _grafana(data, place)
    if isinstance(data.get("widgets"), list):
        return _widgets(data, place)
    layouts = [value for key, value in data.items() if str(key).endswith("Layout")]
    if "displayName" in data and layouts:
        return _google(data, layouts[0], place)
    return None


def _grafana(data: dict[str, Any], place: Place) -> Dashboard | None:
    if "schemaVersion" not in data and "templating" not in data and "timezone" not in data:
        return None
    title = _text(data.get("title")) or place.path.rpartition("/")[2]
    return Dashboard(title, "Grafana", _line(place, title), tuple(_panels(data))[:_PANELS])


def _panels(data: dict[str, Any]) -> Iterator[Panel]:
    row = ""
    for item in _dicts(data.get("panels")):
        if item.get("type") == "row":
            row = _text(item.get("title"))
            yield from (_panel(inner, row) for inner in _dicts(item.get("panels")))
        else:
            yield _panel(item, row)
    for group in _dicts(data.get("rows")):
        title = _text(group.get("title"))
        yield from (_panel(inner, title) for inner in _dicts(group.get("panels")))


def _panel(item: dict[str, Any], row: str) -> Panel:
    queries = [
        _text(target.get(key), 4_000) for target in _dicts(item.get("targets")) for key in _QUERIES
    ]
    names = dict.fromkeys(name for query in queries for name in promql.metrics_in(query))
    return Panel(_text(item.get("title")), tuple(names)[:20], row)


def _widgets(data: dict[str, Any], place: Place) -> Dashboard | None:
    cloudwatch = any("properties" in item for item in _dicts(data["widgets"]))
    if not cloudwatch and "layout_type" not in data and "title" not in data:
        return None
    title = _text(data.get("title")) or place.path.rpartition("/")[2]
    panels: list[Panel] = []
    todo = list(reversed(list(_dicts(data["widgets"]))))
    while todo and len(panels) < _PANELS:
        item = todo.pop()
        inner = item.get("definition") or item.get("properties")
        inner = inner if isinstance(inner, dict) else {}
        todo += reversed(list(_dicts(inner.get("widgets"))))
        text = json.dumps(inner)[:20_000]
        names = [name for name in _DATADOG_METRIC.findall(text) if not cloudwatch]
        names += (
            [_text(m[1]) for m in inner.get("metrics") or () if _is_metric(m)] if cloudwatch else []
        )
        panels.append(Panel(_text(inner.get("title")), tuple(dict.fromkeys(names))[:20]))
    form = "CloudWatch" if cloudwatch else "Datadog"
    return Dashboard(title, form, _line(place, title), tuple(panels))


def _is_metric(item: object) -> bool:
    return isinstance(item, list) and len(item) > 1 and isinstance(item[1], str)


def _google(data: dict[str, Any], layout: object, place: Place) -> Dashboard:
    title = _text(data.get("displayName"))
    tiles: list[dict[str, Any]] = []
    if isinstance(layout, dict):
        for key in ("widgets", "tiles", "columns", "rows"):
            tiles += _dicts(layout.get(key))
    widgets = [
        inner
        for tile in tiles
        for inner in (_dicts(tile.get("widgets")) or [tile.get("widget", tile)])
    ]
    panels = []
    for widget in widgets[:_PANELS]:
        if isinstance(widget, dict):
            names = dict.fromkeys(_GOOGLE_METRIC.findall(json.dumps(widget)[:20_000]))
            panels.append(Panel(_text(widget.get("title")), tuple(names)[:20]))
    return Dashboard(title, "Google Cloud", _line(place, title), tuple(panels))


def _dicts(value: object) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _text(value: object, limit: int = _TEXT) -> str:
    return " ".join(value[:limit].split()) if isinstance(value, str) else ""


def _line(place: Place, title: str) -> Spot:
    found = re.search(rf'"(?:title|displayName)"\s*:\s*{re.escape(json.dumps(title))}', place.text)
    at = found.start() if found else place.text.find(f'"{title}"')
    return line_in(place, place.text.count("\n", 0, at) + 1 if at >= 0 else 1)
