"""``openapi.yaml`` at work: the routes there are, and what their requests must look like.

Requests are checked against the file itself, so that code and definition cannot drift apart.
"""

from __future__ import annotations

import re
import sysconfig
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema_rs
import yaml

_IN_THE_REPO = Path(__file__).parents[2] / "openapi.yaml"
_INSTALLED = Path(sysconfig.get_path("data")) / "share" / "fraud-score" / "openapi.yaml"
_RFC_3339 = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?([Zz]|[+-][0-9]{2}:[0-9]{2})"
)


@dataclass(frozen=True)
class FieldError:
    """One mistake of a request.

    Attributes:
        pointer: JSON Pointer to the field (RFC 6901), e.g. ``/reported_at``; "" for the whole.
        detail: What was expected there.
    """

    pointer: str
    detail: str


class InvalidBodyError(ValueError):
    """A body has mistakes; all of them are in ``errors``."""

    def __init__(self, errors: tuple[FieldError, ...]) -> None:
        self.errors = errors
        super().__init__("; ".join(f"{error.pointer}: {error.detail}" for error in errors))

    def documents(self) -> list[dict[str, str]]:
        """Return the mistakes as members of a problem document."""
        return [asdict(error) for error in self.errors]


class Body:
    """What a request's body must be.

    Args:
        schema: Schema of an object whose properties each say in ``x-expected`` what they take.
    """

    def __init__(self, schema: Mapping[str, Any]) -> None:
        self._schema = schema
        self._validator = jsonschema_rs.Draft202012Validator(
            dict(schema), validate_formats=True, formats={"date-time": is_moment}
        )

    def check(self, document: Any) -> None:
        """Compare a decoded JSON value with the schema.

        Raises:
            InvalidBodyError: It differs. Every mistake is reported, not only the first.
        """
        try:
            problems = list(self._validator.iter_errors(document))
        except ValueError:  # what the validator says of hundreds of levels
            raise InvalidBodyError((FieldError("", "must not be nested so deep"),)) from None
        # A field that breaks two rules is told once what it should be.
        found = tuple(dict.fromkeys(error for one in problems for error in self._say(one)))
        if found:
            raise InvalidBodyError(found)

    def _say(self, problem: jsonschema_rs.ValidationError) -> Iterator[FieldError]:
        """Put a mistake into words."""
        match problem.kind:
            case jsonschema_rs.ValidationErrorKind.Required(property=name):
                yield FieldError(pointer(name), "is missing")
            case jsonschema_rs.ValidationErrorKind.AdditionalProperties(unexpected=names):
                yield from (FieldError(pointer(name), "is not a field of it") for name in names)
            case _ if problem.instance_path:
                field = problem.instance_path[0]
                expected = self._schema["properties"][field]["x-expected"]
                yield FieldError(pointer(field), f"must be {expected}")
            case _:
                yield FieldError("", "must be a JSON object")


@dataclass(frozen=True)
class Text:
    """What a header must be.

    Attributes:
        pattern: Regular expression of the definition.
        expected: The same in words.
    """

    pattern: str
    expected: str

    def matches(self, value: str) -> bool:
        """Tell whether a value is right. The pattern's ``$`` would let a newline pass."""
        return re.fullmatch(self.pattern.removesuffix("$"), value) is not None


@dataclass(frozen=True)
class Operation:
    """One method of one path.

    Attributes:
        name: Its ``operationId``.
        method: In capitals.
        path: As in the definition, parameters in braces.
        secured: Whether it asks for the token.
        body: What its body must be; any for an operation that takes none.
        key: What its ``Idempotency-Key`` must be.
    """

    name: str
    method: str
    path: str
    secured: bool
    body: Body
    key: Text


def definition() -> dict[str, Any]:
    """Read ``openapi.yaml``: that of the repo, or the one installed with the package.

    Raises:
        FileNotFoundError: There is neither.
    """
    place = _IN_THE_REPO if _IN_THE_REPO.is_file() else _INSTALLED
    document: dict[str, Any] = yaml.safe_load(place.read_text(encoding="utf-8"))
    return document


def operations(document: dict[str, Any]) -> list[Operation]:
    """Return all operations of a definition."""
    whole = resolved(document, document)
    return [
        Operation(
            name=operation["operationId"],
            method=method.upper(),
            path=path,
            secured=bool(operation.get("security", whole["security"])),
            body=Body(_body_schema(operation)),
            key=_key(operation),
        )
        for path, item in whole["paths"].items()
        for method, operation in item.items()
    ]


def resolved(node: Any, root: Mapping[str, Any]) -> Any:
    """Return a part of a definition with each ``$ref`` replaced by what it points to."""
    if isinstance(node, list):
        return [resolved(item, root) for item in node]
    if not isinstance(node, dict):
        return node
    found: Any = {}
    if "$ref" in node:
        found = root
        for step in node["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        found = resolved(found, root)
    return {**found, **{key: resolved(value, root) for key, value in node.items() if key != "$ref"}}


def pointer(name: str | int) -> str:
    """Return the JSON Pointer to a member of the document."""
    return "/" + str(name).replace("~", "~0").replace("/", "~1")


def is_moment(text: str) -> bool:
    """Tell whether a text is a date and time with an offset, and one that can be computed with."""
    try:
        return bool(_RFC_3339.fullmatch(text)) and bool(moment(text).astimezone(UTC))
    except (ValueError, OverflowError):
        return False


def moment(text: str) -> datetime:
    """Return the date and time that a valid text stands for."""
    return datetime.fromisoformat(text.upper())


def _body_schema(operation: Mapping[str, Any]) -> Mapping[str, Any]:
    content = operation.get("requestBody", {}).get("content", {})
    schema: Mapping[str, Any] = content.get("application/json", {}).get("schema", {})
    return schema


def _key(operation: Mapping[str, Any]) -> Text:
    for parameter in operation.get("parameters", ()):
        if parameter["name"] == "Idempotency-Key":
            return Text(parameter["schema"]["pattern"], parameter["schema"]["x-expected"])
    return Text("", "left out")
