"""Tutorial pages with their marks: the page and the last run in, what a reader sees out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import unescape
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml
from markdown import Markdown
from mkdocs.config import load_config

from handbook.publish.verified import VerifiedPlugin
from handbook.publish.verifiedblocks import duration, mark_blocks, text_of
from handbook.publish.verifiedbox import Shown, box, line, table
from handbook.publish.verifiedstanding import PageStanding, standing
from handbook.tutorial.options import BACKENDS
from handbook.tutorial.records import Page
from handbook.tutorial.report import Backend, BackendReport, PageReport, Report, StepReport
from handbook.tutorial.steps import parse_page

ROOT = Path(__file__).parents[2]
CASES: dict[str, Any] = yaml.safe_load(
    (Path(__file__).with_name("verified_cases.yml")).read_text(encoding="utf-8")
)
COMMIT = "0123456789abcdef0123456789abcdef01234567"
SHOWN = Shown(BACKENDS, commit_url=lambda commit: "", day_of=lambda commit: "")
STEP = re.compile(
    r'<div [^>]*class="[^"]*hb-step[^"]*"[^>]*><div class="hb-bar"[^>]*>'
    r'<span class="hb-bar__name">(?P<name>.*?)</span>(?P<mark><span class="hb-tick.*?)</div>'
    r"(?P<pre><pre.*?</pre>)",
    re.DOTALL,
)
OUTPUT = re.compile(r'<div [^>]*class="[^"]*hb-output[^"]*"[^>]*>.*?(<pre.*?</pre>)', re.DOTALL)


@pytest.fixture(scope="module")
def markdown() -> Markdown:
    """The site's own Markdown, as the plugin sets it up."""
    config = load_config(config_file=str(ROOT / "mkdocs.yml"))
    VerifiedPlugin().on_config(config)
    return Markdown(extensions=config.markdown_extensions, extension_configs=config.mdx_configs)


def report_of(page: Page, runs: Mapping[str, Any], uses: str = "as now") -> Report:
    backends: dict[Backend, BackendReport] = {}
    known = {step.id: step for step in page.steps}
    for backend in get_args(Backend):
        found = [
            StepReport(
                name, known[name].line, known[name].kind, said[0], said[1],
                "".join(said[2:]), known[name].digest,
            )
            for name, said in runs.get(backend, {}).items()
        ]  # fmt: skip
        of = PageReport(page.path, page.digest, uses, tuple(found))
        if found:
            run = BackendReport(backend, COMMIT, False, "2026-11-21T10:00Z", (of,))
            backends[backend] = run
    return Report(backends=backends)


def plain(html: str) -> str:
    """What a reader reads, with single blanks."""
    spaced = re.sub(r"</?(?:p|li|ul|div|td|th|dt|dd|br)\b[^>]*>", " ", html)
    return " ".join(unescape(re.sub(r"<[^>]+>", "", spaced)).split())


def title_of(mark: str) -> str:
    found = re.search(r'title="([^"]*)"', mark)
    return unescape(found[1]) if found else ""


def standing_of(case: Mapping[str, Any]) -> PageStanding:
    page = parse_page("01-try.md", case["page"])
    was = parse_page("01-try.md", case.get("was", case["page"]))
    reports = [report_of(was, case["runs"])] if "runs" in case else []
    return standing(page, case.get("uses", "as now"), reports)


@pytest.mark.parametrize("name", CASES)
def test_a_page_says_what_was_proven(name: str, markdown: Markdown) -> None:
    case = CASES[name]
    stands = standing_of(case)
    markdown.reset()
    html, lost = mark_blocks(markdown.convert(case["page"]), stands.steps)
    assert lost == ()
    shown = list(STEP.finditer(html))
    assert [text_of(of["pre"]) for of in shown] == [step.source for step in stands.page.steps]
    bars = [[plain(of["name"]), plain(of["mark"]), title_of(of["mark"])] for of in shown]
    assert bars == case["bars"]
    assert plain(box(stands, SHOWN)) == plain(case["box"])
    assert [text_of(pre).rstrip("\n") for pre in OUTPUT.findall(html)] == case.get("outputs", [])


def test_a_mark_that_is_only_a_sign_has_a_name(markdown: Markdown) -> None:
    case = CASES["passed, with times from one second on"]
    markdown.reset()
    html, _ = mark_blocks(markdown.convert(case["page"]), standing_of(case).steps)
    names = re.findall(r'hb-tick--passed"[^>]* role="img" aria-label="([^"]+)"', html)
    assert names == [title for _, _, title in case["bars"]]


def test_a_step_that_is_not_shown_as_it_is_run_is_told() -> None:
    page = parse_page("01-try.md", "```bash\necho 1\n```\n\n```bash\necho 2\n```\n")
    block = '<div class="highlight"><pre><code>{}\n</code></pre></div>'
    html = block.format("echo one") + block.format("echo 2")
    marked, lost = mark_blocks(html, standing(page, "", []).steps)
    assert [step.source for step in lost] == ["echo 1\n"]
    assert marked.count("hb-bar__name") == 1


def test_a_tab_stays_a_tab(markdown: Markdown) -> None:
    text = '# T\n\nThe Makefile:\n\n```make title="Makefile"\nall:\n\techo\n```\n'
    markdown.reset()
    marked, lost = mark_blocks(
        markdown.convert(text), standing(parse_page("t.md", text), "", []).steps
    )
    assert lost == ()
    assert "\techo" in text_of(marked)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, ""), (0.99, ""), (1, "1 s"), (59.4, "59 s"), (60, "1 min 00 s"), (3605, "60 min 05 s")],
)
def test_times_are_worth_a_word_from_a_second_on(seconds: float, words: str) -> None:
    assert duration(seconds) == words


def test_the_newest_report_that_holds_counts() -> None:
    """A run of an older page, on this machine, hides no committed one of the page as it is."""
    old = parse_page("01-try.md", "```bash\necho old\n```\n")
    page = parse_page("01-try.md", "```bash\necho new\n```\n")
    here = report_of(old, {"process": {"step-1": ["passed", 1]}})
    committed = report_of(page, {"process": {"step-1": ["passed", 7]}})
    assert [s.seconds for s in standing(page, "as now", [here, committed]).steps] == [7]
    again = report_of(page, {"process": {"step-1": ["failed", 2, "exit 1"]}})
    assert [s.state for s in standing(page, "as now", [again, committed]).steps] == ["failed"]


def test_a_commit_has_its_day_and_address() -> None:
    case = CASES["no report"]
    page = parse_page("01-try.md", case["page"])
    report = report_of(page, {"process": {"step-1": ["passed", 0]}})
    run = report.backends["process"]
    undated = Report(backends={"process": BackendReport("process", COMMIT, True, "", run.pages)})
    shown = Shown(
        BACKENDS, lambda commit: f"https://forge.example/{commit}", lambda _: "2026-10-01"
    )
    said = box(standing(page, "as now", [undated]), shown)
    assert f'<a href="https://forge.example/{COMMIT}"><code>0123456789</code></a>' in said
    assert "on 2026-10-01, commit 0123456789 with changes not committed:" in plain(said)


def test_the_table_has_all_pages_and_backends() -> None:
    names = ("some were left out", "a failure is said before all else")
    entries = [(standing_of(CASES[name]), name, f"../{at}/") for at, name in enumerate(names)]
    html = table(entries, SHOWN)
    rows = [plain(row) for row in re.findall(r"<tr>.*?</tr>", html)]
    assert rows == [
        "Page Steps process docker kind",
        "some were left out 4 1 ran Not run Not run",
        "a failure is said before all else 3 1 ran 1 s, 1 failed Not run Not run",
        "All 7 2 ran in 1 s 0 ran 0 ran",
    ]
    assert '<a href="../0/#run-image">image</a>' in html
    assert plain(html.partition("</table>")[2]) == (
        "process Run on 2026-11-21, commit 0123456789. Not run: only on docker (some were left out:"
        " image, scan) Not run: needs an account (some were left out: push) Not run: test failed"
        " before it (a failure is said before all else: ship)"
        " docker Not run: no Docker engine here (some were left out) kind Never run."
    )


def test_the_sentence_counts_what_ran_as_it_is_now() -> None:
    names = ("some were left out", "a failure is said before all else")
    said = line([standing_of(CASES[name]) for name in names], SHOWN, "../verified/")
    assert plain(said) == (
        "2 of 7 steps of the tutorial ran as shown, on 2026-11-21, commit 0123456789."
        " What was verified"
    )
    assert '<a href="../verified/">What was verified</a>' in said
    said = line([standing_of(CASES["a changed step, and those after it"])], SHOWN, "")
    assert " of them, or what they use, changed since. What was verified" in plain(said)
    said = line([standing_of(CASES["no report"])], SHOWN, "")
    assert plain(said) == "The tutorial has not been run yet. What was verified"


def test_without_a_report_the_table_says_how_to_get_one() -> None:
    html = table([(standing_of(CASES["no report"]), "Try", "../try/")], SHOWN)
    assert plain(html) == "There is no report of a run yet. make tutorial writes one."
