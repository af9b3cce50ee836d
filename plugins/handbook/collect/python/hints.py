"""What a project's own build files say about where its packages are. Read as data only.

Sources: the ``[tool.*]`` tables of setuptools, Poetry, Hatch, Flit, PDM and uv in
``pyproject.toml``, ``setup.cfg``, and literal arguments of ``setup()`` in ``setup.py``, which
is parsed and never run.
"""

from __future__ import annotations

import ast
import configparser
import re
import warnings
from collections.abc import Iterable
from typing import Any

from msgspec import Struct

from handbook.errors import MissingFile, TooLarge
from handbook.model.limits import Limits
from handbook.tomldata import parse_toml
from handbook.tree import RepoTree

FILES = ("pyproject.toml", "setup.cfg", "setup.py")


class Hints(Struct, frozen=True):
    """What the build files of one folder say.

    ``name`` is the project's name ("acme-risk"). ``roots`` are folders, relative to the
    project, that packages are imported from ("src"). ``modules`` are single-file modules.
    """

    name: str = ""
    roots: tuple[str, ...] = ()
    modules: tuple[str, ...] = ()

    def names(self, dotted: str) -> bool:
        """Whether the project is called like this package ("acme-risk" and "acme.risk")."""
        return bool(self.name) and _plain(self.name) == _plain(dotted)


def read_hints(tree: RepoTree, project: str, limits: Limits) -> Hints:
    """Read the build files of ``project``, a folder of the repo ("" for its root).

    A file that is not valid says nothing; the collector of package metadata reports it.
    """
    readers = dict(zip(FILES, (_pyproject, _setup_cfg, _setup_py), strict=True))
    found = []
    for name, reader in readers.items():
        path = f"{project}/{name}" if project else name
        try:
            found.append(reader(tree.text(path, limits.manifest)))
        except (MissingFile, TooLarge, ValueError, SyntaxError, RecursionError, MemoryError):
            continue
        except configparser.Error:
            continue
    return Hints(
        name=next((hints.name for hints in found if hints.name), ""),
        roots=_unique(root for hints in found for root in hints.roots),
        modules=_unique(module for hints in found for module in hints.modules),
    )


def _pyproject(text: str) -> Hints:
    data = parse_toml(text)
    tool = _table(data, "tool")
    setuptools = _table(tool, "setuptools")
    poetry, uv = _table(tool, "poetry"), _table(tool, "uv", "build-backend")
    hatch = _table(tool, "hatch", "build", "targets", "wheel")
    flit = _table(tool, "flit", "module")
    name = _table(data, "project").get("name") or poetry.get("name") or flit.get("name")
    roots = [
        *_strings(_table(setuptools, "packages", "find").get("where")),
        *_strings(_table(setuptools, "package-dir").get("")),
        *_strings([p.get("from") for p in _tables(poetry.get("packages"))]),
        *(path.rpartition("/")[0] for path in _strings(hatch.get("packages"))),
        *_strings(hatch.get("sources") if isinstance(hatch.get("sources"), list) else None),
        *_strings(_table(tool, "pdm", "build").get("package-dir")),
        *_strings(uv.get("module-root")),
    ]
    modules = [
        *_strings(setuptools.get("py-modules")),
        *_strings(uv.get("module-name")),
        *_strings(flit.get("name")),
    ]
    return Hints(name if isinstance(name, str) else "", _folders(roots), tuple(modules))


def _setup_cfg(text: str) -> Hints:
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    parser.read_string(text)
    folders = re.findall(
        r"(?m)^\s*=\s*(\S+)\s*$", parser.get("options", "package_dir", fallback="")
    )
    where = parser.get("options.packages.find", "where", fallback="").split()
    modules = re.split(r"[,\s]+", parser.get("options", "py_modules", fallback=""))
    return Hints(
        parser.get("metadata", "name", fallback=""), _folders(folders + where), tuple(modules)
    )


def _setup_py(text: str) -> Hints:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        parsed = ast.parse(text)
    for node in ast.walk(parsed):
        if isinstance(node, ast.Call) and _called(node) == "setup":
            given = {item.arg: _literal(item.value) for item in node.keywords if item.arg}
            folders = given.get("package_dir")
            root = folders.get("") if isinstance(folders, dict) else None
            name = given.get("name")
            return Hints(
                name if isinstance(name, str) else "",
                _folders(_strings(root)),
                tuple(_strings(given.get("py_modules"))),
            )
    return Hints()


def _called(call: ast.Call) -> str:
    """Return the name of what is called, without the module it comes from."""
    if isinstance(call.func, ast.Attribute):
        return call.func.attr
    return call.func.id if isinstance(call.func, ast.Name) else ""


def _literal(node: ast.expr) -> Any:
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
        return None


def _table(data: Any, *keys: str) -> dict[str, Any]:
    for key in keys:
        data = data.get(key) if isinstance(data, dict) else None
    return data if isinstance(data, dict) else {}


def _tables(value: Any) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _strings(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def _folders(paths: Iterable[str]) -> tuple[str, ...]:
    plain = (path.strip().removeprefix("./").strip("/") for path in paths)
    return _unique(path for path in plain if path not in {"", "."} and ".." not in path)


def _unique(items: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(item for item in items if item))


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
