"""What the pages say is spelt in British English, in plain words and short sentences."""

from __future__ import annotations

import importlib.resources
import re
import subprocess
import sys
import tomllib
from collections import Counter
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import proselint.checks
import pyphen
import pytest
from proselint.config import DEFAULT
from proselint.registry import CheckRegistry
from proselint.tools import LintFile
from tests.pages.reading import ROOT, Block, Page, listed, parse, read

GENERATED = {"docs/reference/benchmarks.md"}
PAGES = sorted(
    {
        *listed("docs/*.md", "tutorials/*.md", "sample_service/docs/*.md"),
        *listed("README.md", "sample_service/README.md", "plugins/handbook/forms/blanks/*.md"),
    }
    - GENERATED
)
WORDS = tomllib.loads(Path(__file__).with_name("words.toml").read_text(encoding="utf-8"))
INSTEAD: Mapping[str, str] = WORDS["instead"]
LONGEST = 40  # words of a sentence: nobody holds more in mind until its end
# The years of school that a page asks for. Most readers did not grow up with English, and news is
# written for 9 to 12. When the bound was set, the mean of all pages was 5, the heaviest page
# with many numbers and names 9.8; only what is out of hand is above.
GRADE = 10
SAID = {"p", "li"}


@pytest.fixture(params=PAGES)
def page(request: pytest.FixtureRequest) -> Page:
    return read(request.param)


def places(found: list[tuple[int, str]]) -> str:
    return "\n".join(f"line {line}: {what}" for line, what in found)


@cache
def avoided() -> re.Pattern[str]:
    parts = (re.escape(word).replace(r"\*", r"\w*") for word in INSTEAD)
    return re.compile(rf"(?<![\w-])(?:{'|'.join(parts)})(?![\w-])", re.IGNORECASE)


def hint(word: str) -> str:
    for known, instead in INSTEAD.items():
        if re.fullmatch(re.escape(known).replace(r"\*", r"\w*"), word, re.IGNORECASE):
            return f'"{word}": {instead}'
    raise KeyError(word)


def test_words_that_say_nothing(page: Page) -> None:
    found = [(b.line, hint(m)) for b in page.blocks for m in avoided().findall(b.text)]
    assert not found, places(found)


@cache
def british() -> dict[str, str]:
    """By American spelling, the British one: codespell's own list, read backwards."""
    data = importlib.resources.files("codespell_lib") / "data/dictionary_en-GB_to_en-US.txt"
    pairs = (line.split("->") for line in data.read_text(encoding="utf-8").split())
    known = {american: own for own, american in pairs}
    return {word: own for word, own in known.items() if word not in WORDS["spelling"]["american"]}


def test_british_spelling(page: Page) -> None:
    found = [
        (block.line, f"{word}: {british()[word.lower()]}")
        for block in page.blocks
        for word in block.words
        # A capital within a sentence makes a name: Docker Artifact Registry.
        if word.lower() in british() and (word.islower() or block.text.startswith(word))
    ]
    assert not found, places(found)


@cache
def misspelt() -> dict[str, list[str]]:
    ignored = ",".join(WORDS["spelling"]["codespell"])
    command = [sys.executable, "-m", "codespell_lib", "--ignore-words-list", ignored, *PAGES]
    done = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    assert done.returncode in {0, 65}, done.stderr
    found: dict[str, list[str]] = {}
    for line in done.stdout.splitlines():
        found.setdefault(line.split(":")[0].removeprefix("./"), []).append(line)
    return found


def test_spelling(page: Page) -> None:
    assert misspelt().get(page.path, []) == []


@cache
def register() -> None:
    CheckRegistry().register_many(proselint.checks.__register__)


def linted(text: str) -> list[str]:
    register()
    # The first that fits counts.
    chosen = {**dict.fromkeys(WORDS["proselint"], False), **DEFAULT["checks"]}
    found = LintFile("page", text).lint({"max_errors": 100, "checks": chosen})
    said = [f"{one.check_result.check_path}: {one.check_result.message}" for one in found]
    return [one for one in said if not any(f"'{meant}'" in one for meant in WORDS["meant"])]


def test_prose_is_linted(page: Page) -> None:
    text = "\n\n§\n\n".join(block.text for block in page.blocks)
    assert not (found := linted(text)), "\n".join(found)


def sentences(page: Page) -> list[tuple[int, str, int]]:
    """Line, sentence and number of words; a table's cell or a heading is none."""
    return [
        (block.line, sentence, len(words_of(sentence)))
        for block in page.blocks
        if block.kind in SAID
        for sentence in block.sentences
    ]


def words_of(sentence: str) -> list[str]:
    return Block("p", 0, sentence, ()).words


def test_sentences_are_short(page: Page) -> None:
    found = [(line, f"{n} words: {text}") for line, text, n in sentences(page) if n > LONGEST]
    assert not found, places(found)


@cache
def syllables(word: str) -> int:
    return len(hyphens().positions(word)) + 1


@cache
def hyphens() -> pyphen.Pyphen:
    return pyphen.Pyphen(lang="en_GB", left=1, right=1)


def grade(page: Page) -> float:
    """Flesch and Kincaid's grade; what does not end as a sentence does, such as a label, is none.

    Syllables are where a dictionary for typesetting would hyphenate.
    """
    said = [text for _, text, _ in sentences(page) if text.rstrip("\"')").endswith((".", "?", "!"))]
    words = [word for text in said for word in words_of(text)]
    if len(words) < 100:
        return 0  # too few for a mean
    total = sum(map(syllables, words))
    return 0.39 * len(words) / len(said) + 11.8 * total / len(words) - 15.59


def test_reading_level(page: Page) -> None:
    assert grade(page) <= GRADE, "shorter sentences, shorter words"


def test_the_level_tells_plain_from_heavy() -> None:
    plain = "The model drifts. Watch it, and train it again when the score moves. " * 10
    heavy = "Organisational stakeholders operationalise heterogeneous capabilities. " * 20
    assert grade(parse("plain.md", plain)) < 4
    assert grade(parse("heavy.md", heavy)) > 20


def test_the_checks_find_what_they_are_for() -> None:
    assert hint("Leveraging") == '"Leveraging": use'
    assert avoided().findall("Just do it, of course; a robust, unjust ease.") == [
        "Just", "of course", "robust",
    ]  # fmt: skip
    assert british()["color"] == "colour"
    assert linted("The the end.")
    assert any("clich" in found for found in linted("At the end of the day it works."))
    assert any(parse("x.md", "word " * 41 + ".").blocks[0].words)


@pytest.mark.parametrize("key", ["description", "title"])
def test_no_two_pages_call_themselves_the_same(key: str) -> None:
    pages = [read(path) for path in PAGES if path.startswith(("docs/", "tutorials/"))]
    own = [page for page in pages if "/new-service/" not in page.path]
    said = Counter(
        page.meta.get("title", "".join(page.headings(1)[:1])) if key == "title"
        else page.meta.get("description", page.path)
        for page in own
    )  # fmt: skip
    assert [name for name, times in said.items() if times > 1] == []
