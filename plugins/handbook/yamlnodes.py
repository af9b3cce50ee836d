"""Small untrusted YAML files, each value with its line, within limits.

Only the parser's stream of events is used: no tag is acted upon, nothing is constructed, a
value stays as it is written (``ref: 1.10`` is "1.10") until :attr:`Scalar.value` is asked for.
Depth and aliases are counted before they cost anything, and nodes are put together without
recursion, so that a file made to do harm costs an error and nothing else.

Merge keys (``<<``) are keys like any other. Of a key that is given twice the first counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import yaml
from msgspec import Struct

from handbook.errors import YamlError
from handbook.model.limits import Limits

# libyaml's parser where PyYAML was built with it: only its events are used, not its
# composer, which recurses in C.
_LOADER: type = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_WORDS = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
# Longer numbers stay text: reading one takes the square of its length, and Python refuses.
_INTEGER = re.compile(r"[-+]?[0-9]{1,40}", re.ASCII)
_FLOAT = re.compile(
    r"[-+]?(?:[0-9]{1,40}\.[0-9]{0,40}|\.?[0-9]{1,40})(?:[eE][-+]?[0-9]{1,2})?", re.ASCII
)
_SHOWN = 80  # characters of an anchor in a message


class Scalar(Struct, frozen=True):
    """A single value as it is written; ``plain`` means without quotes."""

    line: int
    text: str
    plain: bool = False

    @property
    def value(self) -> str | bool | int | float | None:
        """The value by YAML 1.2's core schema, but for hexadecimal, octal and infinite numbers.

        What has quotes is text, and so are words of YAML 1.1 such as ``yes`` and dates.
        """
        if not self.plain:
            return self.text
        if self.text in _WORDS:
            return _WORDS[self.text]
        if _INTEGER.fullmatch(self.text):
            return int(self.text)
        return float(self.text) if _FLOAT.fullmatch(self.text) else self.text

    @property
    def empty(self) -> bool:
        """Whether it is YAML's null: nothing, ``~`` or ``null``, without quotes."""
        return self.value is None

    @property
    def has_text(self) -> bool:
        """Whether it is neither null nor white space only."""
        return not self.empty and bool(self.text.strip())


class Sequence(Struct):
    """A list."""

    line: int
    items: list[Node]


class Mapping(Struct):
    """Keys and values in the order of the file; a key that is there twice is in here twice."""

    line: int
    pairs: list[tuple[Scalar, Node]]

    def first(self) -> dict[str, tuple[Scalar, Node]]:
        """Map each key to the first place it is given, and the value there."""
        found: dict[str, tuple[Scalar, Node]] = {}
        for key, value in self.pairs:
            found.setdefault(key.text, (key, value))
        return found

    def get(self, key: str) -> Node | None:
        """Return the first value of ``key``."""
        return next((value for name, value in self.pairs if name.text == key), None)

    def scalar(self, key: str) -> Scalar | None:
        """Return the first value of ``key`` if it is a scalar with any text in it."""
        node = self.get(key)
        return node if isinstance(node, Scalar) and node.has_text else None

    def mapping(self, key: str) -> Mapping:
        """Return the first value of ``key`` if it is a mapping, else an empty one."""
        node = self.get(key)
        return node if isinstance(node, Mapping) else Mapping(self.line, [])


Node = Scalar | Sequence | Mapping


def texts(node: Node | None) -> tuple[Scalar, ...]:
    """Return the scalars of a list that have any text; a lone scalar counts as a list of one."""
    items = node.items if isinstance(node, Sequence) else (node,)
    return tuple(item for item in items if isinstance(item, Scalar) and item.has_text)


def iter_documents(text: str, limits: Limits) -> Iterator[Node]:
    """Give the documents of a YAML stream; lines count from 1.

    Raises:
        YamlError: at the first thing that is not YAML or is beyond ``yaml_depth`` or
            ``yaml_aliases``; documents before it have been given.
    """
    data = text.encode("utf-8", "replace")
    # What is missing at the end is found by the parser on the line after it.
    last = data.rstrip().count(b"\n") + 1
    builder = _Builder(limits, last)
    try:
        for event in yaml.parse(data, Loader=_LOADER):
            document = builder.take(event)
            if document is not None:
                yield document
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        reason = ", ".join(part for part in (error.context, error.problem) if part)
        raise YamlError(reason, min(mark.line + 1, last) if mark else 1) from error
    except yaml.reader.ReaderError as error:
        line = data.count(b"\n", 0, error.position) + 1
        raise YamlError("a character that YAML does not allow", line) from error
    except (yaml.YAMLError, ValueError, OverflowError) as error:
        # Without libyaml, an escape such as "\UFFFFFFFF" fails as Python's own chr() does.
        raise YamlError(" ".join(str(error).split()), 1) from error


class _Builder:
    """Puts the nodes of one stream together, with a stack in place of recursion."""

    def __init__(self, limits: Limits, last_line: int) -> None:
        self._limits = limits
        self._last_line = last_line
        self._aliases = 0
        self._open: list[tuple[Sequence | Mapping, str]] = []
        self._keys: list[Scalar | None] = []
        self._anchors: dict[str, Node] = {}
        self._document: Node | None = None

    def take(self, event: yaml.Event) -> Node | None:
        """Take one event; return the document that it ended, if it did."""
        match event:
            case yaml.DocumentStartEvent():
                self._anchors = {}
                self._document = None
            case yaml.DocumentEndEvent():
                return self._document
            case yaml.ScalarEvent():
                plain = event.style is None or event.style == ""
                self._place(Scalar(self._line(event), event.value, plain), event.anchor)
            case yaml.AliasEvent():
                self._place(self._aliased(event), None)
            case yaml.SequenceStartEvent():
                self._start(Sequence(self._line(event), []), event)
            case yaml.MappingStartEvent():
                self._start(Mapping(self._line(event), []), event)
            case yaml.CollectionEndEvent():
                node, anchor = self._open.pop()
                self._keys.pop()
                self._place(node, anchor)
        return None

    def _start(self, node: Sequence | Mapping, event: yaml.CollectionStartEvent) -> None:
        if len(self._open) >= self._limits.yaml_depth:
            raise YamlError(f"nested deeper than {self._limits.yaml_depth} levels", node.line)
        self._open.append((node, event.anchor or ""))
        self._keys.append(None)

    def _place(self, node: Node, anchor: str | None) -> None:
        if anchor:
            self._anchors[anchor] = node
        if not self._open:
            self._document = node
            return
        parent, _ = self._open[-1]
        if isinstance(parent, Sequence):
            parent.items.append(node)
            return
        key = self._keys[-1]
        if key is not None:
            parent.pairs.append((key, node))
            self._keys[-1] = None
        elif isinstance(node, Scalar):
            self._keys[-1] = node
        else:
            raise YamlError("a key must be text, not a list or mapping", node.line)

    def _aliased(self, event: yaml.AliasEvent) -> Node:
        self._aliases += 1
        if self._aliases > self._limits.yaml_aliases:
            raise YamlError(f"more than {self._limits.yaml_aliases} aliases", self._line(event))
        # An anchor counts from its end on: a value that contains itself is refused here.
        node = self._anchors.get(event.anchor or "")
        if node is None:
            name = (event.anchor or "")[:_SHOWN]
            raise YamlError(f"alias '*{name}' has no anchor before it", self._line(event))
        return node

    def _line(self, event: yaml.Event) -> int:
        return min(event.start_mark.line + 1, self._last_line) if event.start_mark else 1
