"""Reads the cases of the contract: one YAML file for each part of it, a list of requests."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

CASES = Path(__file__).with_name("cases")


def cases(name: str) -> pytest.MarkDecorator:
    """Parametrize a test over `cases/<name>.yaml`, with the first words of each case as its id."""
    listed: list[dict[str, Any]] = yaml.safe_load((CASES / f"{name}.yaml").read_text("utf-8"))
    return pytest.mark.parametrize("case", listed, ids=[case["it"] for case in listed])


def exact(value: Any) -> str:
    """Write JSON so that `1` differs from `1.0`, NaN equals NaN, and keys have no order."""
    return json.dumps(value, sort_keys=True)
