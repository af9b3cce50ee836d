"""Which files may say something of monitoring, and what reads each."""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec.structs import replace

from handbook.collect.monitoring.astext import alerts_in_text, scrapes_in_text
from handbook.collect.monitoring.dashboards import dashboard_in
from handbook.collect.monitoring.elsewhere import charts_in, modules_in
from handbook.collect.monitoring.pictures import screenshots_in
from handbook.collect.monitoring.place import Place
from handbook.collect.monitoring.receivers import Route, receiver_of, routes_in
from handbook.collect.monitoring.rules import labelled_alerts_in
from handbook.collect.monitoring.scrapes import scrapes_in
from handbook.collect.monitoring.sheet import objectives_in_text, rows_in
from handbook.collect.monitoring.slo import objectives_in
from handbook.collect.monitoring.terraform import resources_in
from handbook.collect.scope import aside, own_files
from handbook.errors import TreeError, YamlError
from handbook.forms import is_empty
from handbook.model.limits import Limits
from handbook.model.monitoring import Alert, Dashboard, Monitoring, Objective, Scrape, SheetRow
from handbook.model.service import Service
from handbook.model.source import Spot
from handbook.tree import RepoTree
from handbook.yamlnodes import Mapping, Node, Scalar, iter_documents

_FILES = 5_000  # of each kind
_ALERTS = 3_000
_MOST = 300  # dashboards, objectives, scrape rules and rows, of each
_FAR = 100  # JSON files that are read although nothing in their path speaks of monitoring
_TEXTS = (".md", ".markdown", ".mdx")
_YAML = (".yaml", ".yml", ".rules")
_TEMPLATES = (".tpl", ".libsonnet", ".jsonnet")
_CODES = (*_YAML, *_TEMPLATES, ".json", ".tf")
# Looked for one by one: a thousand times as fast as a pattern of all of them.
_MARKS = (
    *(
        "alert:",
        "alert':",
        'alert":',
        "datasourceUid",
        "AWS::CloudWatch::Alarm",
        "prometheus.io/scrape",
    ),
    *("openslo", "n9/v", "PrometheusServiceLevel", "ServiceLevelObjective", "prometheus/v"),
    *("scrape_configs", "ScrapeConfigs", "ServiceMonitor", "PodMonitor", "VMServiceScrape"),
    *("VMPodScrape", "receivers:", '"receivers"', ".json: |", ".json: >"),
)
_ALERT = re.compile(r"^\s*-\s+alert\s*:", re.MULTILINE)
_PART = re.compile(r"^---(?:[ \t#].*)?\n", re.MULTILINE)
_DEFINITION = re.compile(r"^kind:[ \t]*CustomResourceDefinition\b", re.MULTILINE)
_RESOURCES = tuple(
    f'"{name}_' for name in ("google_monitoring", "aws_cloudwatch", "datadog", "azurerm_monitor")
)
_DASHBOARD = ('"panels"', '"widgets"', '"rows"', 'Layout"')
_NEAR = re.compile(r"(?i)dashboard|grafana|monitor|observab|datadog|alert|metric|mixin|slo")
_SHEETS = re.compile(
    r"(?i)monitor|observab|\bslo|\bsla|alert|spec|runbook|operation|reliab|readme|service[-_]level"
    r"|objective"
)


class Reader:
    """Reads the files of one service, and puts what they say together."""

    def __init__(self, tree: RepoTree, service: Service, limits: Limits) -> None:
        self._tree = tree
        self._limits = limits
        self._root = service.path
        self._inside = len(f"{service.path}/") if service.path else 0
        self._own = own_files(tree, service, limits)
        self._read = 0
        self._far = 0
        self._alerts: list[tuple[Alert, dict[str, str]]] = []
        self._objectives: list[Objective] = []
        self._dashboards: list[Dashboard] = []
        self._scrapes: list[Scrape] = []
        self._rows: list[SheetRow] = []
        self._unread: list[Spot] = []
        self._elsewhere: list[Spot] = []
        self._routes: Route | None = None
        self._receivers: list[str] = []

    def take(self, path: str) -> None:
        """Read a file, if it is one that may say something."""
        name = path[self._inside :]
        if path.endswith(_TEXTS):
            if _SHEETS.search(name) and aside(name) not in ("vendored", "test", "generated"):
                self._document(path)
        elif path.endswith(_CODES) and (self._own(path) or _provisioned(name)):
            self._code(path)

    def result(self) -> Monitoring:
        """Return all of it; alerts without a receiver of their own get that of the routes."""
        paths = [entry.path for entry in self._tree.under(self._root)]
        return Monitoring(
            alerts=tuple(self._routed(alert, labels) for alert, labels in self._alerts[:_ALERTS]),
            objectives=tuple(self._objectives[:_MOST]),
            dashboards=tuple(self._dashboards[:_MOST]),
            scrapes=tuple(self._scrapes[:_MOST]),
            sheet=tuple(self._rows[:_MOST]),
            screenshots=tuple(screenshots_in(paths, self._inside, self._tree, self._limits)),
            receivers=tuple(dict.fromkeys(self._receivers)),
            unread=tuple(self._unread[:100]),
            elsewhere=tuple(self._elsewhere[:100]),
        )

    def _document(self, path: str) -> None:
        text = self._text(path, self._limits.markdown_page)
        if text and not is_empty(text):
            place = Place(path, text)
            self._rows += rows_in(place)
            self._objectives += objectives_in_text(place)

    def _code(self, path: str) -> None:
        if path.endswith(".json"):
            near = _NEAR.search(path[self._inside :])
            self._far += not near
            if not near and self._far > _FAR:
                return
        text = self._text(path, self._limits.blob)
        if path.endswith(".tf"):
            if any(name in text for name in _RESOURCES):
                self._resources(Place(path, text))
            if "module" in text:
                self._elsewhere += modules_in(Place(path, text))
        elif path.endswith(("Chart.yaml", "requirements.yaml")):
            self._elsewhere += charts_in(Place(path, text), self._limits)
        elif path.endswith(".json") and any(key in text for key in _DASHBOARD):
            self._dashboard(Place(path, text))
        elif _is_marked(text):
            self._marked(path, text)

    def _marked(self, path: str, text: str) -> None:
        if path.endswith(_TEMPLATES):
            self._as_text(path, text)
            return
        if path.endswith(".json") and len(text) > self._limits.manifest:
            return
        try:
            documents = [
                (document, place)
                for place in _parts(path, text)
                for document in iter_documents(place.text, self._limits)
            ]
        except YamlError as exc:
            if not self._as_text(path, text) and "{{" not in text and _ALERT.search(text):
                self._unread.append(Spot(path, exc.line))
            return
        for document, place in documents:
            self._structured(document, place)
            self._embedded(document, place)

    def _structured(self, document: Node, place: Place) -> None:
        self._alerts += labelled_alerts_in(document, place)
        self._objectives += objectives_in(document, place)
        self._scrapes += scrapes_in(document, place)
        if found := routes_in(document):
            self._routes = self._routes or found[0]
            self._receivers += found[1]

    def _embedded(self, document: Node, place: Place) -> None:
        """Read files that a ConfigMap holds as texts."""
        if not isinstance(document, Mapping):
            return
        for key, value in document.mapping("data").pairs:
            if not isinstance(value, Scalar) or "\n" not in value.text:
                continue
            inner = Place(place.path, value.text, first=place.first + value.line)
            if key.text.endswith(".json"):
                self._dashboard(inner)
            elif _is_marked(value.text):
                try:
                    for node in iter_documents(value.text, self._limits):
                        self._structured(node, inner)
                except YamlError:
                    self._alerts += ((alert, {}) for alert in alerts_in_text(inner))

    def _as_text(self, path: str, text: str) -> bool:
        """Read a template's lines; tell whether any said something."""
        place = Place(path, text, templated=True)
        alerts, scrapes = list(alerts_in_text(place)), list(scrapes_in_text(place))
        self._alerts += ((alert, {"severity": alert.severity}) for alert in alerts)
        self._scrapes += scrapes
        return bool(alerts or scrapes)

    def _resources(self, place: Place) -> None:
        for item in resources_in(place):
            if isinstance(item, Alert):
                self._alerts.append((item, {}))
            elif isinstance(item, Objective):
                self._objectives.append(item)
            else:
                self._dashboards.append(item)

    def _dashboard(self, place: Place) -> None:
        if len(self._dashboards) < _MOST and (found := dashboard_in(place)):
            self._dashboards.append(found)

    def _routed(self, alert: Alert, labels: dict[str, str]) -> Alert:
        if alert.receiver or self._routes is None or alert.form != "Prometheus":
            return alert
        receiver = receiver_of(self._routes, {**labels, "alertname": alert.name})
        return replace(alert, receiver=receiver, routed=bool(receiver))

    def _text(self, path: str, limit: int) -> str:
        if self._read >= _FILES * 2:
            return ""
        self._read += 1
        try:
            return self._tree.text(path, limit)
        except TreeError:
            if _NEAR.search(path[self._inside :]):
                self._unread.append(Spot(path, 0))
            return ""


def _provisioned(name: str) -> bool:
    """Whether Grafana shows it as it stands, be its folder called "demo" or "docs"."""
    return "/provisioning/dashboards/" in f"/{name}" and aside(name) in ("", "example")


def _is_marked(text: str) -> bool:
    return any(mark in text for mark in _MARKS)


def _parts(path: str, text: str) -> Iterator[Place]:
    """Give the documents of a YAML file that may say something.

    Manifests to install bring definitions of resources along, a thousand times as long.
    """
    start = line = 0
    for end, after in [(m.start(), m.end()) for m in _PART.finditer(text)] + [(len(text),) * 2]:
        part = text[start:end]
        if _is_marked(part) and not _DEFINITION.search(part):
            yield Place(path, part, first=line)
        line += text.count("\n", start, after)
        start = after
