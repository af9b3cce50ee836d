"""Django's model fields as columns."""

from __future__ import annotations

import ast

from msgspec import Struct

from handbook.collect.database.values import (
    argument,
    is_false,
    is_true,
    keyword,
    last_name,
    text_of,
)
from handbook.model.database import Column

_SIZES = ("max_length", "max_digits", "decimal_places")
_LINKS = frozenset({"ForeignKey", "OneToOneField", "ParentalKey", "TreeForeignKey"})
_MANY = frozenset({"ManyToManyField", "ParentalManyToManyField", "SortedManyToManyField"})
_TEXTS = frozenset(
    f"{name}Field" for name in ("Char", "Text", "Slug", "URL", "Email", "File", "Image", "FilePath")
)
_NONE = frozenset(
    {"GenericForeignKey", "GenericRelation", "TaggableManager", "ClusterTaggableManager"}
)


class Field(Struct, frozen=True):
    """A field: its column, or None; ``many``: a table between two; ``refers``: to which table."""

    name: str
    column: Column | None
    many: bool = False
    refers: str = ""
    index: bool = False


def field_of(name: str, node: ast.expr | None, app: str) -> Field:
    """Read ``models.CharField(max_length=…)``; what is no call is a field without a column."""
    if not isinstance(node, ast.Call) or not name:
        return Field(name, None)
    kind = last_name(node.func)
    if kind in _NONE:
        return Field(name, None)
    if kind in _MANY:
        return Field(name, None, many=keyword(node, "through") is None, refers=_target(node, app))
    link = kind in _LINKS
    key = is_true(keyword(node, "primary_key")) or kind in ("AutoField", "BigAutoField")
    column = Column(
        name=text_of(keyword(node, "db_column"), {}) or (f"{name}_id" if link else name),
        type=_type(kind, node),
        nullable=is_true(keyword(node, "null")),
        # Django fills the rows that are there with the default, then takes it away again.
        default=any(keyword(node, word) is not None for word in ("default", "db_default"))
        or is_true(keyword(node, "auto_now_add"))
        or is_true(keyword(node, "auto_now"))
        or (is_true(keyword(node, "blank")) and kind in _TEXTS),  # "" for the rows that are there
        key=key,
        unique=is_true(keyword(node, "unique")) or kind == "OneToOneField",
        refers=_target(node, app) if link else "",
    )
    indexed = is_true(keyword(node, "db_index")) or (
        kind == "SlugField" and not is_false(keyword(node, "db_index")) and not column.unique
    )
    return Field(name, column, index=indexed and not link)


def _type(kind: str, node: ast.Call) -> str:
    sizes = [ast.unparse(value)[:20] for name in _SIZES if (value := keyword(node, name))]
    return f"{kind}({', '.join(sizes)})" if sizes else kind


def _target(node: ast.Call, app: str) -> str:
    given = argument(node, 0, "to")
    text = text_of(given, {})
    if not text and given is not None:
        text = ast.unparse(given)[:100]
    if text in ("settings.AUTH_USER_MODEL", "AUTH_USER_MODEL"):
        return "user"
    if text == "self" or not text:
        return ""
    owner, _, model = text.rpartition(".")
    return f"{owner.rpartition('.')[2] or app}_{model}".lower()
