"""Whose metrics are read: Prometheus' configuration, ServiceMonitor, PodMonitor, annotations."""

from __future__ import annotations

import re
from collections.abc import Iterator

from handbook.collect.monitoring.place import Place, line_in, text_of
from handbook.collect.monitoring.rules import walk
from handbook.model.monitoring import Scrape
from handbook.yamlnodes import Mapping, Node, Scalar, Sequence, texts

_MONITORS = (
    "ServiceMonitor",
    "PodMonitor",
    "PodMonitoring",
    "ClusterPodMonitoring",
    "VMServiceScrape",
    "VMPodScrape",
)
_ENDPOINTS = ("endpoints", "podMetricsEndpoints")
_TEXT = 200
_HOST = re.compile(r"^(?:https?://)?([\w.-]+)")


def scrapes_in(document: Node, place: Place) -> Iterator[Scrape]:
    """Give the scrape rules of one document."""
    if not isinstance(document, Mapping):
        return
    if text_of(document, "kind") in _MONITORS:
        yield _monitor(document, place)
        return
    for node, _ in walk(document):
        for key in ("scrape_configs", "additionalScrapeConfigs"):
            jobs = node.get(key)
            for job in jobs.items if isinstance(jobs, Sequence) else ():
                if isinstance(job, Mapping) and job.get("job_name"):
                    yield _job(job, place)
        if text_of(node, "prometheus.io/scrape") == "true":
            yield _annotated(document, node, place)


def _monitor(document: Mapping, place: Place) -> Scrape:
    spec = document.mapping("spec")
    selector = spec.mapping("selector")
    targets = [
        value.text
        for key, value in selector.mapping("matchLabels").pairs
        if isinstance(value, Scalar) and "part-of" not in key.text
    ]
    expressions = selector.get("matchExpressions")
    for item in expressions.items if isinstance(expressions, Sequence) else ():
        if isinstance(item, Mapping) and text_of(item, "operator") == "In":
            targets += [value.text for value in texts(item.get("values"))]
    ends = next((node for key in _ENDPOINTS if (node := spec.get(key))), None)
    items = ends.items if isinstance(ends, Sequence) else []
    first = next((item for item in items if isinstance(item, Mapping)), Mapping(0, []))
    kind = document.scalar("kind")
    return Scrape(
        form=kind.text if kind else "",
        name=text_of(document.mapping("metadata"), "name")[:_TEXT],
        spot=line_in(place, kind.line if kind else document.line),
        targets=tuple(dict.fromkeys(targets))[:50],
        path=(text_of(first, "path") or "/metrics")[:_TEXT],
        interval=text_of(first, "interval")[:_TEXT],
        everything=not targets,
    )


def _job(job: Mapping, place: Place) -> Scrape:
    name = job.scalar("job_name")
    targets: list[str] = []
    groups = job.get("static_configs")
    for group in groups.items if isinstance(groups, Sequence) else ():
        if isinstance(group, Mapping):
            found = (_HOST.match(target.text) for target in texts(group.get("targets")))
            targets += [match[1] for match in found if match]
    discovered = any(key.text.endswith("_sd_configs") for key, _ in job.pairs)
    return Scrape(
        form="Prometheus",
        name=name.text[:_TEXT] if name else "",
        spot=line_in(place, name.line if name else job.line),
        targets=tuple(dict.fromkeys(targets))[:50],
        path=(text_of(job, "metrics_path") or "/metrics")[:_TEXT],
        interval=text_of(job, "scrape_interval")[:_TEXT],
        everything=discovered and not targets,
    )


def _annotated(document: Mapping, notes: Mapping, place: Place) -> Scrape:
    name = document.mapping("metadata").scalar("name")
    line = next((key.line for key, _ in notes.pairs if key.text == "prometheus.io/scrape"), 0)
    return Scrape(
        form="annotation",
        name=name.text[:_TEXT] if name else "",
        spot=line_in(place, line),
        targets=(name.text[:_TEXT],) if name else (),
        path=(text_of(notes, "prometheus.io/path") or "/metrics")[:_TEXT],
        everything=name is None,
    )
