"""Alerts, objectives and dashboards that Terraform makes: Google, AWS, Datadog, and others."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from handbook.collect.monitoring import promql
from handbook.collect.monitoring.classify import kind_of
from handbook.collect.monitoring.hcl import Block, blocks_of
from handbook.collect.monitoring.place import Place, line_in
from handbook.collect.monitoring.rules import AWS_COMPARATORS, periods, seconds
from handbook.model.monitoring import Alert, Dashboard, Objective

_TEXT = 300
_LINK = re.compile(r"https?://[^\s\"')>]{1,300}")
_RECEIVER = re.compile(r"(?<![\w.])@[\w.@-]{2,80}")
_GOOGLE = {"COMPARISON_GT": ">", "COMPARISON_LT": "<", "COMPARISON_GE": ">=", "COMPARISON_LE": "<="}
_METRIC_TYPE = re.compile(
    r"metric\.type\s*=\s*\\?\"([^\"\\]{1,200})|\b([\w-]{1,60}\.googleapis\.com/[\w/.-]{1,200})"
)
_DATADOG_METRIC = re.compile(r"\b[a-z][a-z0-9_]{0,60}(?:\.[a-z0-9_]{1,60}){1,8}\b")
_DASHBOARDS = {
    "google_monitoring_dashboard": ("Google Cloud", "dashboard_json"),
    "aws_cloudwatch_dashboard": ("CloudWatch", "dashboard_name"),
    "datadog_dashboard": ("Datadog", "title"),
    "datadog_dashboard_json": ("Datadog", "dashboard"),
    "datadog_timeboard": ("Datadog", "title"),
    "grafana_dashboard": ("Grafana", "config_json"),
}


def resources_in(place: Place) -> Iterator[Alert | Objective | Dashboard]:
    """Give what a file makes, in its order."""
    for block in blocks_of(place.text):
        if block.kind != "resource" or len(block.labels) < 2:
            continue
        read = _READERS.get(block.labels[0])
        if read is not None:
            yield from read(block, place)
        elif block.labels[0] in _DASHBOARDS:
            yield _dashboard(block, place)


def _name(block: Block, *keys: str) -> str:
    """The name it is given, else the name of the resource where that is put together."""
    given = next((block.values[key] for key in keys if key in block.values), None)
    if given is None or not given.quoted or given.text.startswith("${"):
        return block.labels[1]
    return given.text[:_TEXT]


def _google(block: Block, place: Place) -> Iterator[Alert]:
    name = _name(block, "display_name")
    notes = " ".join(inner.text("content") for inner in block.of("documentation"))
    receivers = _listed(block.text("notification_channels"))
    for condition in block.of("conditions"):
        for rule in condition.blocks:
            if rule.kind.startswith("condition_"):
                yield _google_condition(block, condition, rule, (name, notes, receivers), place)


def _google_condition(
    block: Block, condition: Block, rule: Block, said: tuple[str, str, str], place: Place
) -> Alert:
    name, notes, receivers = said
    query = rule.text("query") or rule.text("filter")
    comparator, threshold = promql.comparison(rule.text("query"))
    if rule.kind == "condition_absent":
        comparator = "absent"
    elif comparison := rule.text("comparison"):
        comparator, threshold = _GOOGLE.get(comparison, ""), rule.text("threshold_value") or "0"
    metrics = tuple(dict.fromkeys(a or b for a, b in _METRIC_TYPE.findall(query)))
    title = condition.text("display_name")
    over = next((inner.text("alignment_period") for inner in rule.of("aggregations")), "")
    return Alert(
        name=name,
        kind=kind_of(f"{name} {title}", query, notes[:_TEXT]),
        form="Google Cloud",
        spot=line_in(place, condition.line),
        signal=title[:_TEXT],
        expression=" ".join(query.split()),
        comparator=comparator,
        threshold=threshold[:_TEXT],
        over=seconds(over) or promql.windows_in(query),
        lasting=seconds(rule.text("duration")),
        severity=block.text("severity").lower()[:_TEXT],
        receiver=receivers,
        runbook=_runbook(notes),
        metrics=metrics or promql.metrics_in(query)[:20],
        templated="${" in query,
    )


def _aws(block: Block, place: Place) -> Iterator[Alert]:
    name = _name(block, "alarm_name")
    note = block.text("alarm_description")
    metric = " ".join(filter(None, (block.text("namespace"), block.text("metric_name"))))
    inner = [query.text("expression") for query in block.of("metric_query")]
    metrics = [block.text("metric_name")] if block.text("metric_name") else []
    for query in block.of("metric_query"):
        metrics += [item.text("metric_name") for item in query.of("metric")]
    expression = metric or " ".join(filter(None, (*inner, *metrics)))
    actions = block.text("alarm_actions")
    yield Alert(
        name=name,
        kind=kind_of(name, expression, note),
        form="CloudWatch",
        spot=line_in(place, block.line),
        signal=note[:_TEXT],
        expression=" ".join(filter(None, (expression, block.text("statistic"))))[:2_000],
        comparator=AWS_COMPARATORS.get(block.text("comparison_operator"), ""),
        threshold=block.text("threshold")[:_TEXT],
        over=seconds(block.text("period")),
        lasting=periods(block.text("evaluation_periods")),
        receiver=_listed(actions),
        runbook=_runbook(note),
        metrics=tuple(filter(None, metrics))[:20],
        templated="var." in expression or "${" in expression,
    )


def _datadog(block: Block, place: Place) -> Iterator[Alert]:
    name = _name(block, "name")
    query, message = block.text("query"), block.text("message")
    comparator, threshold = promql.comparison(query)
    over = re.search(r"\blast_(\w{1,10})", query)
    yield Alert(
        name=name,
        kind=kind_of(name, query, message[:_TEXT]),
        form="Datadog",
        spot=line_in(place, block.line),
        signal=message.strip().split("\n")[0][:_TEXT],
        expression=" ".join(query.split())[:2_000],
        comparator=comparator,
        threshold=threshold,
        over=over[1] if over else "",
        severity=f"P{block.text('priority')}" if block.text("priority") else "",
        receiver=", ".join(dict.fromkeys(_RECEIVER.findall(message)))[:_TEXT],
        runbook=_runbook(message),
        metrics=tuple(dict.fromkeys(_DATADOG_METRIC.findall(query)))[:20],
        templated="${" in query,
    )


def _google_slo(block: Block, place: Place) -> Iterator[Objective]:
    name = _name(block, "display_name", "slo_id")
    days = block.text("rolling_period_days")
    text = " ".join(inner.kind for inner in _below(block))
    yield Objective(
        name=name,
        form="Google Cloud",
        spot=line_in(place, block.line),
        service=block.text("service")[:_TEXT],
        kind="latency" if "latency" in text or "latency" in name.lower() else "uptime",
        target=_share(block.text("goal")),
        window=f"{days}d" if days else block.text("calendar_period").lower(),
    )


def _datadog_slo(block: Block, place: Place) -> Iterator[Objective]:
    name = _name(block, "name")
    for threshold in block.of("thresholds"):
        yield Objective(
            name=name,
            form="Datadog",
            spot=line_in(place, threshold.line),
            kind="latency" if kind_of(name) == "latency" else "uptime",
            target=f"{threshold.text('target')} %",
            window=threshold.text("timeframe"),
            signal=block.text("description")[:_TEXT],
        )


def _azure(block: Block, place: Place) -> Iterator[Alert]:
    name = _name(block, "name")
    for rule in block.of("criteria", "dynamic_criteria"):
        metric = rule.text("metric_name")
        words = {"GreaterThan": ">", "LessThan": "<", "GreaterThanOrEqual": ">="}
        yield Alert(
            name=name,
            kind=kind_of(name, metric, block.text("description")),
            form="Azure Monitor",
            spot=line_in(place, block.line),
            signal=block.text("description")[:_TEXT],
            expression=" ".join(filter(None, (rule.text("metric_namespace"), metric))),
            comparator=words.get(rule.text("operator"), ""),
            threshold=rule.text("threshold")[:_TEXT],
            over=block.text("window_size"),
            severity=block.text("severity"),
            metrics=(metric,) if metric else (),
        )


def _dashboard(block: Block, place: Place) -> Dashboard:
    form, key = _DASHBOARDS[block.labels[0]]
    given = block.values.get(key)
    title = re.search(
        r"\"?(?:displayName|title)\"?\s*[=:]\s*\"([^\"]{1,200})\"", given.text if given else ""
    )
    name = (
        title[1]
        if title
        else _name(block, key)
        if key in ("title", "name", "dashboard_name")
        else block.labels[1]
    )
    return Dashboard(name, form, line_in(place, block.line))


def _below(block: Block) -> Iterator[Block]:
    for inner in block.blocks:
        yield inner
        yield from _below(inner)


def _share(text: str) -> str:
    try:
        return f"{float(text[:20]) * 100:.6g} %"
    except ValueError:
        return text[:40]


def _listed(text: str) -> str:
    """Write a list of references in short: ``[google_monitoring_notification_channel.ops.id]``."""
    inner = text.strip().strip("[]").replace("\n", " ")
    parts = [part.strip().strip('"') for part in inner.split(",") if part.strip()]
    return ", ".join(part.removesuffix(".id").removesuffix(".arn") for part in parts)[:_TEXT]


def _runbook(text: str) -> str:
    links = [link.rstrip(".,;:") for link in _LINK.findall(text)]
    return next((link for link in links if re.search(r"(?i)run-?book|playbook|wiki", link)), "")


_READERS: dict[str, Callable[[Block, Place], Iterator[Alert | Objective]]] = {
    "google_monitoring_alert_policy": _google,
    "google_monitoring_slo": _google_slo,
    "aws_cloudwatch_metric_alarm": _aws,
    "datadog_monitor": _datadog,
    "datadog_service_level_objective": _datadog_slo,
    "azurerm_monitor_metric_alert": _azure,
}
