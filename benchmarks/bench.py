"""One run of the benchmark: every contender, every scenario, in turns."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import fmean, median

import msgspec

from benchmarks.contenders import ALL, Contender
from benchmarks.fleet import BenchFleet, change, make_bench_fleet
from benchmarks.measure import Cost, run

SCENARIOS = ("cold", "warm", "changed")
"""Nothing there yet; nothing has changed; one page of one service has changed."""


class Sample(msgspec.Struct, frozen=True):
    """One measured round: contender, number of services, scenario, round, its cost."""

    contender: str
    services: int
    scenario: str
    round: int
    cost: Cost


class Size(msgspec.Struct, frozen=True):
    """What a contender built: mean bytes of the fleet's pages; bytes and files of the site."""

    contender: str
    services: int
    page: float
    site: int
    files: int


class Results(msgspec.Struct):
    """All that was measured."""

    cores: int
    pages: int
    rounds: int
    samples: list[Sample] = []
    sizes: list[Size] = []

    def costs(self, contender: str, services: int, scenario: str) -> list[Cost]:
        """Return the costs of all rounds."""
        wanted = (contender, services, scenario)
        return [s.cost for s in self.samples if (s.contender, s.services, s.scenario) == wanted]

    def seconds(self, contender: str, services: int, scenario: str) -> float:
        """Return the median time; NaN if it was not measured."""
        found = [cost.seconds for cost in self.costs(contender, services, scenario)]
        return median(found) if found else float("nan")

    def work(self, contender: str, services: int, scenario: str) -> float:
        """Return the median processor time; NaN if it was not measured."""
        found = [cost.work for cost in self.costs(contender, services, scenario)]
        return median(found) if found else float("nan")

    def fastest(self, contender: str, services: int, scenario: str) -> float:
        """Return the shortest time; NaN if it was not measured."""
        found = [cost.seconds for cost in self.costs(contender, services, scenario)]
        return min(found, default=float("nan"))

    def peak(self, contender: str, services: int) -> int:
        """Return the largest memory of all rounds and scenarios, in bytes."""
        return max(
            (
                s.cost.peak
                for s in self.samples
                if (s.contender, s.services) == (contender, services)
            ),
            default=0,
        )

    def size(self, contender: str, services: int) -> Size | None:
        """Return what the contender built."""
        wanted = (contender, services)
        return next((s for s in self.sizes if (s.contender, s.services) == wanted), None)


class Plan(msgspec.Struct, frozen=True):
    """What to measure: fleets of these sizes, so often, which contenders."""

    services: tuple[int, ...]
    rounds: int
    pages: int
    names: tuple[str, ...]


def measure_all(folder: Path, plan: Plan, say: Callable[[str], None]) -> Results:
    """Measure all of ``plan`` below ``folder``; ``say`` gets a line for every sample.

    Contenders take turns within a round, so that whatever else the machine does strikes all.

    Raises:
        CommandFailedError: A contender's command failed.
        FileNotFoundError: A contender did not build a page it was given.
    """
    results = Results(os.cpu_count() or 1, plan.pages, plan.rounds)
    for count in plan.services:
        place = folder / str(count)
        shutil.rmtree(place, ignore_errors=True)
        fleet = make_bench_fleet(place / "fleet", count, plan.pages)
        contenders = [kind(place / kind.name.replace(" ", "-"), fleet) for kind in ALL]
        chosen = [contender for contender in contenders if contender.name in plan.names]
        for contender in chosen:
            contender.prepare()
        for number in range(plan.rounds):
            for contender in chosen:
                results.samples += _round(contender, fleet, number, say)
        results.sizes += [_size(contender) for contender in chosen]
        shutil.rmtree(place)
    return results


def _round(
    contender: Contender, fleet: BenchFleet, number: int, say: Callable[[str], None]
) -> Iterator[Sample]:
    for scenario in SCENARIOS:
        if scenario == "cold":
            contender.forget()
        if scenario == "changed":
            name = fleet.services[len(fleet.services) // 2]
            # Every contender and round gets a change of its own.
            stamp = number * len(ALL) + [kind.name for kind in ALL].index(contender.name)
            path, content = change(fleet, name, stamp)
            contender.take(name, path, content)
        cost = update(contender)
        count = len(fleet.services)
        say(
            f"{count:5} services  {contender.name:20} {scenario:8}"
            f"{cost.seconds:8.2f} s {cost.work:8.2f} s of work"
        )
        yield Sample(contender.name, count, scenario, number, cost)


def update(contender: Contender) -> Cost:
    """Bring a contender's site up to date and return what all commands together cost."""
    # Without a user's settings for git; with MkDocs' notice about its own future silenced.
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1", "GIT_CONFIG_GLOBAL": os.devnull}
    total = Cost(0, 0)
    for command in contender.commands():
        total = total.then(run(command, contender.folder, environment))
    return total


def _size(contender: Contender) -> Size:
    pages = [path.stat().st_size for path in contender.pages()]
    files = [path.stat().st_size for path in contender.site.rglob("*") if path.is_file()]
    count = len(contender.fleet.services)
    return Size(contender.name, count, fmean(pages), sum(files), len(files))
