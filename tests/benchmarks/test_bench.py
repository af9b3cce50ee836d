"""The benchmark measures what it says it measures."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from benchmarks.bench import SCENARIOS, Results, Sample, Size
from benchmarks.contenders import ALL, Handbook, Plain
from benchmarks.fleet import change, make_bench_fleet, page_files
from benchmarks.measure import CommandFailedError, Cost, run
from benchmarks.report import absolute_table, findings, page, ratio_table

MEGABYTE = 1_000_000


def head(repo: Path) -> str:
    command = ["git", "--git-dir", str(repo), "rev-parse", "HEAD"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_a_fleet_has_the_pages_it_promises_and_is_the_same_each_time(tmp_path: Path) -> None:
    fleet = make_bench_fleet(tmp_path / "a", 3, 10)
    again = make_bench_fleet(tmp_path / "b", 3, 10)
    assert len(set(fleet.services)) == 3
    for name in fleet.services:
        listed = subprocess.run(
            ["git", "--git-dir", str(fleet.repo(name)), "ls-tree", "-r", "--name-only", "HEAD"],
            capture_output=True,
            text=True,
            check=True,
        ).stdout.splitlines()
        assert [path for path in listed if path.endswith(".md")] == sorted(page_files(name, 10))
        assert head(fleet.repo(name)) == head(again.repo(name))
    for content in page_files(fleet.services[0], 10).values():
        assert content.count(b"```") == 6, "three blocks of code"


def test_each_change_is_another_commit(tmp_path: Path) -> None:
    fleet = make_bench_fleet(tmp_path, 1, 4)
    name = fleet.services[0]
    seen = {head(fleet.repo(name))}
    for stamp in range(3):
        path, content = change(fleet, name, stamp)
        assert page_files(name, 4)[path] != content
        seen.add(head(fleet.repo(name)))
    assert len(seen) == 4


def test_memory_of_the_whole_tree_is_seen(tmp_path: Path) -> None:
    # The parent is small; its child holds 80 MB for a second.
    child = "import time; held = b'x' * 80_000_000; time.sleep(1)"
    parent = (
        f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}], check=True)"
    )
    cost = run([sys.executable, "-c", parent], tmp_path, os.environ)
    assert 1 < cost.seconds < 10
    assert 80 * MEGABYTE < cost.peak < 200 * MEGABYTE


def test_work_of_the_whole_tree_is_seen(tmp_path: Path) -> None:
    child = "import time\nwhile time.process_time() < 1: pass"
    parent = (
        f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}], check=True)"
    )
    assert 0.5 < run([sys.executable, "-c", parent], tmp_path, os.environ).work < 1.5


def test_a_command_that_fails_is_no_measurement(tmp_path: Path) -> None:
    with pytest.raises(CommandFailedError, match="ended with 3:\nno catalogue"):
        run([sys.executable, "-c", "print('no catalogue'); raise SystemExit(3)"], tmp_path, {})


def test_a_missing_page_is_no_measurement(tmp_path: Path) -> None:
    contender = Plain(tmp_path / "plain", make_bench_fleet(tmp_path / "fleet", 1, 2))
    contender.prepare()
    with pytest.raises(FileNotFoundError, match="plain has not built"):
        list(contender.pages())


def test_cold_means_that_nothing_is_left(tmp_path: Path) -> None:
    contender = Handbook(tmp_path / "ours", make_bench_fleet(tmp_path / "fleet", 1, 2))
    contender.prepare()
    prepared = {path.name for path in contender.folder.iterdir()}
    for name in ("site", "state"):
        (contender.folder / name).mkdir()
    (contender.folder / "handbook.lock").touch()
    contender.forget()
    assert {path.name for path in contender.folder.iterdir()} == prepared


def test_reports_show_ratios_and_promises() -> None:
    results = Results(cores=2, pages=10, rounds=1)
    for count, size in ((30, 24_000), (100, 24_240)):
        for kind, factor in zip(ALL, (1, 1.5, 3, 2), strict=True):
            for scenario in SCENARIOS:
                seconds = factor * (1 if scenario == "warm" else 20)
                cost = Cost(seconds, 50 * MEGABYTE, 1.5 * seconds)
                results.samples.append(Sample(kind.name, count, scenario, 0, cost))
            results.sizes.append(Size(kind.name, count, size, 10 * size, 10))
    assert "| 30 | multirepo | 3.0× | 3.0× | 3.0× | 24.0 | 1.0× |" in ratio_table(results)
    assert "| 100 | plain | 40.00 (40.00; 60.00) |" in absolute_table(results)
    assert findings(results) == [
        "30 services: nothing changed is 20 times faster than cold.",
        "100 services: nothing changed is 20 times faster than cold.",
        "A page has 24.0 KB with 30 services and 24.2 KB with 100.",
    ]
    assert "40.00" not in page(results), "seconds hold on one machine only"


def test_reports_do_without_what_was_not_measured() -> None:
    results = Results(cores=2, pages=10, rounds=1)
    results.samples.append(Sample("plain", 5, "cold", 0, Cost(2, MEGABYTE)))
    assert "| 5 | plain | ? | ? | ? | ? | ? |" in ratio_table(results)
    assert findings(results) == []
