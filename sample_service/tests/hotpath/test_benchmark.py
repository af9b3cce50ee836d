"""The benchmark measures where there is a library, and says so where there is none."""

from __future__ import annotations

import pytest
from benchmarks import hotpath
from benchmarks.report import plain

from fraud_features.hotpath import VARIABLE, Library


def test_measures_each_batch(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, str(library.path))
    monkeypatch.setattr(hotpath, "ROUND_SECONDS", 0.01)
    section = hotpath.measure(quick=True)
    assert [line.case for line in section.lines] == [
        "1 descriptor",
        "32 descriptors",
        "1000 descriptors",
    ]
    assert all(line.value > 0 and line.ratios["Python"] > 0 for line in section.lines)
    assert "1000 descriptors" in plain(section)


def test_says_why_it_is_skipped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "off")
    assert hotpath.measure(quick=True).skipped == f"{VARIABLE} is off"
