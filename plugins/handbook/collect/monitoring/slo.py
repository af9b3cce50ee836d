"""Service level objectives as code: OpenSLO, Sloth, Pyrra."""

from __future__ import annotations

from collections.abc import Iterator

from handbook.collect.monitoring.classify import kind_of
from handbook.collect.monitoring.place import Place, line_in, text_of
from handbook.model.monitoring import AlertClass, Objective
from handbook.yamlnodes import Mapping, Node, Scalar, Sequence

_TEXT = 300


def objectives_in(document: Node, place: Place) -> Iterator[Objective]:
    """Give the objectives of one document."""
    if not isinstance(document, Mapping):
        return
    api, kind = text_of(document, "apiVersion"), text_of(document, "kind")
    spec = document.mapping("spec")
    if api.startswith(("openslo", "n9/")) and kind == "SLO":
        yield from _openslo(document, spec, place)
    elif kind == "PrometheusServiceLevel":
        yield from _sloth(spec, place)
    elif text_of(document, "version").startswith("prometheus/v") and document.get("slos"):
        yield from _sloth(document, place)
    elif kind == "ServiceLevelObjective" and "pyrra" in api:
        yield _pyrra(document, spec, place)


def _openslo(document: Mapping, spec: Mapping, place: Place) -> Iterator[Objective]:
    name = text_of(document.mapping("metadata"), "name") or "SLO"
    words = f"{name} {text_of(spec, 'description')}"
    window = _window(spec)
    goals = spec.get("objectives")
    for goal in goals.items if isinstance(goals, Sequence) else ():
        if not isinstance(goal, Mapping):
            continue
        target = text_of(goal, "target")
        percent = text_of(goal, "targetPercent")
        level = " ".join(filter(None, (text_of(goal, "op"), text_of(goal, "value"))))
        yield Objective(
            name=" ".join(filter(None, (name, text_of(goal, "displayName"))))[:_TEXT],
            form="Nobl9" if text_of(document, "apiVersion").startswith("n9/") else "OpenSLO",
            spot=line_in(place, goal.line),
            service=text_of(spec, "service")[:_TEXT],
            kind=_kind(words, "lte" in level or "threshold" in words),
            target=f"{percent} %" if percent else _percent(target),
            window=window,
            signal=(text_of(spec, "description") or level)[:_TEXT],
            alerting=spec.get("alertPolicies") is not None,
        )


def _window(spec: Mapping) -> str:
    windows = spec.get("timeWindow") or spec.get("timeWindows")
    for item in windows.items if isinstance(windows, Sequence) else ():
        if isinstance(item, Mapping):
            count, unit = text_of(item, "count"), text_of(item, "unit")
            return text_of(item, "duration") or f"{count} {unit}".strip()
    return ""


def _sloth(spec: Mapping, place: Place) -> Iterator[Objective]:
    goals = spec.get("slos")
    for goal in goals.items if isinstance(goals, Sequence) else ():
        if not isinstance(goal, Mapping):
            continue
        name = goal.scalar("name")
        query = " ".join(_texts_below(goal.mapping("sli")))
        alerting = goal.mapping("alerting")
        yield Objective(
            name=name.text[:_TEXT] if name else "SLO",
            form="Sloth",
            spot=line_in(place, name.line if name else goal.line),
            service=text_of(spec, "service")[:_TEXT],
            kind=_kind(
                f"{name.text if name else ''} {text_of(goal, 'description')}", "le=" in query
            ),
            target=f"{text_of(goal, 'objective')} %",
            window="30d",
            signal=(text_of(goal, "description") or query)[:_TEXT],
            alerting=bool(alerting.pairs) and not _off(alerting),
        )


def _off(alerting: Mapping) -> bool:
    """Whether neither the page nor the ticket is sent."""
    kinds = [("page_alert", "pageAlert"), ("ticket_alert", "ticketAlert")]
    return all(
        any(text_of(alerting.mapping(name), "disable") == "true" for name in names)
        for names in kinds
    )


def _pyrra(document: Mapping, spec: Mapping, place: Place) -> Objective:
    name = document.mapping("metadata").scalar("name")
    indicator = spec.mapping("indicator")
    latency = any(key.text.lower().startswith("latency") for key, _ in indicator.pairs)
    off = text_of(spec.mapping("alerting"), "disabled") == "true"
    return Objective(
        name=name.text[:_TEXT] if name else "SLO",
        form="Pyrra",
        spot=line_in(place, name.line if name else document.line),
        kind="latency" if latency else "uptime",
        target=f"{text_of(spec, 'target')} %",
        window=text_of(spec, "window"),
        signal=(text_of(spec, "description") or " ".join(_texts_below(indicator)))[:_TEXT],
        alerting=not off,
    )


def _texts_below(node: Node) -> Iterator[str]:
    todo: list[Node] = [node]
    for _ in range(200):
        if not todo:
            return
        item = todo.pop()
        if isinstance(item, Scalar):
            yield item.text
        elif isinstance(item, Mapping):
            todo += [value for _, value in reversed(item.pairs)]
        else:
            todo += reversed(item.items)


def _kind(words: str, latency: bool) -> AlertClass:
    if latency:
        return "latency"
    kind = kind_of(words)
    # What share of requests ended well is how available the service is.
    return "uptime" if kind in ("errors", "other") else kind


def _percent(target: str) -> str:
    try:
        share = float(target[:20])
    except ValueError:
        return target[:20]
    return f"{share * 100:.6g} %" if 0 < share <= 1 else f"{share:.6g} %"
