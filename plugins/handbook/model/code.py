"""The Python API of a service, as read from its source without importing any of it."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

DocstringStyle = Literal["google", "numpy", "sphinx", "plain"]

# The roles of Sphinx's inventory format, as mkdocstrings-python uses them.
Role = Literal["module", "class", "function", "method", "attribute", "property", "data", "type"]


class SourceFile(Struct, frozen=True):
    """A Python file and the dotted name it is imported by; ``path`` is from the repo's root."""

    name: str
    path: str


class CodeObject(Struct, frozen=True):
    """A public class, function, attribute…; ``path`` is its dotted name and its anchor.

    ``home`` is where it is defined, "" if that is ``path`` itself: an object that a package
    takes over from one of its private modules is shown where users import it from.
    """

    path: str
    role: Role
    home: str = ""


class Export(Struct, frozen=True):
    """A name that a module offers but that is documented elsewhere, or nowhere.

    ``target`` is the dotted name of the original, "" if the source does not say where the name
    comes from (it is made at run time).
    """

    name: str
    target: str


class CodeModule(Struct, frozen=True):
    """A public module, which gets a page of its own.

    ``path`` is its file ("" for a folder without ``__init__.py``), ``summary`` the first
    paragraph of its docstring on one line. ``objects`` are all it shows, outer before inner,
    in the order shown; ``left_out`` counts those beyond the limit.
    """

    name: str
    path: str
    summary: str = ""
    objects: tuple[CodeObject, ...] = ()
    exports: tuple[Export, ...] = ()
    left_out: int = 0


class PythonCode(Struct, frozen=True):
    """All of a service's Python packages.

    ``packages``: their dotted names. ``files``: all source files that belong to them, also the
    private ones (public objects may come from there). ``modules``: the public ones, in order
    of their names. ``imports``: modules that the code imports from elsewhere and the packages
    they are in ("acme", "acme.core", at most three parts), without Python's own: a service that
    documents one of these is one to link to.
    """

    packages: tuple[str, ...]
    files: tuple[SourceFile, ...]
    modules: tuple[CodeModule, ...]
    style: DocstringStyle = "plain"
    imports: tuple[str, ...] = ()
