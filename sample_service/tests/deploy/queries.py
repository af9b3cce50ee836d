"""PromQL of alerts and dashboard, as data."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import yaml
from tests.deploy.manifests import ROOT, Object

GROUPS: list[Object] = yaml.safe_load((ROOT / "monitoring/alerts.yaml").read_text())["spec"][
    "groups"
]
ALERTS: dict[str, Object] = {rule["alert"]: rule for group in GROUPS for rule in group["rules"]}

ADDED = {"namespace", "pod", "le"}
"""Labels that Prometheus adds to what our processes say."""

OTHERS = {
    ":tensorflow:serving:request_count",
    ":tensorflow:serving:request_latency_bucket",
    ":tensorflow:cc:saved_model:load_attempt_count",
    "container_cpu_cfs_periods_total",
    "container_cpu_cfs_throttled_periods_total",
    "container_cpu_usage_seconds_total",
    "container_memory_working_set_bytes",
    "kube_cronjob_status_last_successful_time",
    "kube_deployment_spec_replicas",
    "kube_deployment_status_replicas_available",
    "kube_job_status_failed",
    "kube_pod_container_resource_limits",
    "kube_pod_container_status_last_terminated_reason",
    "kube_pod_container_status_restarts_total",
    "kubelet_volume_stats_available_bytes",
    "kubelet_volume_stats_capacity_bytes",
    "node_filesystem_avail_bytes",
    "node_filesystem_size_bytes",
}
"""Numbers of TensorFlow Serving, cAdvisor, kube-state-metrics, the kubelet and node-exporter."""

_SERIES = re.compile(
    r"(?<![\w:])(?P<name>(?:(?:fraud_score|container|kube|kubelet|node)_|:tensorflow:)[\w:]+)"
    r"(?:\{(?P<labels>[^}]*)\})?"
)
_MATCHER = re.compile(r'(\w+)\s*(=~|!~|!=|=)\s*"([^"]*)"')


def measured() -> dict[str, set[str]]:
    """Metrics of ``metrics.py`` and their labels, read from its source."""
    tree = ast.parse((ROOT / "src/fraud_score/metrics.py").read_text(encoding="utf-8"))
    calls = (node for node in ast.walk(tree) if isinstance(node, ast.Call) and node.args)
    found: dict[str, set[str]] = {}
    for call in calls:
        name = call.args[0]
        if isinstance(name, ast.Constant) and str(name.value).startswith("fraud_score_"):
            lists = [*call.args, *(keyword.value for keyword in call.keywords)]
            found[str(name.value)] = {
                str(label.value)
                for one in lists
                if isinstance(one, ast.List)
                for label in one.elts
                if isinstance(label, ast.Constant)
            }
    return found


def query_problems(expression: str) -> Iterator[str]:
    """Say which metric or label of an expression nobody measures."""
    known = measured()
    for series in _SERIES.finditer(expression):
        name = series["name"]
        if name in OTHERS:
            continue
        base = name if name in known else re.sub(r"_(bucket|count|sum)$", "", name)
        if base not in known:
            yield f"nobody measures {name}"
            continue
        for label, _, _ in _MATCHER.findall(series["labels"] or ""):
            if label not in known[base] | ADDED:
                yield f"{name} has no label {label}"


def named(label: str, expressions: Iterator[str]) -> set[tuple[str, str]]:
    """Values that a label is compared with: pairs of operator and value."""
    return {
        (operator, value)
        for expression in expressions
        for found, operator, value in _MATCHER.findall(expression)
        if found == label
    }
