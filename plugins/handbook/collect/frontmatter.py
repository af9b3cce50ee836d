"""Front matter of Markdown files: the block of YAML between two lines of dashes at the top.

Of its keys only those with a meaning here are read, each with the type it must have. Nothing
else reaches the site: themes let some of them choose templates or redirect the reader.
"""

from __future__ import annotations

from itertools import islice

from ryaml import loads  # type: ignore[attr-defined]

from handbook.model.docs import FrontMatter
from handbook.model.facts import Origin, Problem
from handbook.model.limits import Limits
from handbook.tree import single_line

_LONGEST = 300  # characters of a title or tag
_MOST_TAGS = 30
_MOST_LINES = 2_000
_HIDEABLE = ("toc", "navigation")


def read_front_matter(
    text: str, origin: Origin, limits: Limits
) -> tuple[FrontMatter, tuple[Problem, ...]]:
    """Return the front matter of ``text`` and what was wrong with it.

    Without a closing line, or without a key, there is none: the dashes are rules of the text.
    """
    block, lines = _block(text)
    if not lines:
        return FrontMatter(), ()
    nothing = FrontMatter(lines=lines)
    if len(block) > limits.front_matter:
        message = f"the front matter is larger than {limits.front_matter:,} bytes, and not read"
        return nothing, (_problem(message, origin, 1),)
    try:
        data = loads(block)
    except ValueError as exc:  # InvalidYamlError is one; so are keys that cannot be looked up
        reason = single_line(str(exc), 200)
        return nothing, (_problem(f"the front matter is not YAML: {reason}", origin, 1),)
    if data is None:
        return nothing, ()
    if not isinstance(data, dict):
        return nothing, (_problem("the front matter has no keys", origin, 1),)
    reader = _Reader(data, block, origin)
    meta = FrontMatter(
        title=reader.text("title"),
        description=reader.text("description"),
        tags=reader.texts("tags")[:_MOST_TAGS],
        hide=tuple(item for item in reader.texts("hide") if item in _HIDEABLE),
        lines=lines,
    )
    return meta, tuple(reader.problems)


def _block(text: str) -> tuple[str, int]:
    """Return the text between the dashes and the number of lines up to the body, 0 if none."""
    if not text.startswith("---"):
        return "", 0
    lines = text.split("\n", _MOST_LINES)
    if lines[0].rstrip() != "---":
        return "", 0
    for number, line in enumerate(islice(lines, 1, _MOST_LINES), start=1):
        if line.rstrip() in {"---", "..."}:
            block = "\n".join(lines[1:number])
            return (block, number + 1) if ":" in block or not block.strip() else ("", 0)
    return "", 0


class _Reader:
    """Takes values of the expected type, and notes those of another."""

    def __init__(self, data: dict[object, object], block: str, origin: Origin) -> None:
        self.problems: list[Problem] = []
        self._data = data
        self._lines = block.split("\n")
        self._origin = origin

    def text(self, key: str) -> str:
        """Return a text, "" if there is none."""
        value = self._data.get(key)
        result = _text(value)
        if value is not None and result is None:
            self._refuse(key, "a text")
        return result or ""

    def texts(self, key: str) -> tuple[str, ...]:
        """Return a list of texts; a single one counts as a list."""
        value = self._data.get(key)
        if value is None:
            return ()
        texts = [_text(item) for item in (value if isinstance(value, list) else [value])]
        if None in texts:
            self._refuse(key, "a list of texts")
        return tuple(text for text in texts if text)

    def _refuse(self, key: str, expected: str) -> None:
        starts = (n for n, line in enumerate(self._lines, 2) if line.startswith(f"{key}:"))
        message = f"front matter: {key} must be {expected}; it has no effect"
        self.problems.append(_problem(message, self._origin, next(starts, 1)))


def _text(value: object) -> str | None:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    return single_line(str(value), _LONGEST)


def _problem(message: str, origin: Origin, line: int) -> Problem:
    place = Origin(origin.repo, origin.commit, origin.path, line)
    return Problem(message, place, "warning", "Correct it, or take it out.")
