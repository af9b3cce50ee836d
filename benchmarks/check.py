"""What ``handbook check`` costs on a large repo, beside tools that read the same files."""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from statistics import median

import msgspec

from benchmarks.checkrepo import FILES, make_check_repo, some_module
from benchmarks.measure import Cost, run

OURS = "handbook check"
SCENARIOS = ("cold", "unchanged", "one file changed")
_BIN = Path(sys.executable).parent
_NO_BYTECODE = "PYTHONDONTWRITEBYTECODE"
_SETTLED = 2.5  # seconds until the times of files are sure: what is newer is not trusted


class CheckSample(msgspec.Struct, frozen=True):
    """One measured command: tool, scenario, round, its cost."""

    tool: str
    scenario: str
    round: int
    cost: Cost


class CheckResults(msgspec.Struct):
    """All that was measured on one repo."""

    files: int
    python: int
    rules: int
    samples: list[CheckSample] = []

    def seconds(self, tool: str, scenario: str) -> float:
        """Return the shortest time: whatever else the machine did can only have added to it."""
        return min((cost.seconds for cost in self._costs(tool, scenario)), default=float("nan"))

    def work(self, tool: str, scenario: str) -> float:
        """Return the median processor time."""
        found = [cost.work for cost in self._costs(tool, scenario)]
        return median(found) if found else float("nan")

    def peak(self, tool: str, scenario: str) -> int:
        """Return the largest memory in bytes."""
        return max((cost.peak for cost in self._costs(tool, scenario)), default=0)

    def tools(self) -> list[tuple[str, str]]:
        """Return each tool with the scenarios it was measured in, in order."""
        return list(dict.fromkeys((sample.tool, sample.scenario) for sample in self.samples))

    def _costs(self, tool: str, scenario: str) -> list[Cost]:
        return [s.cost for s in self.samples if (s.tool, s.scenario) == (tool, scenario)]


def measure_check(
    folder: Path, rounds: int, say: Callable[[str], None], files: int = FILES
) -> CheckResults:
    """Measure all below ``folder``; tools take turns within a round."""
    repo = make_check_repo(folder / "repo", files)
    results = CheckResults(files, sum(1 for _ in repo.rglob("*.py")), _rules())
    time.sleep(_SETTLED)
    for number in range(rounds):
        for tool, scenario, cost in _round(repo, folder / "cache", number):
            say(f"{tool:20} {scenario:18}{cost.seconds:8.2f} s {cost.work:8.2f} s of work")
            results.samples.append(CheckSample(tool, scenario, number, cost))
    return results


def _round(repo: Path, cache: Path, number: int) -> Iterator[tuple[str, str, Cost]]:
    ours = [str(_BIN / "handbook"), "check", str(repo), "--cache", str(cache), "--format", "json"]
    shutil.rmtree(cache, ignore_errors=True)
    yield OURS, "cold", _run(ours, repo)
    yield OURS, "unchanged", _run(ours, repo)
    changed = some_module(repo)
    changed.write_text(f"{changed.read_text(encoding='utf-8')}\n# {number}\n", encoding="utf-8")
    yield OURS, "one file changed", _run(ours, repo)
    for tool, command in _others(repo):
        yield tool, "cold", _run(command, repo)
    time.sleep(_SETTLED)


def _others(repo: Path) -> Iterator[tuple[str, list[str]]]:
    """Give tools that read the same files; each from nothing."""
    yield "git status", ["git", "status", "--porcelain"]
    yield "ruff check", [str(_BIN / "ruff"), "check", "--no-cache", "--isolated", "-q", str(repo)]
    parse = (
        "import ast, pathlib, sys, warnings; warnings.simplefilter('ignore')\n"
        "for path in pathlib.Path(sys.argv[1]).rglob('*.py'):\n"
        "    ast.parse(path.read_bytes())"
    )
    yield "ast.parse", [sys.executable, "-c", parse, str(repo)]


def _run(command: Sequence[str], folder: Path) -> Cost:
    # That rules are not met is no failure of the measurement.
    script = "import subprocess, sys; sys.exit(subprocess.run(sys.argv[1:]).returncode > 1)"
    # As users have it: with modules that Python has compiled before.
    compiled = {name: value for name, value in os.environ.items() if name != _NO_BYTECODE}
    return run([sys.executable, "-S", "-c", script, *command], folder, compiled)


def _rules() -> int:
    from handbook.check import rules  # noqa: PLC0415 - only where it is measured

    return len(rules())


def check_table(results: CheckResults) -> str:
    """Return a Markdown table: times and memory as multiples of a cold run of ours."""
    base, memory = results.seconds(OURS, "cold"), results.peak(OURS, "cold")
    lines = ["| Tool | | time | memory |", "| --- | --- | ---: | ---: |"]
    for tool, scenario in results.tools():
        shown = scenario if tool == OURS else ""
        seconds, peak = results.seconds(tool, scenario), results.peak(tool, scenario)
        lines.append(f"| {tool} | {shown} | {seconds / base:.2f}× | {peak / memory:.1f}× |")
    return "\n".join(lines)


def check_seconds(results: CheckResults) -> str:
    """Return a Markdown table with seconds, for this machine only."""
    lines = ["| Tool | | s | s of work | MB |", "| --- | --- | ---: | ---: | ---: |"]
    for tool, scenario in results.tools():
        seconds, work = results.seconds(tool, scenario), results.work(tool, scenario)
        megabytes = results.peak(tool, scenario) / 1e6
        lines.append(f"| {tool} | {scenario} | {seconds:.2f} | {work:.2f} | {megabytes:.0f} |")
    return "\n".join(lines)


def check_section(results: CheckResults) -> str:
    """Return the section of ``docs/reference/benchmarks.md``."""
    return (
        "## The rules on a large repo\n\n"
        f"All {results.rules} rules on a repo of {results.files:,} files, {results.python:,} of "
        "them Python: copies of this repo's own. Times and memory are multiples of our cold run, "
        "which reads every file; larger is slower.\n\n"
        f"{check_table(results)}\n\n"
        "*Cold* has no cache. *Unchanged* looks at the times of all files, finds the report of the "
        "last run, and shows it. *One file changed* reads that file and asks all rules again. The "
        "others do less: `ruff check` has its default rules and no cache, in compiled code; "
        "`ast.parse` only parses the same Python.\n\n"
        "`make bench ARGS='--only-check'` measures this alone.\n"
    )
