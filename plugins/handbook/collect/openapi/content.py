"""Bodies and responses: media types with their schemas and examples."""

from __future__ import annotations

import json
from typing import Any

from handbook.collect.openapi.bundle import NOTE, Bundle
from handbook.collect.openapi.pointers import mapping, sequence, text
from handbook.collect.openapi.samples import Direction, Sampler
from handbook.collect.openapi.schemas import SchemaReader
from handbook.model.api import Body, Example, Header, Media, Response
from handbook.model.limits import Limits

_EXAMPLES = 10  # of one media type
_PARTS = 1_000  # values of one example
_TEXT = 4_000  # characters of one text in an example
_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


class ContentReader:
    """Reads what is sent and what comes back."""

    def __init__(self, bundle: Bundle, schemas: SchemaReader, limits: Limits) -> None:
        self._bundle, self._schemas, self._limits = bundle, schemas, limits
        self._sampler = Sampler(bundle)

    def body(self, raw: Any) -> Body | None:
        """Read a request body of OpenAPI 3."""
        node = self.follow(raw)
        if not node:
            return None
        content = self.content(node.get("content"), "request")
        return Body(content, node.get("required") is True, described(node))

    def response(self, status: str, raw: Any, produces: list[str]) -> Response:
        """Read a response; ``produces`` are the media types of OpenAPI 2."""
        node = self.follow(raw)
        content = self.content(node.get("content"), "response")
        if "schema" in node:
            content = self.content_2(node, produces)
        return Response(status, described(node), content, self._headers(node.get("headers")))

    def content(self, raw: Any, direction: Direction) -> tuple[Media, ...]:
        """Read a mapping from media types to their descriptions."""
        return tuple(
            self._media(kind, self.follow(node), direction) for kind, node in mapping(raw).items()
        )

    def content_2(self, node: dict[str, Any], produces: list[str]) -> tuple[Media, ...]:
        """Read the one schema of an OpenAPI 2 response, as each media type it comes in."""
        schema = self._schemas.read(node["schema"])
        given = mapping(node.get("examples"))
        found = []
        for kind in dict.fromkeys([*produces, *given]) or ["application/json"]:
            examples = self.generated(kind, node["schema"], "response")
            if kind in given:
                examples = (example(given[kind], kind),)
            found.append(Media(kind, schema, examples))
        return tuple(found)

    def generated(self, kind: str, schema: Any, direction: Direction) -> tuple[Example, ...]:
        """Make an example for JSON and forms; other formats are left to the definition."""
        if not (is_json(kind) or kind in _FORMS) or not schema:
            return ()
        value = self._sampler.sample(schema, direction)
        if value in (None, {}, []):
            return ()
        return (Example(_pretty(value), generated=True),)

    def follow(self, raw: Any) -> dict[str, Any]:
        """Return the mapping that ``raw`` is or refers to."""
        return self._bundle.follow(raw, self._limits.openapi_depth)[0]

    def _media(self, kind: str, node: dict[str, Any], direction: Direction) -> Media:
        raw = node.get("schema", node.get("itemSchema"))
        schema = self._schemas.read(raw) if isinstance(raw, dict | bool) else None
        found = [
            self._named(name, raw, kind) for name, raw in mapping(node.get("examples")).items()
        ]
        if node.get("example") is not None:
            found.insert(0, example(node["example"], kind))
        given = tuple(item for item in found if item.text)[:_EXAMPLES]
        return Media(kind, schema, given or self.generated(kind, raw, direction))

    def _named(self, name: str, raw: Any, kind: str) -> Example:
        node = self.follow(raw)
        title, description = text(node.get("summary")) or name, described(node)
        if "value" in node or "dataValue" in node:
            return example(node.get("value", node.get("dataValue")), kind, title, description)
        if address := text(node.get("externalValue")):
            return Example(address, "text", title, description)
        return Example("")

    def _headers(self, raw: Any) -> tuple[Header, ...]:
        found = []
        for name, value in mapping(raw).items():
            node = self.follow(value)
            schema = node.get("schema", node)
            found.append(Header(name, self._schemas.read(schema), described(node)))
        return tuple(found)


def described(node: dict[str, Any]) -> str:
    """Return the description, with the note of what could not be followed."""
    parts = [text(node.get("description")), text(node.get(NOTE))]
    return "\n\n".join(part for part in parts if part)


def example(value: Any, kind: str, title: str = "", description: str = "") -> Example:
    """Return a value the definition gives, as it would be sent."""
    if isinstance(value, str) and not is_json(kind):
        language = "xml" if "xml" in kind else "text"
        return Example(value[: _TEXT * 5], language, title, description)
    if isinstance(value, str):
        # Often the JSON itself, written as text.
        try:
            value = json.loads(value) if value.lstrip()[:1] in ("{", "[") else value
        except (ValueError, RecursionError):
            return Example(value[: _TEXT * 5], "text", title, description)
    return Example(_pretty(value), "json", title, description)


def is_json(kind: str) -> bool:
    """Whether a media type is JSON, or anything at all."""
    plain = kind.partition(";")[0].strip().lower()
    return plain.endswith(("/json", "+json", "-json", "/*")) or "json" in plain


def media_types(*raws: Any) -> list[str]:
    """Return the first list that is given, of an operation or the whole definition."""
    for raw in raws:
        if isinstance(raw, list):
            return [kind for kind in sequence(raw) if isinstance(kind, str)]
    return []


def _pretty(value: Any) -> str:
    return json.dumps(_bounded(value), indent=2, ensure_ascii=False)


def _bounded(value: Any) -> Any:
    """Return a value small enough to be shown: the first parts, long texts cut."""
    left = _PARTS

    def copy(item: Any) -> Any:
        nonlocal left
        left -= 1
        if isinstance(item, dict):
            return {key: copy(inner) for key, inner in item.items() if left > 0}
        if isinstance(item, list):
            return [copy(inner) for inner in item if left > 0]
        if isinstance(item, str) and len(item) > _TEXT:
            return item[:_TEXT] + "…"
        return item

    return copy(value)
