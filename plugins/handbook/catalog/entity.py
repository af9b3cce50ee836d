"""One document of a ``catalog-info.yaml``: untrusted values, cleaned, each with its line."""

from __future__ import annotations

import re

from handbook.catalog.values import did_you_mean
from handbook.model.catalog import STYLES, Entity, Identity, Link, entity_name
from handbook.model.facts import Found, Problem
from handbook.tree import RepoTree, single_line
from handbook.yamlnodes import Mapping, Node, Scalar, Sequence

NAME = re.compile(r"[A-Za-z0-9]+(?:[-_.][A-Za-z0-9]+)*")
_TAG = re.compile(r"[a-z0-9+#]+(?:[-:][a-z0-9+#]+)*")
_PREFIXES = ("handbook/", "backstage.io/")
_OWN = ("handbook/kind", "handbook/style")
_NAME_LENGTH = 63  # Backstage's own
_TEXT = 2_000  # characters of a description; every other text is shorter
_MANY = 50  # tags, links, annotations or members read of one document


class Document:
    """Reads values of one document and keeps what was odd about them in ``problems``."""

    def __init__(self, node: Mapping, tree: RepoTree, path: str) -> None:
        self.node = node
        self.problems: list[Problem] = []
        self._tree = tree
        self._path = path

    @property
    def kind(self) -> str:
        """Backstage's kind, "" if the document has none."""
        found = self.text("kind")
        return found.value if found else ""

    def text(self, *keys: str) -> Found[str] | None:
        """Return the text at a path of keys, on one line, without unseen characters."""
        place = _walk(self.node, keys)
        if place is None:
            return None
        line, node = place
        name = ".".join(keys)
        if isinstance(node, Scalar) and node.empty:
            return None
        if not isinstance(node, Scalar):
            self._odd(line, f"'{name}' is not text", f"Write it as `{keys[-1]}: text`.")
            return None
        value = single_line(node.text)
        if len(value) > _TEXT:
            self._odd(line, f"'{name}' is cut after {_TEXT:,} characters", "", "notice")
        return Found(value[:_TEXT].rstrip(), self._tree.origin(self._path, line)) if value else None

    def name(self) -> Found[str] | None:
        """Return ``metadata.name`` if it is one that Backstage would take."""
        found = self.text("metadata", "name")
        if found is None:
            return None
        if len(found.value) > _NAME_LENGTH or not NAME.fullmatch(found.value):
            hint = f"Use at most {_NAME_LENGTH} letters and digits, with '-', '_' or '.' between."
            self._odd(found.origin.line, f"name '{found.value[:80]}' is not used", hint)
            return None
        return found

    def reference(self, *keys: str) -> Found[str] | None:
        """Return the name in an entity reference such as ``group:default/team-risk``."""
        found = self.text(*keys)
        name = entity_name(found.value) if found else ""
        return Found(name, found.origin) if found and name else None

    def texts(self, *keys: str) -> list[Found[str]]:
        """Return the texts of a list."""
        return [
            Found(single_line(item.text)[:_TEXT], self._tree.origin(self._path, item.line))
            for item in self._items(*keys)
            if isinstance(item, Scalar) and single_line(item.text)
        ]

    def tags(self) -> Found[tuple[str, ...]] | None:
        """Return ``metadata.tags`` in lower case, without those that are no tags."""
        kept: dict[str, int] = {}
        for found in self.texts("metadata", "tags"):
            tag = found.value.lower()
            if len(tag) <= _NAME_LENGTH and _TAG.fullmatch(tag):
                kept.setdefault(tag, found.origin.line)
            else:
                hint = "Use letters, digits, '+' and '#', with '-' or ':' between."
                self._odd(found.origin.line, f"tag '{found.value[:80]}' is left out", hint)
        if not kept:
            return None
        return Found(tuple(kept), self._tree.origin(self._path, min(kept.values())))

    def links(self) -> tuple[Found[Link], ...]:
        """Return ``metadata.links`` that lead to web pages."""
        links = []
        for item in self._items("metadata", "links"):
            url = _scalar(item, "url")
            if re.match(r"https?://[^\s/@]+(?:/\S*)?$", url, re.IGNORECASE):
                link = Link(url[:_TEXT], _scalar(item, "title")[:200])
                links.append(Found(link, self._tree.origin(self._path, item.line)))
            else:
                hint = "Expected `url: https://...`, without a name or password in it."
                self._odd(item.line, "a link is left out", hint)
        return tuple(links)

    def annotations(self) -> tuple[tuple[str, str], ...]:
        """Return the annotations meant for us or for Backstage."""
        place = _walk(self.node, ("metadata", "annotations"))
        if place is None or not isinstance(place[1], Mapping):
            return ()
        kept: dict[str, str] = {}
        for key, node in place[1].pairs[:_MANY]:
            if not key.text.startswith(_PREFIXES) or not isinstance(node, Scalar):
                continue
            kept.setdefault(single_line(key.text), single_line(node.text)[:_TEXT])
            if key.text.startswith(_PREFIXES[0]) and key.text not in _OWN:
                hint = f"Known are {' and '.join(_OWN)}{did_you_mean(key.text, _OWN) or '.'}"
                text = f"unknown annotation '{single_line(key.text, 80)}'"
                self._odd(key.line, text, hint, "notice")
        return tuple(kept.items())

    def style(self) -> Found[str] | None:
        """Return the annotation ``handbook/style``."""
        found = self.text("metadata", "annotations", "handbook/style")
        if found is None or found.value in STYLES:
            return found
        hint = f"Expected one of: {', '.join(STYLES)}{did_you_mean(found.value, STYLES) or '.'}"
        self._odd(found.origin.line, f"style '{found.value[:80]}' is not used", hint)
        return None

    def component_kind(self) -> Found[str] | None:
        """Return what kind of component it is, in lower case."""
        annotation = self.text("metadata", "annotations", "handbook/kind")
        found = annotation or self.text("spec", "type")
        return Found(found.value.lower(), found.origin) if found else None

    def entity(self) -> Entity:
        """Return the document as a record."""
        parts: dict[str, Found[str] | None] = {
            "name": self.text("metadata", "name"),
            "title": self.text("metadata", "title"),
            "description": self.text("metadata", "description"),
            "type": self.text("spec", "type"),
            "owner": self.reference("spec", "owner"),
            "system": self.reference("spec", "system"),
        }
        values = {key: found.value if found else "" for key, found in parts.items()}
        members = [*self.texts("spec", "members"), *self.texts("spec", "memberOf")]
        definition = _walk(self.node, ("spec", "definition"))
        return Entity(
            kind=self.kind,
            origin=self._tree.origin(self._path, self.node.line),
            members=tuple(entity_name(found.value) for found in members),
            definition=_scalar(definition[1], "$text") if definition else "",
            **values,
        )

    def identity(self) -> Identity:
        """Return what the document says of the service."""
        return Identity(
            name=self.name(),
            title=self.text("metadata", "title"),
            description=self.text("metadata", "description"),
            owner=self.reference("spec", "owner"),
            system=self.reference("spec", "system"),
            lifecycle=self.text("spec", "lifecycle"),
            kind=self.component_kind(),
            style=self.style(),
            tags=self.tags(),
            links=self.links(),
            annotations=self.annotations(),
        )

    def _items(self, *keys: str) -> list[Node]:
        place = _walk(self.node, keys)
        if place is None:
            return []
        line, node = place
        name = ".".join(keys)
        if not isinstance(node, Sequence):
            if not (isinstance(node, Scalar) and node.empty):
                self._odd(line, f"'{name}' is not a list", f"Write it as `{keys[-1]}: [...]`.")
            return []
        if len(node.items) > _MANY:
            self._odd(line, f"'{name}' is cut after {_MANY} items", "", "notice")
        return node.items[:_MANY]

    def _odd(self, line: int, message: str, hint: str, level: str = "warning") -> None:
        origin = self._tree.origin(self._path, line)
        grade = "notice" if level == "notice" else "warning"
        problem = Problem(f"{message}.", origin, grade, hint)  # type: ignore[arg-type]
        if problem not in self.problems:
            self.problems.append(problem)


def _walk(node: Node, keys: tuple[str, ...]) -> tuple[int, Node] | None:
    line = node.line
    for key in keys:
        place = node.first().get(key) if isinstance(node, Mapping) else None
        if place is None:
            return None
        line, node = place[0].line, place[1]
    return line, node


def _scalar(node: Node, key: str) -> str:
    value = node.get(key) if isinstance(node, Mapping) else None
    return single_line(value.text)[:_TEXT] if isinstance(value, Scalar) and not value.empty else ""
