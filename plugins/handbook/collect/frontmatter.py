"""Front matter of Markdown files: the block of YAML between two lines of dashes at the top.

Of its keys only those with a meaning here are read, each with the type it must have. Nothing
else reaches the site: themes let some of them choose templates or redirect the reader.
"""

from __future__ import annotations

from itertools import islice

from handbook.errors import YamlError
from handbook.model.docs import FrontMatter
from handbook.model.facts import Origin, Problem
from handbook.model.limits import Limits
from handbook.tree import single_line
from handbook.yamlnodes import Mapping, Node, Scalar, Sequence, iter_documents

_LONGEST = 300  # characters of a title or tag
_MOST_TAGS = 30
_MOST_LINES = 2_000
_ABOVE = 1  # lines of the file above the block: the dashes
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
        data = next(iter_documents(block, limits), None)
    except YamlError as exc:
        reason = single_line(exc.message, 200)
        message = f"the front matter is not YAML: {reason}"
        return nothing, (_problem(message, origin, exc.line + _ABOVE),)
    if data is None or (isinstance(data, Scalar) and data.empty):
        return nothing, ()
    if not isinstance(data, Mapping):
        return nothing, (_problem("the front matter has no keys", origin, 1),)
    reader = _Reader(data, origin)
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

    def __init__(self, data: Mapping, origin: Origin) -> None:
        self.problems: list[Problem] = []
        self._values = data.first()
        self._origin = origin

    def text(self, key: str) -> str:
        """Return a text, "" if there is none."""
        node = self._node(key)
        text = _text(node)
        if node is not None and text is None:
            self._refuse(key, "a text")
        return text or ""

    def texts(self, key: str) -> tuple[str, ...]:
        """Return a list of texts; a single one counts as a list."""
        node = self._node(key)
        if node is None:
            return ()
        texts = [_text(item) for item in (node.items if isinstance(node, Sequence) else [node])]
        if None in texts:
            self._refuse(key, "a list of texts")
        return tuple(text for text in texts if text)

    def _node(self, key: str) -> Node | None:
        """Return the value of ``key``; null counts as none."""
        _, node = self._values.get(key, (None, None))
        return None if isinstance(node, Scalar) and node.empty else node

    def _refuse(self, key: str, expected: str) -> None:
        line = self._values[key][0].line + _ABOVE
        message = f"front matter: {key} must be {expected}; it has no effect"
        self.problems.append(_problem(message, self._origin, line))


def _text(node: Node | None) -> str | None:
    """Return a scalar as it is written (1.10 is no number here), None for any other value."""
    if not isinstance(node, Scalar) or node.empty or isinstance(node.value, bool):
        return None
    return single_line(node.text, _LONGEST)


def _problem(message: str, origin: Origin, line: int) -> Problem:
    place = Origin(origin.repo, origin.commit, origin.path, line)
    return Problem(message, place, "warning", "Correct it, or take it out.")
