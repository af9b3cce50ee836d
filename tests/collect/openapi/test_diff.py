"""What changed between two states, and what of it breaks clients."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from msgspec.structs import replace

from handbook.collect.openapi import diff_apis
from handbook.model.api import ApiChange, ApiDefinition

CASES = sorted((Path(__file__).parent / "cases" / "diff").glob("*.yml"))
GROUPS = ("added", "removed", "breaking", "changed", "deprecated")


def line(change: ApiChange) -> str:
    anchor = f" ({change.anchor})" if change.anchor else ""
    return f"{change.subject}: {change.words}{anchor}"


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.stem)
def test_changes(case: Path, api_of: Callable[..., ApiDefinition]) -> None:
    data = yaml.safe_load(case.read_text())
    changes = diff_apis([api_of("3.1.0", **data["old"])], [api_of("3.1.0", **data["new"])])
    found = {group: sorted(map(line, getattr(changes, group))) for group in GROUPS}
    expected = {group: sorted(data["changes"].get(group, [])) for group in GROUPS}
    assert found == expected


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.stem)
def test_nothing_changes_from_a_state_to_itself(
    case: Path, api_of: Callable[..., ApiDefinition]
) -> None:
    data = yaml.safe_load(case.read_text())
    api = api_of("3.1.0", **data["new"])
    assert not diff_apis([api], [api])


def test_definitions_belong_together_by_file_then_by_title(
    api_of: Callable[..., ApiDefinition],
) -> None:
    base = api_of()

    def at(path: str, title: str) -> ApiDefinition:
        return replace(
            base, origin=replace(base.origin, path=path), title=title, uri=f"api/{title}/"
        )

    old = [at("a.yaml", "A"), at("b.yaml", "B"), at("c.yaml", "C")]
    new = [at("a.yaml", "A2"), at("moved.yaml", "B"), at("d.yaml", "D")]
    changes = diff_apis(old, new)
    assert [change.subject for change in changes.removed] == ["C"]
    assert [(change.subject, change.api) for change in changes.added] == [("D", "api/D/")]
