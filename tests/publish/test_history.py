"""The history of readiness: append-only, of one line for each state, whatever happens to it."""

from __future__ import annotations

import json
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest

from handbook.model.summary import OwnerLine, ReadinessLine, ServiceSummary
from handbook.publish.history import changes, read_history, record, trend_of


def service(slug: str, level: str = "bronze", met: int = 5, owner: str = "") -> ServiceSummary:
    owners = (OwnerLine(owner, "team"),) if owner else ()
    line = ReadinessLine(level, "silver", met, 10, 0, {})
    return ServiceSummary(slug, slug, owners=owners, readiness=line)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "kept" / "history.jsonl"


def lines(file: Path) -> list[str]:
    return file.read_text("utf-8").splitlines()


def test_a_line_is_written_when_something_changed(file: Path) -> None:
    fleet = [service("risk", owner="@acme/risk"), service("pay")]
    assert record(file, fleet, "2026-03-01")
    assert not record(file, fleet, "2026-03-02"), "nothing changed"
    assert record(file, [service("risk", "silver", 7, "@acme/risk"), service("pay")], "2026-03-03")
    first, second = (json.loads(line) for line in lines(file))
    assert first["services"]["risk"] == ["bronze", 5, 10, "risk"]
    assert second == {"day": "2026-03-03", "services": {"risk": ["silver", 7, 10, "risk"]}}


def test_a_service_that_left_is_noted_but_not_one_that_could_not_be_read(file: Path) -> None:
    record(file, [service("risk"), service("pay")], "2026-03-01")
    assert not record(file, [service("risk"), ServiceSummary("pay", "pay")], "2026-03-02")
    assert record(file, [service("risk")], "2026-03-03")
    assert json.loads(lines(file)[-1])["services"] == {"pay": None}
    assert set(read_history(file).state) == {"risk"}


@pytest.mark.parametrize(
    "damage",
    [
        b"{",
        b"null",
        b'{"day":"2026-13-01","services":{}}',
        b'{"day":"2026-03-01","services":{"risk":["lead",1,2]}}',
        b"\xff\xfe\x00",
        b'{"day":1e99}',
        b"[" * 10_000,
    ],
)
def test_a_damaged_line_is_passed_over_aloud_and_kept(file: Path, damage: bytes) -> None:
    record(file, [service("risk")], "2026-03-01")
    before = file.read_bytes()
    file.write_bytes(before + damage)  # and no line break: its writer was killed
    assert len(read_history(file).notices) == 1
    assert record(file, [service("risk", "gold")], "2026-03-02")
    assert file.read_bytes().startswith(before + damage + b"\n")
    assert read_history(file).state["risk"].level == "gold"


def test_what_a_damaged_line_held_is_written_again(file: Path) -> None:
    fleet = [service("risk", "silver")]
    record(file, [service("risk")], "2026-03-01")
    record(file, fleet, "2026-03-02")
    first, second = lines(file)
    file.write_text(f"{first}\n{second[:-9]}\n", "utf-8")
    assert record(file, fleet, "2026-03-03")
    assert read_history(file).state["risk"].level == "silver"


def test_a_build_of_an_old_state_writes_nothing(file: Path) -> None:
    record(file, [service("risk", "silver")], "2026-03-05")
    assert not record(file, [service("risk")], "2026-03-01")


def _record(file: Path, slug: str) -> bool:
    return record(file, [service(slug) for slug in ("risk", "pay")], "2026-03-01")


def test_builds_at_once_write_one_line(file: Path) -> None:
    with ProcessPoolExecutor(4) as pool:
        written = list(pool.map(_record, [file] * 12, "abcdefghijkl"))
    assert sum(written) == 1
    assert len(lines(file)) == 1


def test_the_order_of_a_merge_does_not_matter(file: Path) -> None:
    record(file, [service("risk")], "2026-03-01")
    record(file, [service("risk", "gold")], "2026-03-02")
    ordered = read_history(file)
    file.write_text("\n".join(reversed(lines(file))) + "\n", "utf-8")
    assert read_history(file) == ordered


def test_the_trend_counts_services_of_fleet_and_teams(file: Path) -> None:
    record(file, [service("risk", owner="risk"), service("pay", "")], "2026-03-01")
    record(file, [service("risk", "gold", 9, "risk"), service("pay", "")], "2026-03-02")
    history = read_history(file)
    now = [service("risk", "gold", 9, "pay"), service("new", "gold")]
    trend = trend_of(history, changes(history, now), "2026-03-04")
    assert [(p.day, dict(p.levels)) for p in trend.fleet] == [
        ("2026-03-01", {"bronze": 1, "": 1}),
        ("2026-03-02", {"gold": 1, "": 1}),
        ("2026-03-04", {"gold": 2}),
    ]
    assert dict(trend.teams["risk"][-1].levels) == {}, "its service went to another team"
    assert [mark.met for _, mark in trend.services["risk"]] == [5, 9, 9]


def test_a_file_that_cannot_be_read_is_an_empty_history(tmp_path: Path) -> None:
    assert read_history(tmp_path / "nowhere").notices == ()
    assert "cannot be read" in read_history(tmp_path).notices[0]
