"""Ownership: what is named exists, and each side of the model's border has its own owners."""

from __future__ import annotations

import re
from fnmatch import fnmatch
from typing import Any

import pytest
import yaml
from tests.docs.pages import ROOT, yaml_of

ML, BACKEND, PLATFORM = "@acme/risk-ml", "@acme/risk-backend", "@acme/platform"


def _rules() -> list[tuple[str, list[str]]]:
    lines = (ROOT / ".github" / "CODEOWNERS").read_text(encoding="utf-8").splitlines()
    words = [line.split() for line in lines if line.strip() and not line.startswith("#")]
    return [(pattern, owners) for pattern, *owners in words]


def _owners(path: str) -> list[str]:
    holding = [owners for pattern, owners in _rules() if _covers(pattern, path)]
    return holding[-1]


def _covers(pattern: str, path: str) -> bool:
    if pattern.endswith("/"):
        return path.startswith(pattern.lstrip("/"))
    return pattern == "*" or fnmatch(path, pattern.lstrip("/"))


@pytest.mark.parametrize("pattern", [pattern for pattern, _ in _rules()])
def test_what_codeowners_names_exists(pattern: str) -> None:
    assert list(ROOT.glob(pattern.strip("/"))), f"CODEOWNERS: nothing matches {pattern}"


@pytest.mark.parametrize(
    ("path", "owner"),
    [
        ("src/fraud_model/train.py", ML),
        ("src/fraud_features/features.sql", ML),
        ("dvc.yaml", ML),
        ("openapi.yaml", BACKEND),
        ("src/fraud_score/api.py", BACKEND),
        ("src/fraud_score/jobs.py", BACKEND),
        ("src/fraud_score/worker.py", BACKEND),
        ("deploy/base/kustomization.yaml", PLATFORM),
        ("monitoring/alerts.yaml", PLATFORM),
    ],
)
def test_each_side_of_the_border_has_its_owner(path: str, owner: str) -> None:
    assert (ROOT / path).is_file()
    assert _owners(path) == [owner]


def _entities() -> list[dict[str, Any]]:
    text = (ROOT / "catalog-info.yaml").read_text(encoding="utf-8")
    return list(yaml.safe_load_all(text))


def test_what_the_catalogue_entry_names_is_in_it() -> None:
    entities = _entities()
    known = {f"{entity['kind'].lower()}:{entity['metadata']['name']}" for entity in entities}
    for entity in entities:
        spec = entity["spec"]
        children = [f"group:{child}" for child in spec.get("children", ())]
        provided = [f"api:{api}" for api in spec.get("providesApis", ())]
        owner = [spec["owner"]] if "owner" in spec else []
        named = {*owner, *children, *provided, *spec.get("dependsOn", ())}
        assert named <= known, entity["metadata"]["name"]


def test_it_says_what_kind_of_service_it_is() -> None:
    service = _entities()[0]
    assert service["metadata"]["annotations"]["handbook/kind"] == service["spec"]["type"]
    assert service["metadata"]["annotations"]["handbook/style"] == "async"


def test_at_least_two_roles_may_approve() -> None:
    assert len(yaml_of("OWNERS")["approvers"]) >= 2
    teams = {owner for _, owners in _rules() for owner in owners}
    assert len(teams) >= 3
    assert all(re.fullmatch(r"@acme/[a-z-]+", team) for team in teams)
