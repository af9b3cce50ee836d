"""A service, and definitions collected from files given as a dictionary."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from handbook.collect.openapi import collect_apis
from handbook.model.api import ApiDefinition
from handbook.model.facts import Fact
from handbook.model.limits import Limits
from handbook.model.service import Service
from handbook.tree import MemoryTree

Files = Mapping[str, str | bytes]


@pytest.fixture
def service() -> Service:
    return Service("Risk", "risk", "https://git.example.org/acme/service")


@pytest.fixture
def collect(service: Service) -> Callable[..., Fact[tuple[ApiDefinition, ...]]]:
    """Collect from files: ``collect({"openapi.yaml": "…"})``."""

    def run(files: Files, **limits: int) -> Fact[tuple[ApiDefinition, ...]]:
        return collect_apis(MemoryTree(files), service, Limits(**limits))

    return run


@pytest.fixture
def api_of(service: Service) -> Callable[..., ApiDefinition]:
    """Collect the one definition of a raw document; its parts may be left out."""

    def run(version: str = "3.0.3", **parts: Any) -> ApiDefinition:
        head = {"swagger": "2.0"} if version == "2.0" else {"openapi": version}
        data = {**head, "info": {"title": "Risk", "version": "1"}, "paths": {}, **parts}
        tree = MemoryTree({"openapi.json": json.dumps(data)})
        fact = collect_apis(tree, service, Limits())
        return fact.value[0]  # type: ignore[union-attr]

    return run
