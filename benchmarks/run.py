"""Measure this project beside others: ``make bench``."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parents[1]
if __name__ == "__main__":
    # Run as a file, Python looks for "benchmarks" beside it instead of above it.
    sys.path.insert(0, str(ROOT))

import msgspec  # noqa: E402

from benchmarks.bench import Plan, Results, measure_all  # noqa: E402
from benchmarks.check import CheckResults, check_seconds, check_section, measure_check  # noqa: E402
from benchmarks.checkrepo import FILES  # noqa: E402
from benchmarks.contenders import ALL  # noqa: E402
from benchmarks.report import absolute_table, findings, page, ratio_table  # noqa: E402

RESULTS = ROOT / "benchmarks" / "results"


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, print the tables, keep them below ``benchmarks/results/``."""
    options = _options(argv)
    checked = _check(options)
    if options.only_check:
        return 0
    with tempfile.TemporaryDirectory(prefix="handbook-bench-") as folder:
        plan = Plan(tuple(options.services), options.rounds, options.pages, tuple(options.only))
        results = measure_all(Path(folder), plan, _say)
    text = _text(results)
    print(f"\n{text}")
    (RESULTS / "latest.md").write_text(text, encoding="utf-8")
    (RESULTS / "latest.json").write_bytes(msgspec.json.format(msgspec.json.encode(results)))
    if options.write:
        written = page(results, check_section(checked))
        (ROOT / "docs/reference/benchmarks.md").write_text(written, encoding="utf-8")
    return 0


def _check(options: argparse.Namespace) -> CheckResults:
    """Measure the rules on a large repo, print the table, keep it."""
    with tempfile.TemporaryDirectory(prefix="handbook-bench-") as folder:
        files = 600 if options.quick else FILES
        checked = measure_check(Path(folder), options.rounds, _say, files)
    text = check_seconds(checked)
    print(f"\n{text}\n")
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "check.md").write_text(f"{text}\n", encoding="utf-8")
    (RESULTS / "check.json").write_bytes(msgspec.json.format(msgspec.json.encode(checked)))
    return checked


def _say(line: str) -> None:
    print(line, flush=True)


def _options(argv: Sequence[str] | None) -> argparse.Namespace:
    names = [kind.name for kind in ALL]
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--services", type=int, nargs="+", default=[30, 100], metavar="N")
    parser.add_argument("--pages", type=int, default=10, help="pages of each service")
    parser.add_argument("--rounds", type=int, default=3, help="how often all is repeated")
    parser.add_argument("--only", nargs="+", choices=names, default=names, metavar="TOOL")
    parser.add_argument("--quick", action="store_true", help="one round with 10 services")
    parser.add_argument(
        "--write", action="store_true", help="also write docs/reference/benchmarks.md"
    )
    parser.add_argument("--only-check", action="store_true", help="only the rules, no sites")
    options = parser.parse_args(argv)
    if options.quick:
        options.services, options.rounds = [10], 1
    return options


def _text(results: Results) -> str:
    facts = "\n".join(f"- {line}" for line in findings(results))
    return (
        f"{results.pages} pages a service, {results.cores} cores, {results.rounds} round(s): "
        f"median (shortest; processor) seconds.\n\n{absolute_table(results)}\n\n"
        f"As multiples of ours in the same run (shortest):\n\n{ratio_table(results)}\n\n{facts}\n"
    )


if __name__ == "__main__":
    sys.exit(main())
