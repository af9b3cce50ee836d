"""What the docs show to be copied works as it is shown."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest
import yaml
from click.testing import CliRunner
from msgspec import Struct

from handbook.check import rules
from handbook.check.engine import judge
from handbook.check.profile import profile_of
from handbook.check.rule import Rule, Verdict, mistakes_of
from handbook.cli import main
from handbook.collect import collect
from handbook.model.facts import Absent, Fact, Found, Origin
from handbook.model.history import History
from handbook.model.limits import Limits
from handbook.model.profile import Profile
from handbook.model.readiness import Evidence, Level
from handbook.model.service import Service, Snapshot
from handbook.tree import Commit, MemoryTree, RepoTree

DOCS = Path(__file__).parents[1] / "docs"
PAGES = {f"{path.relative_to(DOCS).with_suffix('').as_posix()}/" for path in DOCS.rglob("*.md")}
PAGE = DOCS / "reference/your-own-handbook.md"
BIN = Path(sys.executable).parent
MERMAID = "```mermaid\ngraph LR\n  A --> B\n```\n"


def blocks(text: str) -> Iterator[tuple[str, str]]:
    """Give each fenced block: its title (else its language) and its lines without indent."""
    fence = re.compile(
        r'^(?P<indent> *)```(?P<lang>\w+)(?: title="(?P<title>[^"]+)")?\n'
        r"(?P<body>.*?)^(?P=indent)```$",
        re.MULTILINE | re.DOTALL,
    )
    for match in fence.finditer(text):
        yield match["title"] or match["lang"], textwrap.dedent(match["body"])


SHOWN = dict(blocks(PAGE.read_text(encoding="utf-8")))
WORKFLOWS = (".github/workflows/handbook.yml", ".gitlab-ci.yml")


@pytest.fixture
def company(tmp_path: Path, git_repo: Callable[..., Any]) -> Path:
    """The page's files, and the repo beside them that they name."""
    ranker = git_repo("ranker")
    ranker.commit(
        {"README.md": "# Ranker\n\nRanks.\n\n" + MERMAID, "CODEOWNERS": "* @acme/search\n"}
    )
    folder: Path = ranker.path.parent / "handbook"
    for name in ("mkdocs.yml", "catalog.yml", "docs/index.md", ".gitignore"):
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(SHOWN[name], encoding="utf-8")
    return folder


def run(folder: Path, *command: str) -> str:
    done = subprocess.run(
        [str(BIN / command[0]), *command[1:]],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=180,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_the_smallest_handbook_has_the_whole_look(company: Path) -> None:
    run(company, "handbook", "doctor")
    run(company, "handbook", "sync", "--strict")
    run(company, "handbook", "build", "--strict")
    home = (company / "site/index.html").read_text()
    ranker = (company / "site/services/ranker/index.html").read_text()
    assert 'href="services/ranker/"' in home
    for page in (home, ranker):
        tabs = re.findall(r'class="md-tabs__link"[^>]*>\s*([^<]+?)\s*<', page)
        assert tabs == ["Home", "Services"]
        assert set(re.findall(r'data-md-color-scheme="(\w+)"', page)) == {"default", "slate"}
    assert (company / "handbook.lock").is_file()


def test_what_may_be_added_works(company: Path) -> None:
    config = company / "mkdocs.yml"
    smallest = config.read_text().replace("theme:\n  name: material\n", "")
    config.write_text(smallest + SHOWN["mkdocs.yml, added"])
    (company / "docs/assets").mkdir()
    (company / "docs/assets/logo.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg"/>')
    index = company / "docs/index.md"
    index.write_text(index.read_text() + f"\n!!! note\n    Hello.\n\n- [x] done\n\n{MERMAID}")
    (company / "docs/guide.md").write_text("# Guide\n")
    config.write_text(config.read_text().replace("index.md\n", "index.md\n  - Guide: guide.md\n"))
    run(company, "handbook", "sync", "--strict")
    run(company, "handbook", "build", "--strict")
    home = (company / "site/index.html").read_text()
    assert all(part in home for part in ("admonition note", "task-list-item", 'class="hb-mermaid'))
    assert (
        "https://github.com/acme/handbook/edit/main/docs/guide.md"
        in (company / "site/guide/index.html").read_text()
    )


def test_a_site_below_a_path(company: Path) -> None:
    config = company / "mkdocs.yml"
    text = re.sub(r"site_url: .*", "site_url: https://acme.example/handbook/", config.read_text())
    config.write_text(text)
    run(company, "handbook", "sync")
    run(company, "handbook", "build", "-d", "releases/42")
    site = company / "releases/42"
    assert 'href="/handbook/assets/' in (site / "404.html").read_text()
    assert "https://acme.example/handbook/services/ranker/" in (site / "sitemap.xml").read_text()
    absolute = re.compile(r'\s(?:href|src)="/')
    assert not absolute.search((site / "services/ranker/index.html").read_text())


def steps(workflow: str) -> list[str]:
    """Return the shell commands of a workflow."""
    given = yaml.safe_load(SHOWN[workflow])
    if "pages" in given:
        return [str(line) for line in given["pages"]["script"]]
    return [step["run"] for step in given["jobs"]["publish"]["steps"] if "run" in step]


@pytest.mark.parametrize("workflow", WORKFLOWS)
def test_workflows_call_commands_that_exist(workflow: str) -> None:
    called = [shlex.split(step)[1:] for step in steps(workflow) if step.startswith("handbook ")]
    assert [command[0] for command in called] == ["sync", "build"]
    for command in called:
        assert CliRunner().invoke(main, [*command, "--help"]).exit_code == 0


@pytest.mark.parametrize("workflow", WORKFLOWS)
def test_workflows_give_git_the_token(workflow: str, tmp_path: Path) -> None:
    command = next(step for step in steps(workflow) if step.startswith("git config"))
    host = re.search(r"https://([\w.]+)\.helper", command)
    assert host
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "GIT_CONFIG_NOSYSTEM": "1",
        "REPOS_TOKEN": "canary",
    }
    subprocess.run(["sh", "-c", command], env=environment, check=True)
    filled = subprocess.run(
        ["git", "credential", "fill"],
        input=f"protocol=https\nhost={host[1]}\n\n",
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    assert "password=canary" in filled.splitlines()


def test_the_header_is_printed_by_the_command_shown() -> None:
    command = SHOWN["bash"].strip()
    assert command.startswith("python -c ")
    done = subprocess.run(
        [sys.executable, *shlex.split(command)[1:]], capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("default-src 'self'; ")
    assert done.stdout.rstrip().endswith("frame-ancestors 'none'")


def test_the_collector_of_the_contributors_page_passes_its_own_test() -> None:
    page = (DOCS / "contributing/add-a-collector.md").read_text(encoding="utf-8")
    shown = {
        "Absent": Absent,
        "Fact": Fact,
        "Found": Found,
        "Limits": Limits,
        "Origin": Origin,
        "RepoTree": RepoTree,
        "Service": Service,
        "Struct": Struct,
        "SERVICE": Service(slug="risk", name="Risk", repo="."),
    }
    for _, code in blocks(page):
        exec(code, shown)  # noqa: S102 - our own page
    tested: Any = shown["test_base_images_are_read_with_their_line"]
    tested(MemoryTree)
    collect: Any = shown["collect_images"]
    bare = collect(MemoryTree({"Dockerfile": "FROM\n"}), shown["SERVICE"], Limits())
    assert isinstance(bare, Absent)


@pytest.mark.parametrize("case", ["pass-kept", "warn-none"])
def test_the_rule_of_the_contributors_page_passes_its_own_cases(case: str) -> None:
    page = (DOCS / "contributing/add-a-rule.md").read_text(encoding="utf-8")
    shown = dict(blocks(page))
    names: dict[str, Any] = {
        "ClassVar": ClassVar,
        "Evidence": Evidence,
        "Fact": Fact,
        "Found": Found,
        "History": History,
        "Level": Level,
        "Profile": Profile,
        "Rule": Rule,
        "Verdict": Verdict,
    }
    code = shown["plugins/handbook/check/rules/changes.py"]
    exec("from __future__ import annotations\n" + code, names)  # noqa: S102 - our own page
    rule: type[Rule] = names["Changelog"]
    assert mistakes_of(rule, frozenset({"history", "profile"})) == ()
    assert rule.code not in rules(), "a code is never used twice"
    given = yaml.safe_load(shown[f"tests/check/cases/DOC09/{case}.yml"])
    when = "2026-01-01T00:00:00+00:00"
    subjects = given.get("commits", ())
    tree = MemoryTree(
        given["files"],
        history=[Commit(f"{n:040x}", when, when, "T", "t", s) for n, s in enumerate(subjects)],
    )
    snapshot = Snapshot(Service(slug="risk", name="Risk", repo=tree.repo), "", tree.commit)
    facts = collect(snapshot, tree, Limits())
    known = {"history": facts.history, "profile": profile_of(facts)}
    (found,) = judge(known, [rule], {}, "2026-03-10").findings
    assert (found.status, rule.page in PAGES) == (given["expect"], True)
    places = {f"{item.path}:{item.line}" for item in found.evidence}
    assert set(given.get("evidence", ())) <= places
    assert given.get("searched", "") in "".join(found.searched)
