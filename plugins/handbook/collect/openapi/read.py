"""Read one YAML or JSON file into plain values, within limits.

What comes out is made of dictionaries with text keys, lists, text, numbers, booleans and None,
no deeper than ``DEPTH`` and no larger than ``limits.openapi_values``, whatever went in. Tags of
YAML are never acted upon (ryaml ignores them).
"""

from __future__ import annotations

import json
import math
import re
from typing import Any

import msgspec
import ryaml
from msgspec import Struct

from handbook.collect.openapi.lines import LineIndex
from handbook.errors import MissingFile, TooLarge, TreeError
from handbook.model.facts import Problem
from handbook.model.limits import Limits
from handbook.tree import RepoTree

DEPTH = 128
"""Levels of nesting; ryaml stops there too. Real definitions stay below 40."""

_LINE = re.compile(r"\bline (\d+) column")
_LONG_LINE = re.compile(rf"[^\n]{{{DEPTH},}}")
_BRACKET = re.compile(r'[\[{\]}]|"[^"\\]*(?:\\.[^"\\]*)*"')
_SURROGATE = re.compile("[\ud800-\udfff]")


class Document(Struct, frozen=True):
    """One file: its path in the repo, size in bytes, values, and where these stand."""

    path: str
    size: int
    data: Any
    lines: LineIndex


def read_document(tree: RepoTree, path: str, limits: Limits) -> Document | Problem:
    """Read a file, or say why it cannot be read."""
    try:
        text = tree.text(path, limits.openapi_file)
    except TooLarge:
        return Problem(
            f"The file is larger than {limits.openapi_file:,} bytes and was not read.",
            tree.origin(path),
            "notice",
            "Split it into files that refer to each other, or raise limits.openapi_file.",
        )
    except MissingFile:
        return Problem(
            "The file could not be read: a link that leads nowhere, or a file too large to be"
            " fetched.",
            tree.origin(path),
            hint="Commit the file itself, or raise limits.openapi_file.",
        )
    except TreeError as exc:
        return Problem(f"The file could not be read: {exc}", tree.origin(path))
    return _parsed(tree, path, text, limits)


def _parsed(tree: RepoTree, path: str, text: str, limits: Limits) -> Document | Problem:
    is_json = path.lower().endswith(".json")
    try:
        data = _decoded(text, limits.openapi_values, is_json=is_json)
    except _Unusable as exc:
        return Problem(str(exc), tree.origin(path), hint="Split or flatten the file.")
    except RecursionError:
        return Problem(_too_deep(), tree.origin(path), hint="Flatten the file.")
    except ValueError as exc:
        form = "JSON" if is_json else "YAML"
        message, line = _explained(str(exc))
        return Problem(
            f"This is not valid {form}: {message}.",
            tree.origin(path, line),
            hint=f"Mend the {form} at this place.",
        )
    return Document(path, len(text.encode("utf-8", "replace")), data, LineIndex(text))


class _Unusable(Exception):
    """The values are too many or too deep."""


def _too_deep() -> str:
    return f"The file nests values deeper than {DEPTH} levels and was not read."


def _decoded(text: str, most: int, *, is_json: bool) -> Any:
    if is_json or text.lstrip()[:1] == "{":
        try:
            data = msgspec.json.decode(text)
        except msgspec.DecodeError:
            if is_json:
                # The standard library takes numbers of any size and says where it fails.
                return _plain(json.loads(text), most)
        else:
            _measure(data, most)
            return data
    if _nests_in_one_line(text):
        raise _Unusable(_too_deep())
    return _plain(ryaml.loads(text), most)  # type: ignore[attr-defined]


def _nests_in_one_line(text: str) -> bool:
    """Whether a line opens so many brackets that the parser's time grows with their square."""
    for line in _LONG_LINE.findall(text):
        depth = 0
        for found in _BRACKET.findall(line):
            if found in "[{":
                depth += 1
            elif found in "]}":
                depth = max(0, depth - 1)
            if depth > DEPTH:
                return True
    return False


def _measure(data: Any, most: int) -> None:
    """Refuse what is too large or too deep."""
    level, count = [data], 0
    for _ in range(DEPTH + 1):
        if not level:
            return
        count += len(level)
        if count > most:
            raise _Unusable(f"The file holds more than {most:,} values and was not read.")
        deeper: list[Any] = []
        for value in level:
            if isinstance(value, dict):
                deeper.extend(value.values())
            elif isinstance(value, list):
                deeper.extend(value)
        level = deeper
    raise _Unusable(_too_deep())


def _plain(data: Any, most: int) -> Any:
    """Copy values with text as keys, merge keys merged, and nothing JSON cannot say."""
    _measure(data, most)
    left = most

    def copy(value: Any) -> Any:
        nonlocal left
        left -= 1
        if left < 0:  # merge keys can multiply
            raise _Unusable(f"The file holds more than {most:,} values and was not read.")
        if isinstance(value, dict):
            merged = _merged(value) if "<<" in value else value
            return {_key(key): copy(item) for key, item in merged.items()}
        if isinstance(value, list):
            return [copy(item) for item in value]
        return _scalar(value)

    return copy(data)


def _merged(mapping: dict[Any, Any]) -> dict[Any, Any]:
    """Apply YAML's merge key: what is said here wins over what is merged in."""
    sources = mapping["<<"] if isinstance(mapping["<<"], list) else [mapping["<<"]]
    merged: dict[Any, Any] = {}
    for source in reversed(sources):
        merged |= source if isinstance(source, dict) else {}
    here = {key: value for key, value in mapping.items() if key != "<<"}
    return {**{key: value for key, value in merged.items() if key != "<<"}, **here}


def _key(key: Any) -> str:
    if isinstance(key, str):
        return _SURROGATE.sub("\ufffd", key) if _SURROGATE.search(key) else key
    if key is None or isinstance(key, bool):
        return {None: "null", True: "true", False: "false"}[key]
    return str(key)


def _scalar(value: Any) -> Any:
    if isinstance(value, str):
        return _SURROGATE.sub("\ufffd", value) if _SURROGATE.search(value) else value
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value


def _explained(message: str) -> tuple[str, int]:
    """Shorten a parser's message and find the line it speaks of."""
    line = int(found[1]) if (found := _LINE.search(message)) else 0
    return message.partition("\n")[0][:300].rstrip("."), line
