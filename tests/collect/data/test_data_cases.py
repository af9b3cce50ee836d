"""What is read of data, experiments and models: one file of ``cases/`` is one repo.

Keys: ``files``: path to content; ``path``: the service's folder; ``expect``: fields of Data, and of
the records in them, as they must be (others are not looked at); ``absent``; ``problems``: a part
of each, in order; ``why``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from handbook.collect import collect, collect_for_rules
from handbook.model.facts import Absent, Found
from handbook.model.limits import Limits
from handbook.model.service import Service, Snapshot
from handbook.tree import MemoryTree

CASES = sorted((Path(__file__).parent / "cases").glob("*.yml"))
KEYS = {"files", "path", "expect", "absent", "problems", "why"}
NEEDED = frozenset({"data"})


def data_of(files: dict[str, str], path: str = "", **tree: Any) -> Any:
    repo = MemoryTree(files, **tree)
    service = Service(name="Risk", slug="risk", repo=repo.repo, path=path)
    facts = collect(Snapshot(service, "", repo.commit, "main"), repo, Limits(), NEEDED)
    return collect_for_rules(facts, repo, Limits(), NEEDED).data


def same(wanted: Any, found: Any, place: str) -> None:
    """Compare what is wanted with what is found; of mappings, only the keys that are wanted."""
    if isinstance(wanted, dict):
        for key, value in wanted.items():
            same(value, getattr(found, key), f"{place}.{key}")
        return
    if isinstance(wanted, list):
        assert len(found) == len(wanted), (place, found)
        for number, (one, other) in enumerate(zip(wanted, found, strict=True)):
            same(one, other, f"{place}[{number}]")
        return
    assert found == wanted, (place, found)


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_case(path: Path) -> None:
    case = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert set(case) <= KEYS, "a key of a case that means nothing"
    fact = data_of(case["files"], case.get("path", ""))
    if case.get("absent"):
        assert isinstance(fact, Absent)
        assert fact.searched
        return
    assert isinstance(fact, Found), fact
    same(case["expect"], fact.value, "data")
    said = [problem.message for problem in fact.problems]
    assert len(said) == len(case.get("problems", ()))
    assert all(part in text for part, text in zip(case.get("problems", ()), said, strict=True))


def test_large_files_of_data_in_git_are_listed_by_size() -> None:
    files = {
        "data/rows.csv": "a" * (6 * 1024 * 1024),
        "data/small.csv": "a" * 2048,
        "app.bin": "a" * (6 * 1024 * 1024),
        "tests/data/rows.csv": "a" * (6 * 1024 * 1024),
        "train.py": "from sklearn.svm import SVC\nSVC().fit([], [])\n",
    }
    found = data_of(files).value
    assert [(item.path, item.size) for item in found.raw] == [("data/rows.csv", 6 * 1024 * 1024)]
    assert [item.path for item in found.small] == ["data/small.csv"]


@pytest.mark.parametrize("leaf", ["{}", "lol", "[[], []]"])
def test_aliases_of_aliases_cost_a_bounded_time(leaf: str) -> None:
    levels = "".join(
        f"a{n}: &a{n} {{{', '.join(f'k{i}: *a{n - 1}' for i in range(9))}}}\n" for n in range(1, 10)
    )
    files = {"train.py": "import hydra\n", "conf/config.yaml": f"a0: &a0 {leaf}\n{levels}"}
    (framework,) = data_of(files).value.frameworks
    assert len(framework.files[0].settings) <= 150


def test_a_file_that_was_too_large_to_be_fetched_is_large() -> None:
    found = data_of({"data/rows.parquet": "x"}, unfetched=("data/rows.parquet",)).value
    assert [(item.path, item.size) for item in found.raw] == [("data/rows.parquet", -1)]


def test_many_stages_are_read_up_to_a_bound() -> None:
    stages = "".join(f"  s{number}:\n    cmd: run {number}\n" for number in range(5_000))
    (pipeline,) = data_of({"dvc.yaml": f"stages:\n{stages}"}).value.pipelines
    assert len(pipeline.stages) == 200


@pytest.mark.parametrize(
    "text",
    [
        "a: &a [*a]\n",
        "stages: " + "[" * 5_000,
        "stages:\n  train: [1, 2]\n",
        "stages: 5\nartifacts: [x]\n",
        "stages:\n  t: {deps: {a: {b: c}}, outs: 7, params: {x: [1]}, cmd: {a: b}}\n",
        "\0\udcff",
    ],
)
def test_what_is_no_pipeline_costs_itself_only(text: str) -> None:
    files = {
        "dvc.yaml": text.encode("utf-8", "replace").decode(),
        "x.dvc": text.encode("utf-8", "replace").decode(),
        "cog.yaml": "build: {}\n",
    }
    fact = data_of(files)
    assert isinstance(fact, Found)
    assert [item.platform for item in fact.value.serving] == ["Cog"]
