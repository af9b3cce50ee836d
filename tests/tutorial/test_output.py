"""Whether output is as a page expects it; cases are data in ``output.yml``."""

from __future__ import annotations

import time
from operator import itemgetter
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from handbook.tutorial.runner.output import difference

CASES = yaml.safe_load((Path(__file__).parent / "output.yml").read_text(encoding="utf-8"))
LINES = st.lists(st.sampled_from(["a", "b", "a b", "ab", "", "..."]), max_size=7).map("\n".join)


@pytest.mark.parametrize("case", CASES, ids=itemgetter("case"))
def test_case(case: dict[str, str]) -> None:
    assert difference(case["want"], case["got"]) == case["diff"]


@given(LINES, LINES)
def test_a_diff_tells_how_to_come_from_one_to_the_other(want: str, got: str) -> None:
    """Taking out what is marked - and putting in what is marked + gives what was printed."""
    shown = difference(want, got).split("\n")
    if shown == [""] or any(line.startswith("@@") for line in shown):
        return
    lines = [line.rstrip() for line in got.rstrip().split("\n")] if got.strip() else []
    assert [line[1:] for line in shown[2:] if line[0] in " +"] == lines


def test_long_output_is_compared_whole_and_in_time() -> None:
    began = time.monotonic()
    long = "\n".join(f"line {number}" for number in range(50_000))
    assert difference("line 0\n...\nline 49999", long) == ""
    assert "more lines were printed" in difference("line 0\n...\nline 50000", long)
    assert time.monotonic() - began < 5
