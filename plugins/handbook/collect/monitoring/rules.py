"""Alert rules in YAML and JSON: Prometheus, PrometheusRule, Grafana, CloudFormation, Helm values.

A rule is recognised by its own keys wherever it stands, so that it is found in a rule file, in a
custom resource, in the values of a chart and in a ConfigMap alike.
"""

from __future__ import annotations

from collections.abc import Iterator

from handbook.collect.monitoring import promql
from handbook.collect.monitoring.classify import kind_of
from handbook.collect.monitoring.place import Place, line_in, text_of
from handbook.model.monitoring import Alert
from handbook.yamlnodes import Mapping, Node, Scalar, Sequence, texts

_NODES = 60_000
_TEXT = 300
_EXPRESSION = 2_000
_RECEIVER_KEYS = ("receiver", "routing_key", "slack_channel", "channel", "notify", "pagerduty")
_RUNBOOK_KEYS = ("runbook_url", "runbook", "runbookUrl", "runbook_link", "playbook", "playbook_url")
_SIGNAL_KEYS = ("summary", "title", "description", "message")
_EVALUATORS = {"gt": ">", "lt": "<", "gte": ">=", "lte": "<=", "eq": "==", "ne": "!="}
AWS_COMPARATORS = {
    "GreaterThanThreshold": ">",
    "GreaterThanOrEqualToThreshold": ">=",
    "LessThanThreshold": "<",
    "LessThanOrEqualToThreshold": "<=",
    "GreaterThanUpperThreshold": "> band",
    "LessThanLowerThreshold": "< band",
    "LessThanLowerOrGreaterThanUpperThreshold": "outside band",
}


def walk(node: Node) -> Iterator[tuple[Mapping, str]]:
    """Give every mapping of a document with the name of the group or resource that it is in."""
    todo: list[tuple[Node, str]] = [(node, "")]
    for _ in range(_NODES):
        if not todo:
            return
        item, group = todo.pop()
        if isinstance(item, Mapping):
            yield item, group
            named = item.scalar("name")
            inner = named.text if named and item.get("rules") is not None else group
            todo += [(value, inner) for _, value in reversed(item.pairs)]
        elif isinstance(item, Sequence):
            todo += [(value, group) for value in reversed(item.items)]


def labelled_alerts_in(document: Node, place: Place) -> Iterator[tuple[Alert, dict[str, str]]]:
    """Give the alert rules of one document, each with the labels that routes look at."""
    for node, group in walk(document):
        name = node.scalar("alert")
        if name and isinstance(node.get("expr"), Scalar):
            yield _prometheus(node, name, group, place), _labels(node)
        elif node.get("condition") is not None and isinstance(node.get("data"), Sequence):
            for alert in _grafana(node, group, place):
                yield alert, _labels(node)
        elif text_of(node, "Type") == "AWS::CloudWatch::Alarm":
            yield _cloudwatch(node, place), {}


def _prometheus(node: Mapping, name: Scalar, group: str, place: Place) -> Alert:
    labels, notes = node.mapping("labels"), node.mapping("annotations")
    expression = text_of(node, "expr")
    comparator, threshold = promql.comparison(expression)
    signal = _first(notes, _SIGNAL_KEYS)
    return Alert(
        name=name.text[:_TEXT],
        kind=kind_of(name.text, expression, signal, group),
        form="Prometheus",
        spot=line_in(place, name.line),
        signal=signal[:_TEXT],
        expression=expression[:_EXPRESSION],
        comparator=comparator,
        threshold=threshold,
        over=promql.windows_in(expression),
        lasting=text_of(node, "for"),
        severity=_first(labels, ("severity", "priority", "level"))[:_TEXT],
        receiver=_first(labels, _RECEIVER_KEYS)[:_TEXT],
        runbook=_first(notes, _RUNBOOK_KEYS)[:_TEXT],
        metrics=promql.metrics_in(expression)[:20],
        templated=place.templated or "{{" in expression,
    )


def _labels(node: Mapping) -> dict[str, str]:
    pairs = node.mapping("labels").pairs
    return {key.text: value.text for key, value in pairs if isinstance(value, Scalar)}


def _grafana(node: Mapping, group: str, place: Place) -> Iterator[Alert]:
    title = node.scalar("title")
    data = node.get("data")
    if title is None or not isinstance(data, Sequence):
        return
    models = [item.mapping("model") for item in data.items if isinstance(item, Mapping)]
    expression = next(filter(None, (_query(model) for model in models)), "")
    comparator, threshold = next(filter(None, map(_evaluator, models)), ("", ""))
    if not comparator:
        comparator, threshold = promql.comparison(expression)
    labels, notes = node.mapping("labels"), node.mapping("annotations")
    signal = _first(notes, _SIGNAL_KEYS)
    yield Alert(
        name=title.text[:_TEXT],
        kind=kind_of(title.text, expression, signal, group),
        form="Grafana",
        spot=line_in(place, title.line),
        signal=signal[:_TEXT],
        expression=expression[:_EXPRESSION],
        comparator=comparator,
        threshold=threshold[:_TEXT],
        over=promql.windows_in(expression),
        lasting=text_of(node, "for"),
        severity=_first(labels, ("severity", "priority", "level"))[:_TEXT],
        receiver=text_of(node.mapping("notification_settings"), "receiver")[:_TEXT],
        runbook=_first(notes, _RUNBOOK_KEYS)[:_TEXT],
        metrics=promql.metrics_in(expression)[:20],
        templated=place.templated,
    )


def _query(model: Mapping) -> str:
    expression = _first(model, ("expr", "query", "rawSql"))
    return "" if expression.startswith("$") or len(expression) < 3 else expression


def _evaluator(model: Mapping) -> tuple[str, str] | None:
    conditions = model.get("conditions")
    for item in conditions.items if isinstance(conditions, Sequence) else ():
        if not isinstance(item, Mapping):
            continue
        evaluator = item.mapping("evaluator")
        kind = text_of(evaluator, "type")
        params = ", ".join(param.text for param in texts(evaluator.get("params")))
        if kind in _EVALUATORS and model.get("type") is not None:
            return _EVALUATORS[kind], params
    if text_of(model, "type") == "math":
        found = promql.comparison(text_of(model, "expression"))
        return found if found[0] else None
    return None


def _cloudwatch(node: Mapping, place: Place) -> Alert:
    values = node.mapping("Properties")
    metric = _first(values, ("MetricName",))
    name = _first(values, ("AlarmName", "AlarmDescription")) or metric
    actions = texts(values.get("AlarmActions"))
    return Alert(
        name=name[:_TEXT],
        kind=kind_of(name, metric, text_of(values, "AlarmDescription")),
        form="CloudWatch",
        spot=line_in(place, node.line),
        signal=text_of(values, "AlarmDescription")[:_TEXT],
        expression=" ".join(
            filter(None, (text_of(values, "Namespace"), metric, text_of(values, "Statistic")))
        ),
        comparator=AWS_COMPARATORS.get(text_of(values, "ComparisonOperator"), ""),
        threshold=text_of(values, "Threshold")[:_TEXT],
        over=seconds(text_of(values, "Period")),
        lasting=periods(text_of(values, "EvaluationPeriods")),
        receiver=", ".join(action.text for action in actions)[:_TEXT],
        metrics=(metric,) if metric else (),
        templated=place.templated,
    )


def seconds(text: str) -> str:
    """Write a number of seconds as a duration: "300" is "5m"."""
    number = text.removesuffix("s")
    if not number.isdecimal() or len(number) > 8:
        return text[:40]
    value = int(number)
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "m")):
        if value and value % size == 0:
            return f"{value // size}{unit}"
    return f"{value}s"


def periods(text: str) -> str:
    """Write a number of periods in words."""
    return f"{text[:20]} period{'' if text == '1' else 's'}" if text else ""


def _first(node: Mapping, keys: tuple[str, ...]) -> str:
    return next((text for key in keys if (text := text_of(node, key))), "")
