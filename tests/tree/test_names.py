"""Untrusted text made fit for logs, titles and names."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handbook.tree import single_line, visible

ANY = st.text(st.characters(codec=None, categories=None))  # lone surrogates too


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("  risk\n\tscorer\u2028api ", "risk scorer api"),
        ("pay\u202eroll\u0007 \x1b[31m", "payroll [31m"),
        ("ri\u200bsk\ufeff", "risk"),
        ("risk\U000e0041\U000e007f", "risk"),
        ("\ud800risk", "risk"),
        ("می\u200cخواهم", "می\u200cخواهم"),  # a joiner that Persian is written with
        ("👩\u200d🔬", "👩\u200d🔬"),
        ("a \u200b b", "a b"),
        ("", ""),
    ],
)
def test_single_line(text: str, line: str) -> None:
    assert single_line(text) == line


def test_a_line_that_is_cut_says_so() -> None:
    assert single_line("abc def", 7) == "abc def"
    assert single_line("abc defg", 5) == "abc…"
    assert single_line(" " * 10_000 + "abc", 5) == "abc"


@settings(deadline=None)
@given(ANY, st.integers(0, 20))
def test_a_single_line_is_one_and_can_be_written(text: str, most: int) -> None:
    line = single_line(text, most)
    assert len(line.splitlines()) <= 1
    assert not most or len(line) <= most
    assert visible(line) == line
    assert single_line(line, most) == line
    line.encode()


@settings(deadline=None)
@given(ANY)
def test_what_is_visible_is_one_line_and_can_be_written(text: str) -> None:
    shown = visible(text)
    assert len(shown.splitlines()) <= 1
    assert "\u202e" not in shown
    shown.encode()
