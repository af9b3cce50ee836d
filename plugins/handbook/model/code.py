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
    sentence of its docstring. ``objects`` are all it shows, outer before inner, in the order
    shown; ``left_out`` counts those beyond the limit. ``children`` are the public modules
    right below it.
    """

    name: str
    path: str
    summary: str = ""
    objects: tuple[CodeObject, ...] = ()
    exports: tuple[Export, ...] = ()
    left_out: int = 0
    children: tuple[str, ...] = ()


class PythonCode(Struct, frozen=True):
    """All of a service's Python packages.

    ``packages``: their dotted names. ``files``: all source files that belong to them, also the
    private ones (public objects may come from there). ``modules``: the public ones, in order
    of their names. ``imports``: top-level packages that the code uses, without its own and
    those of Python itself.
    """

    packages: tuple[str, ...]
    files: tuple[SourceFile, ...]
    modules: tuple[CodeModule, ...]
    style: DocstringStyle = "plain"
    imports: tuple[str, ...] = ()
