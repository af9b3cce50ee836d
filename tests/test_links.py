"""Links between services are checked in the build's own process: hostile ones must cost little."""

from __future__ import annotations

import re
import time

from handbook.model.built import Record
from handbook.model.facts import Origin, Problem
from handbook.model.pages import CrossLink
from handbook.model.summary import ServiceSummary
from handbook.pipeline import check_links
from handbook.publish.plugin import lines_of

ORIGIN = Origin("/srv/git/hostile", "0" * 40, "README.md", 3)


def record(slug: str, *targets: str) -> Record:
    links = tuple(
        CrossLink(f"service:{name}", f"services/{name}/", "", Problem("", ORIGIN))
        for name in targets
    )
    return Record(ServiceSummary(slug, slug), {f"services/{slug}/": ("a",)}, {}, links)


def test_thousands_of_broken_links_into_a_large_fleet() -> None:
    fleet = [record(f"service-number-{n}") for n in range(300)]
    hostile = record("hostile", *(f"service-numbr-{n}x" for n in range(20_000)), "x" * 20_000)
    started = time.process_time()
    broken = check_links([*fleet, hostile], {}, ())
    assert time.process_time() - started < 3
    assert len(broken) == 20_001
    assert "Did you mean the service service-number-" in broken[0].hint
    assert len(broken[-1].message) < 700


def test_what_is_logged_of_one_repo_has_an_end() -> None:
    problems = [Problem(f"broken {n}\x1b[2J", ORIGIN) for n in range(500)]
    other = Problem("broken too", Origin("/srv/git/other", "1" * 40, "README.md"))
    lines = list(lines_of([*problems, other], 2_000))
    assert sum(map(len, lines)) < 2_300
    assert any("other" in line for line in lines)
    assert re.fullmatch(r"/srv/git/hostile: and 4\d\d more of these", lines[-1])
    assert all(line.isprintable() for line in lines)
