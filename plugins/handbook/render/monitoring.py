"""The page of a service's monitoring: what is watched, what rings, how it looks."""

from __future__ import annotations

import re
from datetime import date, timedelta

from msgspec import Struct

from handbook.model.collected import ServiceFacts
from handbook.model.declared import DashboardLink
from handbook.model.facts import Broken, Found
from handbook.model.monitoring import (
    CLASSES,
    STALE_DAYS,
    Alert,
    AlertClass,
    Dashboard,
    Metric,
    Monitoring,
    Screenshot,
    instrumented,
    metrics_of,
)
from handbook.model.pages import NavItem, Page, Section
from handbook.model.source import Source, Spot
from handbook.model.watched import Watched, watched_in
from handbook.render.assets import AssetStore
from handbook.render.context import RenderContext, relative_url
from handbook.render.headings import outline
from handbook.render.spots import place_of
from handbook.render.templates import environment
from handbook.tree import RepoTree

URI = "monitoring/"
_ROWS = 300
_PICTURES = 12  # shown; older ones are linked
_METRICS = 400

TITLES: dict[AlertClass, str] = {
    "uptime": "Uptime",
    "latency": "Latency",
    "throughput": "Throughput",
    "errors": "Errors",
    "queue": "Queue",
    "disk": "Disk",
    "CPU": "CPU",
    "memory": "Memory",
    "model": "Model quality and drift",
    "other": "Other",
}


class Group(Struct, frozen=True):
    """The alerts of one class."""

    title: str
    anchor: str
    alerts: tuple[Alert, ...]


class Row(Struct, frozen=True):
    """A watched workload, and how many alerts there are on it by class."""

    item: Watched
    owner: str
    parameters: tuple[str, ...]
    counts: tuple[tuple[str, int], ...]


class Picture(Struct, frozen=True):
    """A picture of a dashboard: its address on the site ("" if it is not published), its size."""

    shot: Screenshot
    uri: str
    width: int
    height: int
    stale: bool
    spot: Spot


class Used(Struct, frozen=True):
    """A metric of the source, with the alerts and dashboards that ask for it."""

    metric: Metric
    alerts: int
    dashboards: int


def render_monitoring(
    facts: ServiceFacts, today: str, ctx: RenderContext, tree: RepoTree
) -> Section:
    """Render ``monitoring/`` as of ``today``; no page where nothing is known."""
    if isinstance(facts.monitoring, Broken):
        return Section(problems=(facts.monitoring.problem,))
    known = facts.monitoring.value if isinstance(facts.monitoring, Found) else Monitoring()
    links = facts.declared.value.dashboards if isinstance(facts.declared, Found) else ()
    source = facts.source.value if isinstance(facts.source, Found) else Source()
    metrics = tuple(metrics_of(source))[:_METRICS]
    if known == Monitoring() and not links and not metrics:
        return Section()
    deploy = facts.deploy.value if isinstance(facts.deploy, Found) else None
    store = AssetStore(tree, ctx.limits)
    values = {
        "known": known,
        "watched": [_row(item) for item in watched_in(deploy, known)][:_ROWS],
        "groups": _groups(known),
        "links": links,
        "metrics": [_used(metric, known) for metric in metrics],
        "sends": list(instrumented(source)),
        "pictures": _pictures(known, today, store),
    }
    page = _page(values, ctx, _first(known, links))
    return Section((page,), (NavItem("Monitoring", URI),), store.assets, tuple(store.problems))


def _page(values: dict[str, object], ctx: RenderContext, path: str) -> Page:
    html = (
        environment()
        .get_template("monitoring.html.j2")
        .render(
            service=ctx.service,
            place=lambda spot: place_of(spot, ctx),
            runbook=_runbook,
            plain=_plain,
            rows=_ROWS,
            newest=_PICTURES,
            days=STALE_DAYS,
            **values,
        )
    )
    outlined = outline(html, "Monitoring")
    return Page(
        uri=URI,
        title="Monitoring",
        html=outlined.html,
        kind="monitoring",
        toc=outlined.toc,
        description=f"What is watched on {ctx.service.name}, what rings, and whom it wakes.",
        edit_url=ctx.edit_url(path) if path else "",
        view_url=ctx.view_url(path) if path else "",
    )


def _first(known: Monitoring, links: tuple[DashboardLink, ...]) -> str:
    """Return the file to edit: the sheet, else that of the alerts."""
    spots: list[Spot] = [row.spot for row in known.sheet] + [item.spot for item in known.alerts]
    spots += [item.spot for item in known.dashboards]
    return spots[0].path if spots else next((link.origin.path for link in links), "")


def _groups(known: Monitoring) -> list[Group]:
    groups = []
    for kind in CLASSES:
        if alerts := known.of(kind):
            groups.append(Group(TITLES[kind], f"alerts-{kind.lower()}", alerts[:_ROWS]))
    return groups


def _row(item: Watched) -> Row:
    kinds = [alert.kind for alert in item.alerts]
    counts = tuple((kind, kinds.count(kind)) for kind in CLASSES if kind in kinds)
    return Row(
        item=item,
        owner=next((row.owner for row in item.rows if row.owner), ""),
        parameters=tuple(dict.fromkeys(row.parameters for row in item.rows)),
        counts=counts,
    )


def _used(metric: Metric, known: Monitoring) -> Used:
    """Count who asks for a metric; a histogram is exposed under three names."""
    names = {metric.name, *(f"{metric.name}_{end}" for end in ("bucket", "count", "sum", "total"))}
    return Used(
        metric,
        sum(not names.isdisjoint(alert.metrics) for alert in known.alerts),
        sum(_asks(dashboard, names) for dashboard in known.dashboards),
    )


def _asks(dashboard: Dashboard, names: set[str]) -> bool:
    return not names.isdisjoint(dashboard.metrics)


def _pictures(known: Monitoring, today: str, store: AssetStore) -> list[Picture]:
    """Return the pictures, newest first; those to be shown are published beside the page."""
    newest = sorted(known.screenshots, key=lambda shot: (shot.day, shot.path), reverse=True)
    shown = []
    for number, shot in enumerate(newest):
        uri = store.uri(shot.path) if number < _PICTURES else ""
        size = store.size(shot.path) or (0, 0)
        address = relative_url(uri, URI) if uri else ""
        shown.append(
            Picture(shot, address, *size, stale=_is_stale(shot.day, today), spot=Spot(shot.path, 0))
        )
    return shown


def _is_stale(day: str, today: str) -> bool:
    if not today:
        return False
    return (date.fromisoformat(day) + timedelta(days=STALE_DAYS)).isoformat() < today


def _plain(signal: str) -> str:
    """Write what an alert says with its placeholders in short: ``{{ $labels.pod }}`` is {pod}."""
    return re.sub(r"\{\{[^{}]{0,80}?\$(?:labels\.)?(\w{1,40})[^{}]{0,80}\}\}", r"{\1}", signal)


def _runbook(text: str) -> str:
    """Return a runbook's link if it is one of the web and needs no values put in."""
    plain = text.startswith(("https://", "http://")) and not any(c in text for c in "{}$ <>\"'")
    return text if plain else ""
