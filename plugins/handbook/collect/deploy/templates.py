"""Helm's templates as far as text shows: values where they are plain, a mark for the rest.

No template is run. Both branches of an ``if`` are kept, the first of two equal keys counts. What
:func:`soften` returns is YAML in most cases; :func:`filled` then puts in what the values say.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from handbook.collect.deploy.items import TEMPLATED, Item

_ACTION = re.compile(r"\{\{((?:[^{}]|\{(?!\{)|\}(?!\})){0,4000})\}\}")
_CONTROL = re.compile(
    r"(?:if|else|end|range|with|define|block|fail|break|continue)\b|/\*|\$[\w.]*\s*:?=|-?$"
)
_VALUE = re.compile(r"\(?\s*(?:(?:[\w$]+|\"[^\"]*\")\s+)*?\$?(?P<path>\.[\w.]*)")
_DEFAULT = re.compile(r"default\s+\"?(?P<text>[\w./:@-]{1,200})\"?")
_INDENT = re.compile(r"indent\s+(?P<width>\d{1,2})\b")
_NAME = re.compile(r"(?:include|template)\s+\"[\w.-]*\.?(?:fullname|name)\"")
_SAFE = re.compile(r"[\w./@+-][\w./:@+ -]{0,300}")
_OPENS = re.compile(r"(?:if|range|with|define|block)\b")
_PATH = re.compile(r"[.\w]*")
_DEPTH = 32
_LINE = 5_000


class Values:
    """What a chart's values say, and its name."""

    def __init__(self, chart: str, version: str, values: Item) -> None:
        self._values = values
        self._known = {
            ".Chart.Name": chart,
            ".Release.Name": chart,
            ".Chart.AppVersion": version,
        }

    def text(self, code: str, inner: str) -> str:
        """Return what an action prints, the mark if that cannot be told."""
        if _NAME.search(code):
            return self._known[".Chart.Name"]
        path = self.path(code, inner)
        found = self._known.get(path) or self.at(path).text
        if not found and (said := _DEFAULT.search(code)):
            found = self._known.get(said["text"]) or (
                said["text"] if not said["text"].startswith(".") else ""
            )
        return found if _SAFE.fullmatch(found) else TEMPLATED

    def at(self, path: str) -> Item:
        """Return the value of ``.Values.a.b``."""
        found = self._values
        if not path.startswith(".Values."):
            return Item(None, found.path, 0)
        return found.get(*path.split(".")[2:][:_DEPTH])

    def path(self, code: str, inner: str) -> str:
        """Return the path that an action prints; ``inner``: what a dot stands for."""
        found = _VALUE.match(code)
        if found is None:
            return ""
        path = found["path"]
        if path == "." or not path.startswith((".Values", ".Chart", ".Release")):
            return f"{inner}{path}".rstrip(".") if inner else path
        return path


def soften(text: str, values: Values) -> str:
    """Return a template as YAML with as many lines as it has."""
    lines: list[str] = []
    inner: list[str] = []  # what a dot stands for in the blocks that are open
    for line in _ACTION.sub(_one_line, text).split("\n"):
        lines.append(_line(line[:_LINE], lines, inner, values))
    return "\n".join(lines)


def _one_line(hit: re.Match[str]) -> str:
    """An action over several lines goes; its lines stay, so that numbers are right."""
    return "\n" * hit[0].count("\n") if "\n" in hit[0] else hit[0]


def _line(line: str, before: list[str], inner: list[str], values: Values) -> str:
    actions = list(_ACTION.finditer(line))
    if not actions:
        return "" if "{{" in line else line
    dot = inner[-1] if inner else ""
    rest = _ACTION.sub("", line).strip()
    for action in actions:
        _follow(_code(action), inner, values)
    printing = [action for action in actions if not _CONTROL.match(_code(action))]
    if not rest and not printing:
        return ""
    if not rest:
        return _marked(line, _code(printing[0]), before, dot, values)
    return _ACTION.sub(lambda hit: _printed(_code(hit), dot, values), line)


def _code(action: re.Match[str]) -> str:
    return action[1].strip().strip("-").strip()


def _printed(code: str, dot: str, values: Values) -> str:
    return "" if _CONTROL.match(code) else values.text(code, dot)


def _follow(code: str, inner: list[str], values: Values) -> None:
    if _OPENS.match(code) and len(inner) < _DEPTH:
        dot = inner[-1] if inner else ""
        word, _, rest = code.partition(" ")
        inner.append(values.path(rest, dot) if word == "with" else dot if word == "if" else "?")
    elif code.startswith("end") and inner:
        inner.pop()


def _marked(line: str, code: str, before: list[str], dot: str, values: Values) -> str:
    """Return a line that says which values belong here."""
    width = _indent(line)
    if said := _INDENT.search(code):
        width = int(said["width"])
    last = next((text for text in _above(before) if _indent(text) <= width), "")
    item = "- " if _indent(last) == width and last.lstrip().startswith("- ") else ""
    path = values.path(code, dot)
    plain = path if _PATH.fullmatch(path) else ""
    return f'{" " * width}{item}{TEMPLATED}: "{plain}"'


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _above(before: list[str]) -> Iterator[str]:
    return (line for line in before[:-200:-1] if line.strip() and not line.lstrip().startswith("#"))


def filled(item: Item, values: Values, depth: int = 0) -> Item:
    """Return a value with what the values say in place of marks."""
    if depth > _DEPTH:
        return item
    if isinstance(item.value, list):
        found = [filled(inner, values, depth + 1) for inner in item.value]
        return Item(found, item.path, item.line)
    if not isinstance(item.value, dict):
        return item
    said = values.at(item.get(TEMPLATED).text)
    if set(item.value) == {TEMPLATED} and said.items:
        return said
    pairs = {name: filled(inner, values, depth + 1) for name, inner in item.value.items()}
    if said.pairs:
        pairs.pop(TEMPLATED)
        for name, inner in said.pairs.items():
            pairs.setdefault(name, inner)
    return Item(pairs, item.path, item.line)
