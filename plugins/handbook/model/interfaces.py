"""Definitions of interfaces beside OpenAPI, contract tests, and what documents code."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from handbook.model.source import Spot

Form = Literal["Protocol Buffers", "GraphQL", "AsyncAPI"]

OWN_TEST = "a test that validates answers"
"""Name of a contract test made without a tool for it."""


class Interface(Struct, frozen=True):
    """A file that defines an interface.

    ``operations`` counts methods of services, fields of GraphQL's roots, operations or channels
    of AsyncAPI. ``problem`` says why it could not be read, "" if it could.
    """

    form: Form
    spot: Spot
    operations: int = 0
    problem: str = ""


class Practice(Struct, frozen=True):
    """A tool by name, and where it is named."""

    name: str
    spot: Spot


class Interfaces(Struct, frozen=True):
    """``items`` are definitions; ``contracts`` what tests a service against a definition;
    ``references`` what makes engineering docs from code; ``builds`` where docs are built by CI.
    """

    items: tuple[Interface, ...] = ()
    contracts: tuple[Practice, ...] = ()
    references: tuple[Practice, ...] = ()
    builds: tuple[Practice, ...] = ()
