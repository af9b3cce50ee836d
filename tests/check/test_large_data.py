"""DATA01 on files that are too large for a case of YAML."""

from __future__ import annotations

import pytest

from handbook.check import check
from handbook.collect import collect, collect_for_rules
from handbook.model.limits import Limits
from handbook.model.readiness import Finding
from handbook.model.service import Service, Snapshot
from handbook.tree import MemoryTree

LARGE = "amount,fraud\n" + "10,0\n" * 1_200_000
TRAIN = "from sklearn.svm import SVC\nSVC().fit([], [])\n"


def finding(files: dict[str, str]) -> Finding:
    tree = MemoryTree(files)
    snapshot = Snapshot(Service(name="Risk", slug="risk", repo=tree.repo), "", tree.commit, "main")
    facts = collect_for_rules(collect(snapshot, tree, Limits()), tree, Limits())
    return check(facts, "2026-03-10", frozenset({"DATA01"})).findings[0]


@pytest.mark.parametrize(
    ("files", "status"),
    [
        ({"data/rows.csv": LARGE, "train.py": TRAIN}, "fail"),
        ({"src/places.csv": LARGE, "src/app.py": "import json\n"}, "warn"),
        ({"tests/rows.csv": LARGE, "src/app.py": "import json\n"}, "na"),
        ({"vendor/rows.csv": LARGE, "train.py": TRAIN}, "warn"),
    ],
    ids=["trained on it", "no model", "of tests", "of others"],
)
def test_large_data_in_git(files: dict[str, str], status: str) -> None:
    found = finding(files)
    assert found.status == status, found.message
    named = [place.path for place in found.evidence]
    assert ("dvc add" in found.fix) is (status in ("fail", "warn"))
    assert (next(iter(files)) in named) is (status == "fail" or "places" in next(iter(files)))
