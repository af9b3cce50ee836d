"""Reads which figures a page states, and what their origins say: see ``figures.toml``."""

from __future__ import annotations

import ast
import operator
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from tests.pages.reading import ENDS, ROOT, Page

WORDS: Mapping[str, float] = {
    "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
    "ten": 10, "eleven": 11, "twelve": 12, "fifteen": 15, "sixteen": 16, "twenty": 20,
    "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "ninety": 90, "hundred": 100,
    "thousand": 1_000, "million": 1_000_000,
    "half": 1 / 2, "fifth": 1 / 5, "sixth": 1 / 6, "seventh": 1 / 7,
}  # fmt: skip
WORD = rf"\b(?:{'|'.join(WORDS)})\b"
DIGITS = r"(?<![\w.,/-])\d+(?:,\d{3})*(?:\.\d+)?(?![\w/])"  # not of p95, S3 or 2016/679
NUMBER = re.compile(f"{DIGITS}|{WORD}", re.IGNORECASE)
WRITTEN = rf"(\d+(?:[,_]\d{{3}})*(?:\.\d+)?|{WORD})"  # in an origin: 500m and 1_000 as well

_MONTHS = "January February March April May June July August September October November December"
NAMES = re.compile(
    r"\b(?:RFC|PEP|article) \d+(?:, \d{3}\b)?|\(EU\) \d+/\d+"  # standards and laws
    r"|\b(?:Python|Kubernetes|release) \d+(?:\.\d+)+"  # versions
    rf"|\b(?:{_MONTHS.replace(' ', '|')}|in|of|since) (?:19|20)\d\d\b"  # dates
    # HTTP's statuses, which say what was answered and count nothing.
    r"|\b(?:status|answers|says|say|returns|with) \"?[1-5]\d\d\b(?! (?:%|ms|EUR|days))"
)
"""Digits that no figure is in."""

OF_OURS = re.compile(r"\bsample\b|\bbenchmarks?\b|\brunning example\b")
CHECKED = "How it is checked"


@dataclass(frozen=True)
class Row:
    """A paragraph, an item of a list, or a line of a table with its cells."""

    line: int
    section: str
    text: str
    links: tuple[str, ...]

    def claims(self) -> Iterator[re.Match[str]]:
        """Numbers in digits, and in words where it is our code or our sample that is spoken of."""
        names = [match.span() for match in NAMES.finditer(self.text)]
        ours = list(self._of_ours())
        for match in NUMBER.finditer(self.text):
            if match[0][0].isdigit():
                if not any(start <= match.start() < end for start, end in names):
                    yield match
            elif any(start <= match.start() < end for start, end in ours):
                yield match

    def _of_ours(self) -> Iterator[tuple[int, int]]:
        start = 0
        for sentence in ENDS.split(self.text):
            start = self.text.index(sentence, start)
            if self.section == CHECKED or OF_OURS.search(sentence):
                yield start, start + len(sentence)


@dataclass(frozen=True)
class Figure:
    """Words of a page, and the file that says how much: ``from``, ``find`` or ``key``, ``is``."""

    page: str
    says: str
    entry: Mapping[str, Any]

    def said(self) -> list[tuple[float, float]]:
        """Each number in the words, and how far a rounded one may be from what it rounds."""
        within = self.entry.get("within")
        return [
            (value, abs(value) * within if within else _rounding(text))
            for text in NUMBER.findall(NAMES.sub("", self.says))
            for value in [_value(text)]
        ]

    def found(self, read: Callable[[str], str] | None = None) -> list[float]:
        """What the origins say; what is not found fails."""
        files = _listed(self.entry.get("from", []))
        texts = [(read or origin)(file) for file in files]
        numbers = [
            number
            for text, wanted in _pairs(texts, _listed(self.entry.get("find", [])))
            for number in _search(text, wanted)
        ]
        for text, key in _pairs(texts, _listed(self.entry.get("key", []))):
            numbers.append(_looked_up(files[texts.index(text)], text, key))
        if "is" not in self.entry:
            return numbers
        known = dict(zip("abcdefgh", numbers, strict=False))
        return [computed(formula, known) for formula in _listed(self.entry["is"])]


def rows(page: Page) -> list[Row]:
    """The page's text without headings."""
    found: list[Row] = []
    section = ""
    for block in page.blocks:
        if block.kind == "h2":
            section = block.text
        if re.fullmatch(r"h\d", block.kind):
            continue
        last = found[-1] if found else None
        if last and block.kind in {"td", "th"} and block.line == last.line:
            found[-1] = Row(
                last.line, section, f"{last.text} | {block.text}", (*last.links, *block.links)
            )
        else:
            found.append(Row(block.line, section, " ".join(block.text.split()), block.links))
    return found


def unlisted(page: Page, phrases: Sequence[str]) -> list[str]:
    """Numbers of a page that none of the phrases has, with their line."""
    lacking = []
    for row in rows(page):
        known = [
            (start, start + len(phrase))
            for phrase in phrases
            if (start := row.text.find(phrase)) >= 0
        ]
        lacking += [
            f"line {row.line}: {match[0]!r} in …{row.text[max(0, match.start() - 40) :][:80]}…"
            for match in row.claims()
            if not any(start <= match.start() < end for start, end in known)
        ]
    return lacking


@cache
def origin(path: str) -> str:
    """The text of a file of this repo."""
    return (ROOT / path).read_text(encoding="utf-8")


def computed(formula: str, known: Mapping[str, float]) -> float:
    """Compute a sum, product or the like of named numbers."""
    return _compute(ast.parse(formula, mode="eval").body, known)


_OPERATORS: Mapping[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}


def _compute(node: ast.expr, known: Mapping[str, float]) -> float:
    if isinstance(node, ast.BinOp):
        calculate = _OPERATORS[type(node.op)]
        return calculate(_compute(node.left, known), _compute(node.right, known))
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        return float(node.value)
    if isinstance(node, ast.Name):
        return known[node.id]
    raise ValueError(ast.unparse(node))


def _value(text: str) -> float:
    known = WORDS.get(text.lower())
    return float(re.sub("[,_]", "", text)) if known is None else known


def _rounding(text: str) -> float:
    if not text[0].isdigit():
        return 0.5 if WORDS[text.lower()] >= 1 else 0.02
    return 0.5 * 10.0 ** -len(text.partition(".")[2]) + 1e-9


def _search(text: str, wanted: str) -> list[float]:
    """Find words in a text: {} is a number, … anything in its line, ⋮ anything, over lines."""
    marks = {"{}": WRITTEN, "…": r"[^\n]*?", "⋮": r"[\s\S]*?"}
    parts = re.split(r"(\{\}|\s*[…⋮]\s*|\s+)", wanted)
    pattern = "".join(
        marks.get(part.strip()) or (r"\s+" if part.isspace() else re.escape(part)) for part in parts
    )
    match = re.search(pattern, text)
    assert match, f"its origin no longer says {wanted!r}"
    return [_value(group) for group in match.groups()]


def _looked_up(file: str, text: str, key: str) -> float:
    value: Any = tomllib.loads(text) if file.endswith(".toml") else yaml.safe_load(text)
    for part in key.split(".") if key != "*" else ():  # all of it
        value = value[part]
    return float(len(value)) if isinstance(value, list | dict) else float(value)


def _pairs(texts: list[str], wanted: list[str]) -> Iterator[tuple[str, str]]:
    """One file for all, or a file for each."""
    if wanted:
        yield from zip(texts * len(wanted) if len(texts) == 1 else texts, wanted, strict=True)


def _listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def figures(file: Path) -> dict[str, dict[str, Any]]:
    """The list of figures, by page; short names of files are written out."""
    pages: dict[str, dict[str, Any]] = tomllib.loads(file.read_text(encoding="utf-8"))
    short = pages.pop("files")
    for entry in (one for kinds in pages.values() for one in kinds.get("measured", [])):
        entry["from"] = [short.get(name, name) for name in _listed(entry.get("from", []))]
    return pages
