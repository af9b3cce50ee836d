"""How much faster Rust hashes merchant descriptors than Python."""

from __future__ import annotations

import time
from collections.abc import Callable

from benchmarks.report import Line, Section, middle
from fraud_features.descriptor import packed_by_python
from fraud_features.hotpath import HotpathError, Library, find

BATCHES = (1, 32, 1_000)
ROUND_SECONDS = 0.2

TITLE = "Hot path"
ABOUT = """\
Merchant descriptors hashed to vectors, by the call that a worker makes for its batch. Python keeps
the hash of each letter triple it has met, so that it is measured as it is in a worker after its
first payments. A batch of 32 is the worker's largest by default."""

WORDS = ("MARKT", "Kaffee", "BAHN", "COINXCHANGE", "Köln", "SHOP*", "AMZN Mktp", "Café", "TICKET")

Hash = Callable[[list[bytes]], object]


def measure(quick: bool) -> Section:
    """Measure descriptors per second of both, and their ratio, for each size of batch."""
    try:
        library = Library(find())
    except HotpathError as exc:
        return Section(TITLE, ABOUT, skipped=str(exc))
    rounds = 3 if quick else 9
    return Section(TITLE, ABOUT, [_line(library, batch, rounds) for batch in BATCHES])


def _line(library: Library, batch: int, rounds: int) -> Line:
    texts = descriptors(batch)
    pairs = [(_rate(packed_by_python, texts), _rate(library.packed, texts)) for _ in range(rounds)]
    python, rust = (middle(rates) for rates in zip(*pairs, strict=True))
    return Line(
        f"{batch} descriptor{'s' if batch > 1 else ''}",
        rust,
        "descriptors/s",
        {"Python": rust / python},
        {"Python": f"{python:,.0f} descriptors/s"},
    )


def descriptors(count: int) -> list[bytes]:
    """Make descriptors as they stand on card statements, all different."""
    return [
        f"{WORDS[i % 9]} {WORDS[i // 9 % 9]} {i * 7919:08d} {WORDS[i // 81 % 9]}".encode()
        for i in range(count)
    ]


def _rate(work: Hash, texts: list[bytes]) -> float:
    work(texts)
    calls, start = 0, time.perf_counter()
    while (taken := time.perf_counter() - start) < ROUND_SECONDS:
        work(texts)
        calls += 1
    return calls * len(texts) / taken
