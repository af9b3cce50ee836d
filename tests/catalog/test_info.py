"""catalog-info.yaml: cases in cases/info/*.yml, and files too large for a case."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from operator import itemgetter
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from handbook.catalog import read_identity
from handbook.model.catalog import Identity
from handbook.model.facts import Absent, Broken, Fact, Found
from handbook.model.limits import Limits
from handbook.model.service import Service
from handbook.tree import MemoryTree

CASES: list[dict[str, Any]] = [
    {**case, "id": f"{path.stem}: {case['case']}"}
    for path in sorted(Path(__file__).parent.glob("cases/info/*.yml"))
    for case in yaml.safe_load(path.read_text(encoding="utf-8"))
]

KEYS = (
    *("kind", "metadata", "spec", "name", "tags", "links", "url", "annotations"),
    *("handbook/style", "owner", "definition", "members"),
)


def read(files: Mapping[str, str | bytes], limits: Limits | None = None, **service: str) -> Any:
    tree = MemoryTree(files)
    values = {"name": "service", "slug": "service", "repo": tree.repo, **service}
    fact: Fact[Identity] = read_identity(tree, Service(**values), limits)  # type: ignore[arg-type]
    return fact


def shown(value: Any) -> Any:
    """A field as a case has it: [value, line], null, or plain data."""
    if isinstance(value, tuple) and value and isinstance(value[0], Found):
        return [[[item.value.url, item.value.title], item.origin.line] for item in value]
    if isinstance(value, Found):
        return [json.loads(msgspec.json.encode(value.value)), value.origin.line]
    return json.loads(msgspec.json.encode(value))


@pytest.mark.parametrize("case", CASES, ids=itemgetter("id"))
def test_case(case: dict[str, Any]) -> None:
    fact = read(case["files"], **case.get("service", {}))
    tree = MemoryTree({})
    place = f"{tree.repo} at {tree.commit[:10]}"
    if "broken" in case:
        assert isinstance(fact, Broken)
        assert str(fact.problem) == case["broken"].replace("REPO", place)
        return
    if "absent" in case:
        assert fact == Absent(tuple(case["absent"]))
        return
    assert isinstance(fact, Found)
    assert {key: shown(getattr(fact.value, key)) for key in case["found"]} == case["found"]
    problems = [str(problem).replace(place, "REPO") for problem in fact.problems]
    assert problems == case.get("problems", [])
    if "entities" in case:
        assert case["entities"] == [
            [it.kind, it.name, it.origin.line, list(it.members), it.definition]
            for it in fact.value.entities
        ]


def test_too_large() -> None:
    fact = read({"catalog-info.yaml": "#" * 300_000})
    assert isinstance(fact, Broken)
    assert "catalog-info.yaml is not read" in fact.problem.message


def test_yaml_laughs() -> None:
    lines = ["a0: &a0 [x]", *(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, 80))]
    fact = read({"catalog-info.yaml": "\n".join(lines)})
    assert isinstance(fact, Broken)
    assert "more than 100 aliases" in fact.problem.message


@pytest.mark.parametrize("opening", ["[", "{", "- ", "? ", "a: {"])
def test_nested_deeply(opening: str) -> None:
    fact = read({"catalog-info.yaml": opening * 50_000})
    assert isinstance(fact, Broken)


def test_keys_without_number_take_no_time() -> None:
    began = time.process_time()
    read({"catalog-info.yaml": "".join(f"k{at}:\n" for at in range(30_000))})
    assert time.process_time() - began < 5


def test_many_documents_are_cut_aloud() -> None:
    text = "---\n".join(f"kind: API\nmetadata: {{name: a{n}}}\n" for n in range(5))
    fact = read({"catalog-info.yaml": text}, Limits(catalog_documents=3))
    assert isinstance(fact, Found)
    assert [entity.name for entity in fact.value.entities] == ["a0", "a1", "a2"]
    assert [str(p.message) for p in fact.problems] == [
        "catalog-info.yaml is cut after 3 documents."
    ]


def test_long_values_are_cut_aloud() -> None:
    tags = ", ".join(f"t{n}" for n in range(60))
    text = f"kind: Component\nmetadata:\n  description: {'word ' * 1000}\n  tags: [{tags}]\n"
    fact = read({"catalog-info.yaml": text})
    assert isinstance(fact, Found)
    assert len(fact.value.description.value) <= 2000
    assert len(fact.value.tags.value) == 50
    assert {p.message for p in fact.problems} == {
        "'metadata.description' is cut after 2,000 characters.",
        "'metadata.tags' is cut after 50 items.",
    }


@settings(deadline=None)  # other work on the machine is no fault of the code
@given(
    st.one_of(
        st.binary(max_size=200),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.text(max_size=8),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(
                    st.sampled_from(KEYS),
                    inner,
                    max_size=5,
                )
            ),
            max_leaves=12,
        ).map(lambda value: b"kind: Component\nmetadata: " + json.dumps(value).encode()),
    )
)
def test_any_file_gives_a_fact(data: bytes) -> None:
    fact = read({"catalog-info.yaml": data})
    assert isinstance(fact, Found | Broken)
    if isinstance(fact, Found):
        assert msgspec.json.decode(msgspec.json.encode(fact.value), type=Identity) == fact.value
