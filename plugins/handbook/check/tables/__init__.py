"""Facts that rules judge by, each a file of this folder; read when a rule first asks.

``support.toml``: when support ends. ``retired.toml``: what has ended, and what took its place.
``standard.toml``: what is standard, by what it is for.
"""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Mapping
from importlib import resources

import msgspec
from msgspec import Struct


class Product(Struct, frozen=True, forbid_unknown_fields=True):
    """Something with release cycles; ``ends``: the first day without support, by cycle."""

    title: str
    policy: str
    images: tuple[str, ...]
    ends: dict[str, str]
    codenames: dict[str, str] = {}


class Retired(Struct, frozen=True, forbid_unknown_fields=True):
    """A package that has ended: ``last`` is the month of its last release, YYYY-MM."""

    last: str
    use: str


class Need(Struct, frozen=True, forbid_unknown_fields=True):
    """What packages are for: those that are standard, and others that do the same."""

    standard: tuple[str, ...]
    others: tuple[str, ...]


@functools.cache
def products() -> Mapping[str, Product]:
    """Return the products of ``support.toml`` by name."""
    return msgspec.convert(_table("support.toml"), dict[str, Product])


@functools.cache
def retired() -> Mapping[str, Retired]:
    """Return the packages of ``retired.toml`` by name."""
    return msgspec.convert(_table("retired.toml"), dict[str, Retired])


@functools.cache
def needs() -> Mapping[str, Need]:
    """Return the needs of ``standard.toml`` by name."""
    return msgspec.convert(_table("standard.toml"), dict[str, Need])


def _table(name: str) -> dict[str, object]:
    text = resources.files(__name__).joinpath(name).read_text(encoding="utf-8")
    return tomllib.loads(text)
