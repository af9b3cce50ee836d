"""YAML with line numbers, for small untrusted files where a fact must name its line.

Only PyYAML's event stream is used: no tag is resolved, nothing is constructed, every scalar
stays the text it was written as, and an alias is the very node it points to, never a copy.
"""

from __future__ import annotations

import yaml
from msgspec import Struct

from handbook.model.limits import Limits


class YamlMistake(Struct, frozen=True):
    """Why a text is not read as YAML; ``line`` is where reading stopped, 0 if not known."""

    message: str
    line: int


class Scalar(Struct, frozen=True):
    """A plain or quoted value as text; ``line`` counts from 1."""

    text: str
    line: int


class Sequence(Struct):
    """A list of nodes."""

    line: int
    items: list[Node]


class Mapping(Struct):
    """Nodes by key; keys that are not scalars are left out, of two equal ones the last holds."""

    line: int
    fields: dict[str, Node]

    def scalar(self, key: str) -> Scalar | None:
        """The value under ``key`` if it is a scalar with any text in it."""
        node = self.fields.get(key)
        return node if isinstance(node, Scalar) and node.text.strip() else None

    def mapping(self, key: str) -> Mapping:
        """The mapping under ``key``, an empty one if there is none."""
        node = self.fields.get(key)
        return node if isinstance(node, Mapping) else Mapping(self.line, {})

    def scalars(self, key: str) -> tuple[Scalar, ...]:
        """The scalars of the list under ``key``; a lone scalar counts as a list of one."""
        node = self.fields.get(key)
        if isinstance(node, Scalar):
            return (node,) if node.text.strip() else ()
        if not isinstance(node, Sequence):
            return ()
        return tuple(item for item in node.items if isinstance(item, Scalar) and item.text.strip())


Node = Scalar | Sequence | Mapping


def yaml_documents(text: str, limits: Limits) -> tuple[Node, ...] | YamlMistake:
    """Read all documents of a text, or say why that cannot be done."""
    builder = _Builder(limits)
    try:
        for event in yaml.parse(text, Loader=yaml.SafeLoader):
            builder.take(event)
    except yaml.MarkedYAMLError as exc:
        mark = exc.problem_mark
        return YamlMistake(exc.problem or "not YAML", mark.line + 1 if mark else 0)
    except (yaml.YAMLError, ValueError, OverflowError) as exc:
        # The reader refuses characters YAML forbids; escapes can name no character at all.
        return YamlMistake(f"not YAML: {str(exc).splitlines()[0]}", 0)
    return tuple(builder.documents)


class _Builder:
    """Puts events together into nodes, with its own stack instead of recursion."""

    def __init__(self, limits: Limits) -> None:
        self.documents: list[Node] = []
        self._limits = limits
        self._stack: list[tuple[Node, Scalar | None]] = []  # open node, key waiting for a value
        self._anchors: dict[str, Node] = {}
        self._aliases = 0

    def take(self, event: yaml.Event) -> None:
        line = event.start_mark.line + 1 if event.start_mark else 0
        if isinstance(event, yaml.DocumentStartEvent):
            self._anchors = {}
        elif isinstance(event, yaml.AliasEvent):
            self._put(self._alias(event, line))
        elif isinstance(event, yaml.ScalarEvent):
            self._put(self._named(event, Scalar(event.value, line)))
        elif isinstance(event, (yaml.SequenceStartEvent, yaml.MappingStartEvent)):
            self._open(event, line)
        elif isinstance(event, (yaml.SequenceEndEvent, yaml.MappingEndEvent)):
            self._put(self._stack.pop()[0])

    def _open(self, event: yaml.SequenceStartEvent | yaml.MappingStartEvent, line: int) -> None:
        if len(self._stack) >= self._limits.yaml_depth:
            limit = self._limits.yaml_depth
            raise _over(f"nested deeper than {limit} levels", event)
        is_list = isinstance(event, yaml.SequenceStartEvent)
        node: Node = Sequence(line, []) if is_list else Mapping(line, {})
        self._stack.append((self._named(event, node), None))

    def _alias(self, event: yaml.AliasEvent, line: int) -> Node:
        self._aliases += 1
        if self._aliases > self._limits.yaml_aliases:
            raise _over(f"more than {self._limits.yaml_aliases} aliases", event)
        node = self._anchors.get(event.anchor or "")
        if node is None:
            raise _over(f"alias to an anchor that is not defined: {event.anchor}", event)
        # A node that is still open would contain itself.
        return Scalar("", line) if any(node is open_ for open_, _ in self._stack) else node

    def _named(self, event: yaml.NodeEvent, node: Node) -> Node:
        if event.anchor:
            self._anchors[event.anchor] = node
        return node

    def _put(self, node: Node) -> None:
        if not self._stack:
            self.documents.append(node)
            return
        parent, key = self._stack[-1]
        if isinstance(parent, Sequence):
            parent.items.append(node)
        elif isinstance(parent, Mapping) and key is None:
            waiting = node if isinstance(node, Scalar) else Scalar("", node.line)
            self._stack[-1] = (parent, waiting)
        elif isinstance(parent, Mapping) and key is not None:
            if key.text:
                parent.fields[key.text] = node
            self._stack[-1] = (parent, None)


def _over(message: str, event: yaml.Event) -> yaml.MarkedYAMLError:
    mark = event.start_mark
    return yaml.MarkedYAMLError(
        problem=message, problem_mark=mark if isinstance(mark, yaml.Mark) else None
    )
