"""A whole service: what one part of it costs the others."""

from __future__ import annotations

import logging

import pytest

from handbook.check import check
from handbook.collect import collect
from handbook.model.built import Built
from handbook.model.facts import Found
from handbook.model.limits import Limits
from handbook.model.service import Service, Snapshot
from handbook.render import service as module
from handbook.render.service import render
from handbook.tree import MemoryTree


def built(files: dict[str, str]) -> Built:
    tree = MemoryTree(files)
    snapshot = Snapshot(Service("risk", "risk", tree.repo), "", tree.commit, "main", "")
    facts = collect(snapshot, tree, Limits())
    judged = Found(check(facts, "2026-03-10"), tree.origin())
    return render(facts, judged, tree, Limits(), {})


def test_a_file_of_mistakes_gives_so_many_notices_and_no_more() -> None:
    made = built({"README.md": "# Risk", "CODEOWNERS": "* words words\n" * 5_000})
    assert len(made.shard.problems) == 1_001
    assert "more notices are not listed" in made.shard.problems[-1].message
    long = built({"README.md": "# Risk", "CODEOWNERS": f"* {'x' * 9_000}\n"})
    assert all(len(problem.message) <= 1_001 for problem in long.shard.problems)


def test_a_part_that_fails_is_left_out_aloud(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise ValueError("said by the repo: \x1b[2J\u202e")

    monkeypatch.setattr(module, "render_owners", broken)
    with caplog.at_level(logging.WARNING):
        made = built({"README.md": "# Risk", "CODEOWNERS": "* @acme/risk\n"})
    assert made.shard.pages[0].uri == ""
    assert any("Owners could not be shown" in p.message for p in made.shard.problems)
    assert "said by the repo" in caplog.text
    assert "\x1b" not in caplog.text
    assert "\u202e" not in caplog.text
