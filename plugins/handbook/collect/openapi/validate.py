"""Say what is wrong with a definition: its dialect's metaschema, in words, with places.

The metaschemas are those that the package ``openapi-spec-validator`` ships; they are read as
files (its code, which follows references over the network, is never imported). For 3.1 and 3.2
the schemas inside a definition are checked as JSON Schema 2020-12 too.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import cache
from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from typing import Any

import jsonschema_rs

from handbook.collect.openapi.pointers import Pointer

Error = jsonschema_rs.ValidationError

MOST = 50
"""Mistakes listed for one definition."""

_FOLDERS = {"2.0": "v2.0", "3.0": "v3.0", "3.1": "v3.1", "3.2": "v3.2"}
_JSON_SCHEMA = "https://json-schema.org/draft/2020-12/schema"
_WORDS = {"additionalProperties": "unknown field", "unevaluatedProperties": "unknown field"}


def mistakes(data: dict[str, Any], dialect: str) -> tuple[list[tuple[Pointer, str]], bool]:
    """Return (place, what is wrong) for up to ``MOST`` mistakes, and whether there are more."""
    errors = _validator(dialect).iter_errors(data)
    found = [_explained(error) for error in islice(errors, MOST + 1)]
    return list(dict.fromkeys(found))[:MOST], len(found) > MOST


@cache
def _validator(dialect: str) -> jsonschema_rs.Validator:
    metaschema = _metaschema(_FOLDERS[dialect])
    if "$id" not in metaschema:
        return jsonschema_rs.validator_for(metaschema, offline=True, validate_formats=False)
    # What these leave open is what a schema looks like: the dynamic anchor "meta".
    with_schemas = {
        "$schema": _JSON_SCHEMA,
        "$id": "urn:handbook:openapi",
        "$ref": metaschema["$id"],
        "$defs": {"schema": {"$dynamicAnchor": "meta", "$ref": _JSON_SCHEMA}},
    }
    registry = jsonschema_rs.Registry(resources=[(metaschema["$id"], metaschema)])
    return jsonschema_rs.validator_for(
        with_schemas, registry=registry, offline=True, validate_formats=False
    )


def _metaschema(folder: str) -> dict[str, Any]:
    package = find_spec("openapi_spec_validator")
    if package is None or package.origin is None:
        raise ModuleNotFoundError("openapi-spec-validator is not installed: install it.")
    path = Path(package.origin).parent / "resources" / "schemas" / folder / "schema.json"
    loaded: dict[str, Any] = json.loads(path.read_bytes())
    return loaded


def _explained(error: Error) -> tuple[Pointer, str]:
    _, leaves = _leaves(error)
    first = leaves[0]
    place = tuple(first.instance_path)
    allowed = _allowed(leaves)
    if allowed:
        return place, f"{_shown(first.instance)} is not one of {', '.join(allowed)}"
    kind, detail = first.kind.name, first.kind.as_dict()
    if kind == "required":
        return place, f'"{first.kind.value}" is missing'
    if kind in _WORDS and "unexpected" in detail:
        names = ", ".join(f'"{name}"' for name in detail["unexpected"][:5])
        return place, f"{_WORDS[kind]} {names}"
    return place, first.message[:300]


def _leaves(error: Error) -> tuple[int, list[Error]]:
    """Return the errors of the alternative that was most likely meant, instead of "none fits".

    Alternatives that are equally likely are returned together; the number is the errors of one.
    """
    branches = getattr(error.kind, "context", None)
    if not branches or not all(branches):
        return 1, [error]  # a plain error, or more than one alternative fits
    meant = [_joined(_leaves(inner) for inner in branch) for branch in branches]
    is_reference = isinstance(error.instance, dict) and "$ref" in error.instance
    fitting = [(n, leaves) for n, leaves in meant if _about_reference(leaves) == is_reference]
    fitting = fitting or meant
    # Another kind of thing is told by a choice: "in: query" is no body, whatever else it lacks.
    near = len(error.instance_path) + 1 if isinstance(error.instance, dict) else -1
    same_kind = [(n, leaves) for n, leaves in fitting if not _chosen(leaves, near)]
    if not same_kind and (choices := [_chosen(leaves, near) for _, leaves in fitting]):
        return 1, [leaf for leaves in choices for leaf in leaves]
    fitting = same_kind
    deepest = max(_depth(leaves) for _, leaves in fitting)
    fitting = [(n, leaves) for n, leaves in fitting if _depth(leaves) == deepest]
    fewest = min(n for n, _ in fitting)
    return fewest, [leaf for n, leaves in fitting if n == fewest for leaf in leaves]


def _chosen(leaves: list[Error], depth: int) -> list[Error]:
    """Return the errors that say a field has a value none of the allowed ones."""
    return [e for e in leaves if e.kind.name == "enum" and len(e.instance_path) == depth]


def _joined(parts: Iterable[tuple[int, list[Error]]]) -> tuple[int, list[Error]]:
    counts, leaves = zip(*parts, strict=True)
    return sum(counts), [leaf for part in leaves for leaf in part]


def _about_reference(leaves: list[Error]) -> bool:
    return any(leaf.kind.name == "required" and leaf.kind.value == "$ref" for leaf in leaves)


def _depth(leaves: list[Error]) -> int:
    return max(len(leaf.instance_path) for leaf in leaves)


def _allowed(leaves: list[Error]) -> list[str]:
    """The values allowed at one place, if that is all the errors are about."""
    same = [leaf for leaf in leaves if leaf.instance_path == leaves[0].instance_path]
    if leaves[0].kind.name != "enum":
        return []
    enums = [leaf for leaf in same if leaf.kind.name == "enum"]
    options = [option for leaf in enums for option in leaf.kind.as_dict()["options"]]
    return list(dict.fromkeys(_shown(option) for option in options))[:20]


def _shown(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)[:80]
