"""Which modules of this package have a page in the site: those that ``public.toml`` names."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import handbook

PACKAGE = Path(handbook.__file__).parent
_LIST = Path(__file__).with_name("public.toml")


def load_groups() -> list[dict[str, Any]]:
    """Return the groups of public modules as ``public.toml`` has them, each name written out."""
    groups: list[dict[str, Any]] = tomllib.loads(_LIST.read_text(encoding="utf-8"))["group"]
    return [
        {**group, "modules": [name for given in group["modules"] for name in _names(given)]}
        for group in groups
    ]


def module_path(name: str) -> Path:
    """Return the file of a module of this package.

    Raises:
        LookupError: there is none.
    """
    plain = PACKAGE.joinpath(*name.split(".")[1:])
    for path in (plain / "__init__.py", plain.with_suffix(".py")):
        if path.is_file():
            return path
    raise LookupError(f"docs/_parts/public.toml: there is no module {name}")


def _names(given: str) -> list[str]:
    if not given.endswith(".*"):
        return [given]
    package = given.removesuffix(".*")
    files = module_path(package).parent.glob("*.py")
    return sorted(f"{package}.{path.stem}" for path in files if path.stem != "__init__")
