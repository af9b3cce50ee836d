"""Find how a service is watched. One file of this folder knows one kind of format."""

from __future__ import annotations

from handbook.collect.monitoring.files import Reader
from handbook.model.facts import Absent, Fact, Found
from handbook.model.limits import Limits
from handbook.model.monitoring import Monitoring
from handbook.model.service import Service
from handbook.tree import RepoTree

__all__ = ["collect_monitoring"]

SEARCHED = (
    "Prometheus rules, PrometheusRule",
    "Grafana alerting and dashboards",
    "OpenSLO, Sloth, Pyrra",
    "Terraform, CloudFormation",
    "ServiceMonitor, PodMonitor, scrape_configs",
    "monitoring sheets in Markdown",
)


def collect_monitoring(tree: RepoTree, service: Service, limits: Limits) -> Fact[Monitoring]:
    """Read alerts, objectives, dashboards, scrape rules, sheets and pictures of a service."""
    reader = Reader(tree, service, limits)
    for entry in tree.under(service.path):
        if entry.kind in ("file", "executable"):
            reader.take(entry.path)
    found = reader.result()
    if found == Monitoring():
        return Absent(SEARCHED)
    return Found(found, tree.origin(_first(found) or service.path))


def _first(found: Monitoring) -> str:
    """Return the file to name for all of it."""
    spots = [alert.spot for alert in found.alerts]
    spots += [objective.spot for objective in found.objectives]
    spots += [dashboard.spot for dashboard in found.dashboards]
    spots += [scrape.spot for scrape in found.scrapes]
    spots += [row.spot for row in found.sheet]
    return spots[0].path if spots else ""
