"""A report as SARIF is valid by OASIS's own schema, whatever a repo says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from click.testing import CliRunner
from tests.schemas import stored

from handbook.check import rules
from handbook.cli import main
from handbook.model.facts import Origin
from handbook.model.readiness import Evidence, Exemption, Finding, Report, Status
from handbook.model.service import Service
from handbook.render.reports.sarif import as_sarif

STATUSES: tuple[Status, ...] = ("pass", "warn", "fail", "na", "manual", "exempt", "error")
SERVICE = Service("Risk", "risk", "https://git.example/risk", path="services/risk")


def schema() -> dict[str, Any]:
    """Return the schema of SARIF 2.1.0, as OASIS publishes it."""
    return stored("sarif-schema-2.1.0.json")


def mistakes(log: str) -> list[str]:
    checker = jsonschema.Draft7Validator.FORMAT_CHECKER
    validator = jsonschema.Draft7Validator(schema(), format_checker=checker)
    return [
        f"{error.json_path}: {error.message}" for error in validator.iter_errors(json.loads(log))
    ]


def finding(status: Status, *places: Evidence, **more: Any) -> Finding:
    code = list(rules())[STATUSES.index(status)]
    return Finding(code, "T", 1, "gold", status, "Said so.", places, fingerprint="0f", **more)


def run_of(*findings: Finding) -> dict[str, Any]:
    infos = [rule.info() for rule in rules().values()]
    log = as_sarif(Report(findings, "2026-03-10"), infos, SERVICE, "1.2.3")
    assert mistakes(log) == []
    found: dict[str, Any] = json.loads(log)["runs"][0]
    return found


def test_the_schema_is_the_one_of_oasis_and_is_strict() -> None:
    assert schema()["$id"].endswith("oasis-tcs/sarif-spec/master/Schemata/sarif-schema-2.1.0.json")
    jsonschema.Draft7Validator.check_schema(schema())
    assert mistakes('{"version": "2.0.0", "runs": []}')
    run = run_of(finding("fail"))
    assert mistakes(json.dumps({"version": "2.1.0", "runs": [{**run, "made-up": 1}]}))


def test_only_what_a_pull_request_can_close_is_in_it() -> None:
    run = run_of(*(finding(status) for status in STATUSES))
    levels = {result["ruleId"]: result["level"] for result in run["results"]}
    assert sorted(levels.values()) == ["error", "note", "warning", "warning"]
    assert len(run["tool"]["driver"]["rules"]) == 4


def test_a_finding_has_its_places_rule_and_fingerprint() -> None:
    run = run_of(finding("fail", Evidence("a b/ü?.py", 7, "x = 1"), Evidence("c.py")))
    result = run["results"][0]
    first, second = (place["physicalLocation"] for place in result["locations"])
    assert first["artifactLocation"]["uri"] == "a%20b/%C3%BC%3F.py"
    assert first["region"] == {"startLine": 7}
    assert "region" not in second
    assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
    assert result["partialFingerprints"] == {"handbook/v1": "0f"}


def test_what_is_missing_is_shown_at_the_services_readme() -> None:
    result = run_of(finding("fail"))["results"][0]
    place = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert place == "services/risk/README.md"


def test_services_of_one_repo_do_not_take_each_others_place() -> None:
    assert run_of(finding("fail"))["automationDetails"] == {"id": "handbook/risk/"}


def test_an_exemption_is_said_with_its_reason() -> None:
    let = Exemption("DOC03", "One person yet.", "team risk", "2026-12-01", Origin("", "", "x"))
    result = run_of(finding("exempt", exemption=let))["results"][0]
    assert result["suppressions"][0]["justification"] == "One person yet. (team risk)"


@pytest.mark.parametrize(
    "text", ["\x00\x1b[31m", "</script>", "\ud800".encode("utf-8", "replace").decode(), "x" * 5_000]
)
def test_odd_texts_stay_valid(text: str) -> None:
    run_of(finding("fail", Evidence(text, 1, text)))


def test_the_command_writes_it(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("# Risk\n", encoding="utf-8")
    (tmp_path / "app.py").write_text("def f(a, b):\n    return a\n", encoding="utf-8")
    done = CliRunner().invoke(main, ["check", str(tmp_path), "--format", "sarif"])
    assert done.exit_code == 1
    assert mistakes(done.output) == []
    assert len(json.loads(done.output)["runs"][0]["results"]) > 3
