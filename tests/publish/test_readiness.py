"""Readiness on the site: a page of each service and rule, judged as of the day of the build."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from handbook import check
from handbook.model.service import Service, Snapshot
from handbook.pipeline import build_service
from handbook.publish import uptodate
from handbook.publish.readinesspages import Readiness
from handbook.settings import Settings
from handbook.tree import MemoryTree

ALPHA = {
    "README.md": "# Alpha\n\nScores things.\n",
    "CODEOWNERS": "* @acme/risk @ann @bob\n",
    "src/alpha/__init__.py": "def score(x):\n    return x\n",
    "pyproject.toml": '[project]\nname = "alpha"\nversion = "1.0"\n',
}
EXEMPT = """\
exempt:
  - rule: CODE01
    reason: The hooks come with the new build.
    who: team-risk
    until: 2026-05-31
"""


@pytest.fixture
def day(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Set the day that builds take for today."""

    def given(iso: str) -> None:
        moment = datetime.fromisoformat(iso).replace(tzinfo=UTC)
        monkeypatch.setenv("SOURCE_DATE_EPOCH", str(int(moment.timestamp())))

    return given


def finding(site: Any, code: str, slug: str = "alpha") -> str:
    """The part of a service's page that is about one rule."""
    page = site.page(f"services/{slug}/readiness")
    found = re.search(
        rf'<details class="hb-finding[^>]*id="{code.lower()}".*?</details>', page, re.S
    )
    assert found, code
    return found[0]


def test_a_judgement_is_renewed_on_the_day_it_runs_out(
    project: Callable[..., Any], git_repo: Callable[..., Any], day: Callable[[str], None]
) -> None:
    repo = git_repo("alpha")
    repo.commit({**ALPHA, ".handbook.yml": EXEMPT})
    site = project(jobs=1)
    site.write("docs/index.md", "# Home\n")
    site.catalog(repo.url)
    site.run("handbook", "sync")
    day("2026-05-30")
    site.run("handbook", "build")
    assert "Exempt until" in finding(site, "CODE01")
    day("2026-05-31")
    said = site.run("handbook", "build")
    assert "0 built now" in said.stdout + said.stderr, "its last day counts"
    day("2026-06-01")
    said = site.run("handbook", "build")
    assert "1 built now" in said.stdout + said.stderr
    assert "ended on 2026-05-31" in finding(site, "CODE01")
    said = site.run("mkdocs", "build")
    assert "0 built now" in said.stdout + said.stderr, "it is judged once for the new day"


def test_a_site_is_current_until_a_judgement_runs_out(
    project: Callable[..., Any], git_repo: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    repo = git_repo("alpha")
    repo.commit({**ALPHA, ".handbook.yml": EXEMPT.replace("2026", "2999")})
    site = project(jobs=1)
    site.write("docs/index.md", "# Home\n")
    site.catalog(repo.url)
    site.run("handbook", "sync")
    site.run("handbook", "build")
    file = site.folder / "mkdocs.yml"
    monkeypatch.setattr(uptodate, "today", lambda: "2999-05-31")
    assert uptodate.is_current(file, None)
    monkeypatch.setattr(uptodate, "today", lambda: "2999-06-01")
    assert not uptodate.is_current(file, None)


def test_a_service_that_cannot_be_judged_loses_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ValueError("no judge")

    tree = MemoryTree({path: str(text) for path, text in ALPHA.items()})
    monkeypatch.setattr(check, "profile_of", broken)
    snapshot = Snapshot(Service("Alpha", "alpha", tree.repo), "", tree.commit, "main", "")
    built = build_service(snapshot, tree, Settings("", "", str(tmp_path)), {}, "2026-03-10")
    assert {"", "owners/", "reference/"} <= {page.uri for page in built.shard.pages}
    assert "readiness/" not in {page.uri for page in built.shard.pages}
    assert any("no judge" in problem.message for problem in built.shard.problems)
    assert built.summary.readiness is None


def test_a_rule_that_crashes_is_shown_and_hides_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ValueError("<b>bad</b>")

    monkeypatch.setattr(check.rules()["DOC03"], "check", broken)
    tree = MemoryTree({path: str(text) for path, text in ALPHA.items()})
    snapshot = Snapshot(Service("Alpha", "alpha", tree.repo), "", tree.commit, "main", "")
    built = build_service(snapshot, tree, Settings("", "", str(tmp_path)), {}, "2026-03-10")
    (page,) = (page for page in built.shard.pages if page.uri == "readiness/")
    assert "The rule itself failed: ValueError" in page.html
    assert "<b>bad" not in page.html
    assert built.summary.readiness is not None
    assert built.summary.readiness.statuses["DOC03"] == "error"
    assert len(built.summary.readiness.statuses) == len(check.rules())


def test_the_handbook_dates_rules_and_switches_them_off(
    project: Callable[..., Any], git_repo: Callable[..., Any], day: Callable[[str], None]
) -> None:
    repo = git_repo("alpha")
    repo.commit(ALPHA)
    site = project(jobs=1)
    site.write("docs/index.md", "# Home\n")
    site.catalog(repo.url)
    plain = (site.folder / "mkdocs.yml").read_text(encoding="utf-8")
    site.write("mkdocs.yml", plain + "      rules: {CODE01: 2026-07-01, PLAN01: off}\n")
    day("2026-06-01")
    site.build()
    page = site.page("services/alpha/readiness")
    assert page.index("Announced: not counted yet") < page.index('id="code01"')
    assert 'id="plan01"' not in page
    assert "30 days left" in site.page("services/readiness/campaigns")
    assert "does not ask for it" in site.page("services/readiness/plan01")
    assert "The practice behind it" not in site.page("services/readiness/doc03"), "it has none"
    day("2026-07-01")
    site.run("mkdocs", "build")
    assert "Announced" not in site.page("services/alpha/readiness")
    assert not (site.site / "services/readiness/campaigns").exists()
    site.write("mkdocs.yml", plain + "      rules: {CODE99: off, CODE01: soon}\n")
    done = site.run("mkdocs", "build", check=False)
    said = done.stdout + done.stderr
    assert "no rule 'CODE99'" in said
    assert "CODE01 is 'soon'; write a day such as 2027-01-31, or off" in said
    assert "Traceback" not in said


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (("plan/",), '<a href="../../plan/#levels" title="What the levels mean">Default</a>'),
        ((), "Default"),
    ],
)
def test_how_binding_a_page_is_leads_to_what_that_means(
    tmp_path: Path, written: tuple[str, ...], said: str
) -> None:
    settings = Settings("", "", str(tmp_path))
    of = Readiness(settings, (), (), "2026-03-10", written)
    page = '<h1>Cost</h1>\n<p class="hb-level">{}</p>\n<p class="other">Default</p>'
    assert of.with_rules(page.format("Default"), "run/cost/") == page.format(said)


def test_a_build_keeps_the_trend_and_says_what_it_cannot_read(
    project: Callable[..., Any], git_repo: Callable[..., Any], day: Callable[[str], None]
) -> None:
    repo = git_repo("alpha")
    repo.commit(ALPHA)
    site = project(jobs=1)
    site.write("docs/index.md", "# Home\n")
    site.catalog(repo.url)
    kept = site.folder / "readiness-history.jsonl"
    kept.write_text('{"day":"2026-05-01","services":{"alpha":["",1,9]}}\n{broken', "utf-8")
    day("2026-06-01")
    assert "readiness-history.jsonl:2: the line is damaged" in site.build()
    assert "1 of 9 rules met on 1 May 2026" in site.page("services/readiness/teams/risk")
    lines = kept.read_text("utf-8").splitlines()
    assert lines[1] == "{broken", "nothing is lost"
    assert lines[2].startswith('{"day":"2026-06-01","services":{"alpha":')
    before = site.digests()
    site.run("mkdocs", "build")
    assert kept.read_text("utf-8").splitlines() == lines
    assert site.digests() == before
    kept.unlink()
    kept.mkdir()
    assert "the trend of readiness was not kept" in site.build(), "the site is built all the same"
