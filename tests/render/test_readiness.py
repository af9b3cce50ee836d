"""The page of a service's readiness: what is found is shown, as text, with the next step."""

from __future__ import annotations

from handbook.model.facts import Origin
from handbook.model.limits import Limits
from handbook.model.readiness import Evidence, Exemption, Finding, Report
from handbook.model.service import Service, Snapshot
from handbook.render.context import RenderContext
from handbook.render.forge import Forge
from handbook.render.readiness import render_readiness

REPO = "https://github.com/acme/risk"
COMMIT = "c0ffee" * 6 + "abcd"
SERVICE = Service("Risk", "risk", REPO)
CTX = RenderContext(Snapshot(SERVICE, "", COMMIT, "main"), Forge.of(REPO), Limits(), {})
FINDINGS = (
    Finding("DOC03", "Maintainers are listed.", 1, "bronze", "pass", "`@acme/risk` answers."),
    Finding(
        "MON02",
        "Alerts are there.",
        1,
        "silver",
        "fail",
        "None was found <b>here</b>.",
        (Evidence("deploy/app.yaml", 7, "kind: <script>"),),
        ("monitoring/", "*.rules.yml"),
        "Add a rule.",
    ),
    Finding("TEST02", "Tests are docs.", 1, "gold", "na", "It has no API."),
)


def page(*findings: Finding) -> str:
    section = render_readiness(Report(findings, "2026-03-10"), CTX)
    (made,) = section.pages
    assert (made.uri, made.kind, section.nav[0].title) == ("readiness/", "readiness", "Readiness")
    return made.html


def test_the_level_and_what_blocks_the_next_come_first() -> None:
    html = page(*FINDINGS)
    assert html.index("Bronze") < html.index("What keeps it from silver") < html.index("MON02")
    assert "1 of 2 applicable rules are met; 1 rule does not apply" in html


def test_evidence_leads_to_the_line_at_that_commit() -> None:
    assert f'href="{REPO}/blob/{COMMIT}/deploy/app.yaml#L7"' in page(*FINDINGS)


def test_where_was_looked_and_what_to_do_are_said() -> None:
    html = page(*FINDINGS)
    assert "<code>monitoring/</code>, <code>*.rules.yml</code>" in html
    assert "Add a rule." in html
    assert 'href="../../readiness/mon02/"' in html


def test_what_a_repo_says_stays_text() -> None:
    html = page(*FINDINGS)
    assert "<script" not in html
    assert "<b>" not in html


def test_an_exemption_is_always_shown_with_its_reason() -> None:
    exemption = Exemption("MON02", "Moving.", "team-risk", "2026-12-31", Origin(REPO, COMMIT))
    html = page(Finding("MON02", "T", 1, "gold", "exempt", "None.", exemption=exemption))
    assert "with 1 exemption" in html
    assert "Moving." in html
    assert "31 Dec 2026" in html


def test_an_announced_rule_is_apart_from_those_that_count() -> None:
    html = page(*FINDINGS, Finding("SHIP05", "T", 1, "gold", "fail", "M", counts_from="2026-09-01"))
    assert html.index("Announced: not counted yet") < html.index("SHIP05")


def test_a_service_that_was_not_judged_has_no_page() -> None:
    assert render_readiness(Report((), "2026-03-10"), CTX).pages == ()
