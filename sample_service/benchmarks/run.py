"""Run all benchmarks and print one table each: ``python -m benchmarks.run [--quick] [--write]``."""

from __future__ import annotations

import argparse
import importlib
from pathlib import Path

from benchmarks.report import Section, page, plain

SUBJECTS = ("model_server", "queue_jobs", "hotpath")
"""Modules of this folder with a function ``measure(quick) -> Section``."""

PAGE = Path(__file__).parents[1] / "docs" / "benchmarks.md"


def main() -> None:
    """Measure what was asked for, print it, and renew the page if told to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("subjects", nargs="*", metavar="SUBJECT", help=f"of {', '.join(SUBJECTS)}")
    parser.add_argument("--quick", action="store_true", help="fewer rounds, rougher numbers")
    parser.add_argument("--write", action="store_true", help=f"renew docs/{PAGE.name}")
    options = parser.parse_args()
    if unknown := set(options.subjects) - set(SUBJECTS):
        parser.error(f"no such subject: {', '.join(sorted(unknown))}")
    if options.write and (options.quick or options.subjects):
        parser.error("--write needs a whole run: leave out --quick and subjects")
    sections: list[Section] = []
    for subject in options.subjects or SUBJECTS:
        section = importlib.import_module(f"benchmarks.{subject}").measure(options.quick)
        print(plain(section), end="\n\n", flush=True)
        sections.append(section)
    if options.write:
        PAGE.write_text(page(sections), encoding="utf-8")


if __name__ == "__main__":
    main()
