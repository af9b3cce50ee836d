"""Alerts fire when they should, stay silent when they should, and reach somebody."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from tests.deploy.manifests import ROOT, render, tool
from tests.deploy.queries import ALERTS, GROUPS, named, query_problems

from fraud_score.jobs import Kind

CASES = sorted((ROOT / "monitoring/tests").glob("*.yaml"))
PROMETHEUS = "on Debian, apt-get install prometheus (and prometheus-alertmanager)"


def _expressions() -> list[str]:
    return [rule["expr"] for rule in ALERTS.values()]


@pytest.mark.parametrize("cases", CASES, ids=lambda path: path.stem)
def test_promtool_sees_every_alert_fire_and_not_fire(cases: Path, tmp_path: Path) -> None:
    promtool = tool("promtool", PROMETHEUS)
    group = next(group for group in GROUPS if group["name"] == f"fraud-score.{cases.stem}")
    shutil.copy(cases, tmp_path)
    (tmp_path / "rules.yaml").write_text(yaml.safe_dump({"groups": [group]}), encoding="utf-8")
    done = subprocess.run(
        [promtool, "test", "rules", cases.name],
        cwd=tmp_path,
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_promtool_would_notice(tmp_path: Path) -> None:
    promtool = tool("promtool", PROMETHEUS)
    group = next(group for group in GROUPS if group["name"] == "fraud-score.queue")
    text = yaml.safe_dump({"groups": [group]}).replace("> 700", "> 7000")
    (tmp_path / "rules.yaml").write_text(text, encoding="utf-8")
    shutil.copy(ROOT / "monitoring/tests/queue.yaml", tmp_path)
    done = subprocess.run(
        [promtool, "test", "rules", "queue.yaml"], cwd=tmp_path, check=False, capture_output=True
    )
    assert done.returncode != 0


@pytest.mark.parametrize("name", ALERTS)
def test_both_cases_are_written(name: str) -> None:
    expected = [
        bool(test["exp_alerts"])
        for path in CASES
        for case in yaml.safe_load(path.read_text(encoding="utf-8"))["tests"]
        for test in case["alert_rule_test"]
        if test["alertname"] == name
    ]
    assert True in expected, "add a case in which it fires"
    assert False in expected, "add a case in which it stays silent"


@pytest.mark.parametrize("name", ALERTS)
def test_an_alert_says_how_bad_whose_and_what_to_do(name: str) -> None:
    rule = ALERTS[name]
    assert re.fullmatch(r"FraudScore([A-Z][a-z]+)+", name)
    assert re.fullmatch(r"\d+[mh]", rule["for"])
    assert set(rule["labels"]) == {"severity", "team", "receiver"}
    assert rule["labels"]["severity"] in {"page", "ticket"}
    kind = "pager" if rule["labels"]["severity"] == "page" else "tickets"
    assert rule["labels"]["receiver"] == f"{rule['labels']['team']}-{kind}"
    assert set(rule["annotations"]) == {"summary", "runbook_url"}


@pytest.mark.parametrize("name", ALERTS)
def test_what_an_alert_watches_is_measured(name: str) -> None:
    assert list(query_problems(ALERTS[name]["expr"])) == []


@pytest.mark.parametrize(
    ("expression", "problem"),
    [
        ("rate(fraud_score_request_total[5m])", "nobody measures fraud_score_request_total"),
        ('fraud_score_jobs_waiting{queue="score"}', "fraud_score_jobs_waiting has no label queue"),
        ("kube_pod_status > 1", "nobody measures kube_pod_status"),
    ],
)
def test_a_misspelt_metric_is_found(expression: str, problem: str) -> None:
    assert list(query_problems(expression)) == [problem]


@pytest.mark.parametrize(
    ("label", "kinds"),
    [
        ("deployment", ("Deployment",)),
        ("cronjob", ("CronJob",)),
        ("job_name", ("Job",)),
        ("persistentvolumeclaim", ("PersistentVolumeClaim", "StatefulSet")),
    ],
)
def test_what_an_alert_names_is_deployed(label: str, kinds: tuple[str, ...]) -> None:
    deployed = {name for kind in kinds for name in render("dev").names(kind)}
    # A StatefulSet's claims are called TEMPLATE-SET-NUMBER.
    deployed |= {f"data-{name}-0" for name in render("dev").names("StatefulSet")}
    values = named(label, iter(_expressions()))
    assert values
    for _, value in values:
        assert any(re.fullmatch(value, name) for name in deployed), value


def test_operations_and_kinds_are_those_of_the_service() -> None:
    paths = yaml.safe_load((ROOT / "openapi.yaml").read_text(encoding="utf-8"))["paths"]
    operations = {
        method["operationId"]
        for path in paths.values()
        for method in path.values()
        if isinstance(method, dict) and "operationId" in method
    }
    for _, value in named("operation", iter(_expressions())):
        assert set(value.split("|")) <= operations
    assert {value for _, value in named("kind", iter(_expressions()))} <= set(Kind)


def test_thresholds_follow_the_settings() -> None:
    lines = (ROOT / "deploy/base/settings.env").read_text(encoding="utf-8").splitlines()
    settings = dict(line.split("=", 1) for line in lines if "=" in line and line[0] != "#")
    queue = ALERTS["FraudScoreQueueFilling"]["expr"]
    assert queue.endswith(f"> {int(settings['FRAUD_SCORE_QUEUE_LIMIT']) * 7 // 10}")
    drift = ALERTS["FraudScoreFeatureDrift"]["expr"]
    assert drift.endswith(f"> {settings['FRAUD_SCORE_DRIFT_LIMIT']}")


def test_every_receiver_is_routed_to_somebody() -> None:
    text = (ROOT / "monitoring/alertmanager.yaml").read_text(encoding="utf-8")
    config = yaml.safe_load(text)
    receivers = {receiver["name"] for receiver in config["receivers"]}
    assert {rule["labels"]["receiver"] for rule in ALERTS.values()} == receivers
    routes = config["route"]["routes"]
    assert {f'receiver="{name}"' for name in receivers} <= {
        m for r in routes for m in r["matchers"]
    }
    names = {
        name
        for rule in config["inhibit_rules"]
        for side in ("source_matchers", "target_matchers")
        for matcher in rule[side]
        for name in _spelt_out(re.search(r'"(.+)"', matcher)[1])  # type: ignore[index]
    }
    assert names <= set(ALERTS)


def _spelt_out(pattern: str) -> list[str]:
    """``FraudScore(A|B)Down`` as the two names it stands for."""
    found = re.fullmatch(r"(\w*)\(([\w|]+)\)(\w*)", pattern)
    return [found[1] + part + found[3] for part in found[2].split("|")] if found else [pattern]


def test_alertmanager_and_prometheus_take_their_files() -> None:
    amtool, promtool = tool("amtool", PROMETHEUS), tool("promtool", PROMETHEUS)
    for command in (
        [amtool, "check-config", "monitoring/alertmanager.yaml"],
        [promtool, "check", "config", "--syntax-only", "monitoring/prometheus.yaml"],
    ):
        done = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("labels", "receiver"),
    [
        ({"namespace": "fraud-score-prod", "receiver": "team-risk-pager"}, "team-risk-pager"),
        ({"namespace": "fraud-score-dev", "receiver": "team-risk-pager"}, "team-risk-tickets"),
        ({"namespace": "fraud-score-prod", "receiver": "platform-tickets"}, "platform-tickets"),
        ({"namespace": "another"}, "platform-tickets"),
    ],
)
def test_alertmanager_routes(labels: dict[str, str], receiver: str) -> None:
    amtool = tool("amtool", PROMETHEUS)
    command = [amtool, "config", "routes", "test", "--config.file=monitoring/alertmanager.yaml"]
    done = subprocess.run(
        [*command, *(f"{name}={value}" for name, value in labels.items())],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    assert done.stdout.strip() == receiver


def test_compose_and_cluster_read_the_same_numbers() -> None:
    text = (ROOT / "monitoring/prometheus.yaml").read_text(encoding="utf-8")
    scraped = {job["job_name"]: job for job in yaml.safe_load(text)["scrape_configs"]}
    (monitor,) = render("prod").of("ServiceMonitor")
    assert scraped["model-server"]["metrics_path"] == monitor["spec"]["endpoints"][0]["path"]
    model_server = next(
        one["data"]["monitoring.config"]
        for one in render("prod").of("ConfigMap")
        if "monitoring.config" in one["data"]
    )
    assert f'path: "{scraped["model-server"]["metrics_path"]}"' in model_server
