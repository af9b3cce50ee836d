"""Code on a page is code that ran: included from a tested file, or tried here or elsewhere."""

from __future__ import annotations

import fnmatch
import re
import shlex
import tomllib
from collections.abc import Callable
from pathlib import Path

import click
import pytest
import yaml
from mkdocs.config import load_config
from tests.pages.reading import ROOT, Fence, listed, parse, read

from handbook.catalog import load_catalog
from handbook.cli import main
from handbook.collect.declared import collect_declared
from handbook.model.facts import Found
from handbook.model.limits import Limits
from handbook.model.service import Service
from handbook.tree import MemoryTree
from handbook.tutorial.options import is_options, read_options
from handbook.tutorial.report import read_report

PAGES = [path for path in listed("docs/*.md") if path != "docs/reference/benchmarks.md"]
KNOWN = tomllib.loads(Path(__file__).with_name("code.toml").read_text(encoding="utf-8"))
SHELLS = {"bash", "sh", "console"}
MAKE = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
BLOCKS = [(path, fence) for path in PAGES for fence in read(path).fences]


def name(fence: Fence) -> str:
    return fence.title or fence.body.split("\n", 1)[0]


def commands(body: str) -> list[list[str]]:
    lines = body.replace("\\\n", " ").splitlines()
    return [
        words for line in lines if (words := shlex.split(line.removeprefix("$ "), comments=True))
    ]


def known_command(words: list[str]) -> None:
    """Fail unless the command is there, with these options."""
    program = words[0].removeprefix(".venv/bin/")
    if program == "handbook":
        given = [word.split("=")[0] for word in words[1:] if word.startswith("-")]
        command = next(main.commands[word] for word in words[1:] if not word.startswith("-"))
        options = {o for p in command.params if isinstance(p, click.Option) for o in p.opts}
        assert set(given) <= options | {"--help"}, words
    elif program == "make":
        targets = {word for word in words[1:] if "=" not in word and not word.startswith("-")}
        assert targets <= MAKE, words
    else:
        assert program in KNOWN["programs"], f"nothing tries {program}: link to the tutorial"


def shell(body: str, _: Path) -> None:
    for words in commands(body):
        known_command(words)


def plugin_options(body: str, folder: Path) -> None:
    (folder / "docs").mkdir()
    (folder / "catalog.yml").write_text("services: []\n", encoding="utf-8")
    file = folder / "mkdocs.yml"
    file.write_text(f"site_name: Acme\ntheme: material\n{body}", encoding="utf-8")
    load_config(str(file))


def theme(body: str, _: Path) -> None:
    """Each key is one that this handbook's own theme has, and names a file that is there."""
    known = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    for key, file in yaml.safe_load(body)["theme"].items():
        assert f"  {key}: " in known
        assert (ROOT / "docs" / file).is_file()


def moves(body: str, _: Path) -> None:
    addresses = [part for pair in yaml.safe_load(body).items() for part in pair]
    assert [part for part in addresses if not re.fullmatch(r"[\w/-]+/(#[\w-]+)?", part)] == []


def catalogue(body: str, folder: Path) -> None:
    file = folder / "catalog.yml"
    file.write_text(body, encoding="utf-8")
    assert load_catalog(file).entries


def descriptor(body: str, _: Path) -> None:
    tree = MemoryTree({".handbook.yml": body})
    declared = collect_declared(tree, Service(slug="a", name="A", repo=tree.repo), Limits())
    assert isinstance(declared, Found), declared
    assert declared.problems == ()


def options_of_a_step(body: str, _: Path) -> None:
    assert is_options(body.strip())
    assert read_options(body.strip())[2] == ()


def report(body: str, folder: Path) -> None:
    file = folder / "verified.json"
    file.write_text(body, encoding="utf-8")
    assert read_report(file).backends


def uses(body: str, _: Path) -> None:
    pages = [path.removeprefix("tutorials/") for path in listed("tutorials/*.md")]
    for page, paths in yaml.safe_load(body).items():
        assert fnmatch.filter(pages, f"{page}.md"), page
        assert all(path == "TAKEN" or list(ROOT.glob(path)) for path in paths)


def needs(body: str, _: Path) -> None:
    named = re.findall(r"[\w/-]+", body.partition(":")[2])
    assert all((ROOT / f"tutorials/{page}.md").is_file() for page in named)


# Language and beginning of what is tried here.
TRIED: dict[tuple[str, str], Callable[[str, Path], None]] = {
    **{(language, ""): shell for language in SHELLS},
    ("yaml", "plugins:"): plugin_options,
    ("yaml", "services:"): catalogue,
    ("yaml", "# yaml-language-server: $schema=plugins/handbook/catalog/"): catalogue,
    ("yaml", "dashboards:"): descriptor,
    ("yaml", "kind: "): descriptor,
    ("yaml", "theme:"): theme,
    ("yaml", "run/"): moves,
    ("yaml", "needs: ["): needs,
    ("yaml", '"**":'): uses,
    ("markdown", "<!-- step:"): options_of_a_step,
    ("json", '{\n  "format": 1,'): report,
}


def tried(fence: Fence) -> Callable[[str, Path], None] | None:
    found = (
        how
        for (language, start), how in TRIED.items()
        if fence.language == language and fence.body.startswith(start)
    )
    return next(found, None)


def held(path: str, fence: Fence) -> bool:
    """Whether another test holds it, or it is no code."""
    tests = [entry for page, entry in KNOWN["tests"].items() if page.strip() == path]
    listed_blocks = {block for entry in tests for block in entry["blocks"]}
    return name(fence) in listed_blocks | set(KNOWN["words"].get(path, ()))


def test_a_page_without_an_example_is_told_from_one_that_has_one() -> None:
    assert {path for path, _ in BLOCKS} >= {"docs/reference/options.md", "docs/run/deploy.md"}
    pasted = parse("docs/x.md", "```python\nprint(1)\n```\n").fences[0]
    assert not (pasted.includes or held("docs/x.md", pasted) or tried(pasted))
    with pytest.raises(AssertionError):
        shell("handbook sync --stric\n", ROOT)
    with pytest.raises(AssertionError):
        shell("$ curl https://example.org\n", ROOT)


@pytest.mark.parametrize(
    ("path", "fence"), BLOCKS, ids=[f"{path}:{fence.line}" for path, fence in BLOCKS]
)
def test_code_is_code_that_ran(path: str, fence: Fence, tmp_path: Path) -> None:
    if fence.includes:
        files = [include.split(":")[0] for include in fence.includes]
        assert [file for file in files if not (ROOT / file).is_file()] == []
        assert "/" not in fence.title or fence.title in files, "the title is the file's path"
        return
    if held(path, fence) or fence.language == "mermaid":
        return
    how = tried(fence)
    assert how, "include it from a tested file, link to the tutorial, or add it to code.toml"
    how(fence.body, tmp_path)


@pytest.mark.parametrize("path", KNOWN["tests"])
def test_what_is_listed_is_there(path: str) -> None:
    entry = KNOWN["tests"][path]
    page = read(path.strip())
    assert Path(path.strip()).name in (ROOT / entry["test"]).read_text(encoding="utf-8")
    assert set(entry["blocks"]) - {name(fence) for fence in page.fences} == set()


@pytest.mark.parametrize("path", KNOWN["words"])
def test_words_that_are_listed_are_there(path: str) -> None:
    assert set(KNOWN["words"][path]) <= {name(f) for f in read(path).fences if f.language == "text"}
