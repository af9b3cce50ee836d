"""The pages of settings: tables made from the classes and schemas that hold the values."""

from __future__ import annotations

import ast
import inspect
import json
import textwrap
from collections.abc import Callable, Mapping
from importlib.resources import files
from itertools import pairwise
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import yaml
from mkdocs.config import base
from mkdocs.config import config_options as option
from msgspec import Struct

from handbook.collect.declared import KEYS
from handbook.model.declared import Declared
from handbook.model.limits import Limits
from handbook.publish.config import ServicesConfig
from handbook.publish.forms import FormsConfig
from handbook.publish.verified import VerifiedConfig

WHERE = ("repo", "ref", "path", "paths")
"""Keys of the catalogue that say where a service is; the others say what it is."""

_FIELDS = {"exempt": "exemptions", "attest": "attestations"}  # keys called otherwise in the code
_MORE = {
    "rules": "See [below](#rules).",
    "history": "See [trend](#trend).",
    "moved": "See [addresses](addresses.md).",
    "limits": "See [below](#limits).",
}
_KINDS = {str: "text", bool: "`true` or `false`", int: "a whole number", dict: "keys with values"}


def option_parts() -> dict[str, Callable[[], str]]:
    """Return what makes the tables of the page of options, by the part's name."""
    return {
        "services": lambda: options_table(ServicesConfig),
        "verified": lambda: options_table(VerifiedConfig),
        "forms": lambda: options_table(FormsConfig),
        "limits": limits_table,
    }


def catalog_parts() -> dict[str, Callable[[], str]]:
    """Return what makes the tables of the page of the catalogue."""
    return {
        "keys where": lambda: catalog_table(lambda key: key in WHERE),
        "keys what": lambda: catalog_table(lambda key: key not in WHERE),
    }


def declared_parts() -> dict[str, Callable[[], str]]:
    """Return what makes the tables of the page of ``.handbook.yml``."""
    lists = {key: _entry(key) for key in KEYS}
    entries = {f"entry {key}": made for key, made in lists.items() if made}
    return {"keys": declared_table, **entries}


def options_table(config: type[base.Config]) -> str:
    """Return a plugin's options as a Markdown table, said in the words below each in the code."""
    said = _docstrings(config)
    rows = ["| option | takes | default | what it is |", "|--|--|--|--|"]
    for name, kind in config._schema:
        if name not in said:
            raise TypeError(f"{config.__name__}.{name}: write a docstring below it")
        text = " ".join(filter(None, (said[name].replace("``", "`"), _MORE.get(name))))
        default = yaml.safe_dump(kind.default, default_flow_style=True).removesuffix("...\n")
        shown = default.strip().replace("''", '""')
        rows.append(f"| `{name}` | {_takes(kind)} | `{shown}` | {text} |")
    return "\n".join(rows)


def limits_table() -> str:
    """Return all limits as a Markdown table."""
    rows = ["| limit | default | of what |", "|--|--:|--|"]
    for name, (_, description) in described(Limits).items():
        rows.append(f"| `{name}` | {getattr(Limits(), name):,} | {description} |")
    return "\n".join(rows)


def catalog_table(wanted: Callable[[str], bool]) -> str:
    """Return keys of an entry of ``catalog.yml`` as a Markdown table, from its JSON schema."""
    text = files("handbook").joinpath("catalog/catalog.schema.json").read_text(encoding="utf-8")
    entry = json.loads(text)["$defs"]["entry"]
    rows = ["| key | value | without it |", "|--|--|--|"]
    for key, schema in entry["properties"].items():
        if not wanted(key):
            continue
        says, _, without = schema["description"].partition(" Without it: ")
        words = [f"`{word}`" for word in schema.get("enum", ())]
        says += f" One of {', '.join(words)}." if words else ""
        if "maxLength" in schema:
            says += f" Up to {schema['maxLength']} characters."
        if key in entry["required"]:
            without = "required"
        rows.append(f"| `{key}` | {says} | {without.rstrip('.')} |")
    return "\n".join(rows)


def declared_table() -> str:
    """Return the keys of ``.handbook.yml`` as a Markdown table."""
    known = described(Declared)
    rows = ["| key | takes | what it says |", "|--|--|--|"]
    for key in KEYS:
        kind, description = known[_FIELDS.get(key, key)]
        rows.append(f"| `{key}` | {_values(kind)} | {description} |")
    return "\n".join(rows)


def described(struct: type[Struct]) -> Mapping[str, tuple[Any, str]]:
    """Return type and description of each field of a struct that has one.

    Raises:
        TypeError: a field that is shown has no description.
    """
    found = {}
    for name, hint in get_type_hints(struct, include_extras=True).items():
        if name == "origin":  # where it was read: nobody writes that
            continue
        if get_origin(hint) is not Annotated:
            raise TypeError(f"{struct.__name__}.{name}: write Annotated[..., Meta(description=…)]")
        kind, meta = get_args(hint)
        found[name] = (kind, meta.description)
    return found


def _entry(key: str) -> Callable[[], str] | None:
    """Return what makes the table of one entry of a list, None if the key's value is no list."""
    kind, _ = described(Declared)[_FIELDS.get(key, key)]
    item = next(iter(get_args(kind)), None) if get_origin(kind) is tuple else None
    if not (isinstance(item, type) and issubclass(item, Struct)):
        return None

    def made() -> str:
        rows = ["| key | what it says |", "|--|--|"]
        for name, (_, description) in described(item).items():
            # Files speak of rules, the code of their codes.
            rows.append(f"| `{'rule' if name == 'code' else name}` | {description} |")
        return "\n".join(rows)

    return made


def _values(kind: Any) -> str:
    """Say in words what a type takes."""
    if get_origin(kind) in (UnionType, Union):
        return _values(get_args(kind)[0])
    if get_origin(kind) is Literal:
        return ", ".join(f"`{word}`" for word in get_args(kind))
    if get_origin(kind) is tuple:
        return "a list of texts" if get_args(kind)[0] is str else "a list of entries"
    return _KINDS[kind]


def _takes(kind: base.BaseConfigOption[Any]) -> str:
    if isinstance(kind, option.ListOfItems):
        item = kind.option_type
        if isinstance(item, option.Choice):
            return "a list of " + ", ".join(f"`{word}`" for word in item.choices)
        return "a list of texts"
    if isinstance(kind, option.Type):
        return _KINDS[kind._type]
    raise TypeError(f"{type(kind).__name__}: say here what such an option takes")


def _docstrings(config: type[base.Config]) -> dict[str, str]:
    """Return the strings below the options of a class: Python itself forgets them."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(config)))
    (body,) = (node.body for node in tree.body if isinstance(node, ast.ClassDef))
    found = {}
    for before, after in pairwise(body):
        if not isinstance(before, ast.Assign) or not isinstance(after, ast.Expr):
            continue
        target, value = before.targets[0], after.value
        if isinstance(target, ast.Name) and isinstance(value, ast.Constant):
            found[target.id] = " ".join(str(value.value).split())
    return found
