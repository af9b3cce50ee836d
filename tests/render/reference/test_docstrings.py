"""Docstrings in reStructuredText, Markdown and a mix of both. Cases are data."""

import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from handbook.render.reference.docstrings import to_markdown

CASES = yaml.safe_load((Path(__file__).parent / "cases" / "docstrings.yml").read_text("utf-8"))


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_text_to_markdown(case: dict[str, Any]) -> None:
    expected = case["text"] if case["markdown"] == "same" else case["markdown"]
    assert to_markdown(case["text"]) == expected


@pytest.mark.parametrize(
    "text",
    [
        ".. note::\n" * 3000,
        "".join("  " * n + ".. note::\n" for n in range(150)),
        ":class:`" * 8000,
        "`a <https://" * 5000 + "`_",
        "x::\n\n" * 8000,
        "``" * 20000 + ":`",
        "> " * 20000 + ">>>",
        "```\n" * 10001 + "::",
    ],
    ids=["notes", "nested notes", "roles", "links", "literals", "ticks", "quotes", "fences"],
)
def test_hostile_text_ends_soon(text: str) -> None:
    start = time.process_time()
    to_markdown(text)
    assert time.process_time() - start < 2
