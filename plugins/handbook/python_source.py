"""Read Python source out of a tree into griffe's model of it. Nothing is imported or run.

This is used by the collector (what is public?) and by the renderer (show it), each of which
reads for itself: griffe's objects are neither frozen nor cheap to hand over, while parsing
costs some three milliseconds a file.

griffe's own loader is not used to find modules: it looks into ``sys.path``, where a service's
package could be mistaken for one that is installed here, and it can fall back to importing.
"""

from __future__ import annotations

import logging
import sys
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import PurePosixPath
from typing import Any, NoReturn

import griffe
from griffe._internal.extensions.dataclasses import _dataclass_parameters
from msgspec import Struct

from handbook.errors import MissingFile, TooLarge
from handbook.model.code import DocstringStyle, SourceFile
from handbook.model.facts import Problem
from handbook.tree import RepoTree

# mkdocstrings moves griffe's logger to the second name when it is imported.
_LOGGERS = ("griffe", "mkdocs.plugins.griffe")
_PARSERS = {style: griffe.Parser(style) for style in ("google", "numpy", "sphinx")}


class PythonSource(Struct, frozen=True):
    """Parsed modules by dotted name; files that could not be read are left out."""

    collection: griffe.ModulesCollection
    modules: dict[str, griffe.Module]
    problems: tuple[Problem, ...]


def load_source(
    tree: RepoTree, files: Iterable[SourceFile], style: DocstringStyle, limit: int
) -> PythonSource:
    """Parse ``files`` (each at most ``limit`` bytes) and connect imports with what they name.

    A file that cannot be read or parsed costs one problem; the others are still there.
    """
    reader = _Reader(tree, style, limit)
    with quiet():
        # Packages before what is in them, so that each module finds its parent.
        for file in sorted(files, key=lambda file: (file.name.count("."), file.name)):
            reader.add(file)
        reader.connect()
    return PythonSource(reader.collection, reader.modules, tuple(reader.problems))


@contextmanager
def quiet() -> Iterator[None]:
    """Keep griffe's and Python's remarks on other people's code out of our log."""
    loggers = [logging.getLogger(name) for name in _LOGGERS]
    before = [logger.disabled for logger in loggers]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            for logger in loggers:
                logger.disabled = True
            yield
        finally:
            for logger, disabled in zip(loggers, before, strict=True):
                logger.disabled = disabled


class _Reader:
    """Builds one collection, file by file."""

    def __init__(self, tree: RepoTree, style: DocstringStyle, limit: int) -> None:
        self.collection = griffe.ModulesCollection()
        self.modules: dict[str, griffe.Module] = {}
        self.problems: list[Problem] = []
        self._placed: dict[str, griffe.Module] = {}  # with stand-ins for what has no file
        self._tree = tree
        self._limit = limit
        self._options: dict[str, Any] = {"modules_collection": self.collection}
        if style in _PARSERS:
            self._options["docstring_parser"] = _PARSERS[style]
            self._options["docstring_options"] = {"warnings": False}

    def add(self, file: SourceFile) -> None:
        """Parse one file and attach it to its package."""
        above, _, name = file.name.rpartition(".")
        parent = self._package(above)
        path = PurePosixPath(file.path)  # griffe asks for its name only, it never opens it
        module = self._parse(file, name, path, parent)
        if module is not None:
            self.modules[file.name] = module
        else:
            module = griffe.Module(
                name,
                filepath=path,  # type: ignore[arg-type]
                parent=parent,
                modules_collection=self.collection,
            )
        self._place(file.name, module, parent)

    def connect(self) -> None:
        """Resolve ``__all__`` and star imports, and give dataclasses their ``__init__``."""
        loader = _ClosedLoader(
            modules_collection=self.collection,
            extensions=griffe.Extensions(griffe.DataclassesExtension()),
            allow_inspection=False,
        )
        for package in list(self.collection.members.values()):
            try:
                loader.expand_exports(package)
                loader.expand_wildcards(package, external=False)
                loader.extensions.call("on_package", pkg=package, loader=loader)
            except (RecursionError, griffe.GriffeError, LookupError, ValueError, TypeError) as why:
                message = f"The imports inside of {package.name} cannot all be followed ({why!r})."
                self.problems.append(Problem(message[:500], self._tree.origin(), "notice"))
        # griffe remembers every dataclass for good, and with it the whole tree it is in.
        _dataclass_parameters.cache_clear()

    def _package(self, name: str) -> griffe.Module | None:
        """Return a package; one without an ``__init__.py`` is made up (a namespace)."""
        if not name or name in self._placed:
            return self._placed.get(name)
        above, _, last = name.rpartition(".")
        parent = self._package(above)
        module = griffe.Module(last, filepath=[], parent=parent, modules_collection=self.collection)
        self._place(name, module, parent)
        return module

    def _place(self, name: str, module: griffe.Module, parent: griffe.Module | None) -> None:
        """Attach a module. It wins over a name that its package assigns or imports."""
        self._placed[name] = module
        (parent or self.collection).members[module.name] = module

    def _parse(
        self, file: SourceFile, name: str, path: PurePosixPath, parent: griffe.Module | None
    ) -> griffe.Module | None:
        try:
            code = self._tree.text(file.path, self._limit)
            return griffe.visit(
                name,
                path,  # type: ignore[arg-type]
                code,
                parent=parent,
                extensions=griffe.Extensions(),
                **self._options,
            )
        except SyntaxError as error:
            self._unreadable(file, error.msg, error.lineno or 0)
        except (RecursionError, MemoryError):
            self._unreadable(file, "an expression is nested too deeply", 0)
        except ValueError as error:
            self._unreadable(file, str(error), 0)
        except (MissingFile, TooLarge) as error:
            message = f"{file.name} is not in the reference: {error}"
            self.problems.append(Problem(message, self._tree.origin(file.path), "notice"))
        return None

    def _unreadable(self, file: SourceFile, reason: str, line: int) -> None:
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        problem = Problem(
            f"{file.name} cannot be read as Python {version}: {reason}.",
            self._tree.origin(file.path, line),
            hint="Mend the file, or build the site with the Python that it is written for.",
        )
        self.problems.append(problem)


class _ClosedLoader(griffe.GriffeLoader):
    """griffe's loader without the part that looks for modules outside of the collection."""

    def load(self, objspec: object = None, /, **options: object) -> NoReturn:
        """Refuse: everything that may be loaded is in the collection already."""
        raise ModuleNotFoundError(f"{objspec} is not a part of this service.")
