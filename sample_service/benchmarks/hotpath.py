"""How much faster Rust hashes merchant descriptors than Python: ``python benchmarks/hotpath.py``.

Rows per second of both, through the call that the worker makes, and their ratio. Python is measured
with its memory of letter triples filled, as it is in a worker after its first payments.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from typing import Any

from fraud_features.descriptor import packed_by_python
from fraud_features.hotpath import HotpathError, Library, find

BATCHES = (1, 32, 1_000)
SECONDS = 0.5
REPEATS = 5

WORDS = ("MARKT", "Kaffee", "BAHN", "COINXCHANGE", "Köln", "SHOP*", "AMZN Mktp", "Café", "TICKET")


def descriptors(count: int) -> list[bytes]:
    """Make descriptors as they stand on card statements, all different."""
    return [
        f"{WORDS[i % 9]} {WORDS[i // 9 % 9]} {i * 7919:08d} {WORDS[i // 81 % 9]}".encode()
        for i in range(count)
    ]


def rate(work: Callable[[list[bytes]], object], texts: list[bytes]) -> float:
    """Return rows per second: the best of some repeats, as other work only ever slows one."""
    work(texts)
    best = 0.0
    for _ in range(REPEATS):
        rounds, start = 0, time.perf_counter()
        while (taken := time.perf_counter() - start) < SECONDS / REPEATS:
            work(texts)
            rounds += 1
        best = max(best, rounds * len(texts) / taken)
    return best


def measure() -> list[dict[str, Any]]:
    """Measure all batch sizes.

    Raises:
        HotpathError: There is no library.
    """
    library = Library(find())
    results = []
    for batch in BATCHES:
        texts = descriptors(batch)
        python, rust = rate(packed_by_python, texts), rate(library.packed, texts)
        results.append({"descriptors": batch, "python": python, "rust": rust})
    return results


def main() -> int:
    """Print a table, or JSON with ``--json``; where there is no library, say so."""
    try:
        results = measure()
    except HotpathError as exc:
        print(f"skipped: {exc}")
        return 0
    if "--json" in sys.argv[1:]:
        print(json.dumps(results))
        return 0
    print(f"{'descriptors':>11} {'Python rows/s':>14} {'Rust rows/s':>12} {'ratio':>6}")
    for row in results:
        ratio = row["rust"] / row["python"]
        print(
            f"{row['descriptors']:>11} {row['python']:>14,.0f} {row['rust']:>12,.0f} {ratio:>6.1f}"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
