"""Tables of what was measured."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from benchmarks.bench import SCENARIOS, Results
from benchmarks.contenders import ALL

OURS = ALL[0].name
_TITLES = {"cold": "cold", "warm": "nothing changed", "changed": "one page changed"}


def absolute_table(results: Results) -> str:
    """Return a Markdown table: median (shortest; of work) seconds, bytes a page, memory."""
    head = ["Services", "Tool", *(f"{_TITLES[s]}, s" for s in SCENARIOS), "page, KB", "memory, MB"]
    rows = [
        [
            str(count),
            name,
            *(
                f"{results.seconds(name, count, s):.2f} ({results.fastest(name, count, s):.2f}; "
                f"{results.work(name, count, s):.2f})"
                for s in SCENARIOS
            ),
            _kilobytes(results, name, count),
            f"{results.peak(name, count) / 1e6:.0f}",
        ]
        for count, name in _cases(results)
    ]
    return _table(head, rows)


def ratio_table(results: Results) -> str:
    """Return a Markdown table of times as multiples of ours in the same run.

    Shortest against shortest: whatever else the machine did can only have added to a time.
    """
    head = ["Services", "Tool", *(_TITLES[s] for s in SCENARIOS), "page, KB", "memory"]
    rows = []
    for count, name in _cases(results):
        times = [
            _ratio(results.fastest(name, count, s), results.fastest(OURS, count, s))
            for s in SCENARIOS
        ]
        memory = _ratio(results.peak(name, count), results.peak(OURS, count))
        rows.append([str(count), name, *times, _kilobytes(results, name, count), memory])
    return _table(head, rows)


def findings(results: Results) -> list[str]:
    """Return what the project promises, each with what was measured."""
    counts = _counts(results)
    lines = []
    for count in counts:
        if not results.costs(OURS, count, "warm"):
            continue
        times = results.fastest(OURS, count, "cold") / results.fastest(OURS, count, "warm")
        lines.append(f"{count} services: nothing changed is {times:.0f} times faster than cold.")
    sizes = [size for count in counts if (size := results.size(OURS, count))]
    if len(sizes) > 1:
        small, large = sizes[0], sizes[-1]
        lines.append(
            f"A page has {small.page / 1000:.1f} KB with {small.services} services and "
            f"{large.page / 1000:.1f} KB with {large.services}."
        )
    return lines


def page(results: Results, more: str = "") -> str:
    """Return ``docs/reference/benchmarks.md``: ratios only, they hold on other machines too.

    ``more`` are further sections.
    """
    tools = "\n".join(f"- **{kind.name}**: {kind.note}." for kind in ALL)
    facts = "\n".join(f"- {line}" for line in findings(results))
    return (
        "# Benchmarks\n\n"
        "<!-- Written by `make bench ARGS=--write`. Change benchmarks/report.py instead. -->\n\n"
        "How long a site of many services takes, beside other ways to make one. Times are "
        f"multiples of ours in the same run on {results.cores} cores, shortest "
        f"of {results.rounds} rounds; larger is slower.\n\n"
        f"{ratio_table(results)}\n\n{facts}\n\n"
        "## What is measured\n\n"
        f"Every service is a real git repo made on the spot, with {results.pages} pages of "
        "Markdown (README included) with code blocks, tables and links. All tools build the same "
        "pages with the same version of Material, the same features and extensions, and a "
        "search:\n\n"
        f"{tools}\n\n"
        "Each time is that of whole commands, from start to end, in processes of their own. "
        "*Cold* has no clone, cache or site. *One page changed* is a commit in one of the repos. "
        "*Page* is the mean size of the HTML of the same pages; *memory* the peak of the whole "
        "process tree, shared pages counted once.\n\n"
        "The others prune their navigation (Material's `navigation.prune`), or their pages would "
        "be several times as large.\n\n"
        "Not the same: handbook also reads owners, history and API definitions, and adds pages "
        "for them; *plain* fetches nothing, its pages lie there already.\n\n"
        "Measure it yourself with `make bench`; `make bench ARGS='--services 30 --rounds 1'` is "
        "a short run.\n" + (f"\n{more}" if more else "")
    )


def _cases(results: Results) -> Iterator[tuple[int, str]]:
    for count in _counts(results):
        for kind in ALL:
            if results.costs(kind.name, count, "cold"):
                yield count, kind.name


def _counts(results: Results) -> list[int]:
    return sorted({sample.services for sample in results.samples})


def _kilobytes(results: Results, name: str, count: int) -> str:
    size = results.size(name, count)
    return f"{size.page / 1000:.1f}" if size else "?"


def _ratio(value: float, ours: float) -> str:
    return f"{value / ours:.1f}×" if ours > 0 else "?"  # neither zero nor NaN


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    align = ["---:" if index != 1 else "---" for index in range(len(head))]
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, align, *rows))
