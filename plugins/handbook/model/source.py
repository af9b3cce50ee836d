"""What a service's own Python source does, as far as reading it shows. Nothing is run.

Names are followed through imports only: ``pd.read_csv`` is "pandas.read_csv" where the file
says ``import pandas as pd``. What is called on a value whose type is not known keeps its last
name: "?.predict".
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

_SHOWN = 160  # characters of a line


class Spot(Struct, frozen=True, array_like=True):
    """A line of a file: path from the repo's root, number from 1, text without indentation."""

    path: str
    line: int
    text: str = ""

    @classmethod
    def of(cls, path: str, text: str, line: int) -> Spot:
        """Return a line of a file's text; beyond its ends, the place without text."""
        lines = text.split("\n")
        return cls(path, line, lines[line - 1].strip()[:_SHOWN] if 0 < line <= len(lines) else "")


class Import(Struct, frozen=True, array_like=True):
    """An import of a module from elsewhere, by its dotted name."""

    name: str
    spot: Spot


class Call(Struct, frozen=True, array_like=True):
    """A call. ``function`` is the qualified name of the function it is in, "" at module level.

    ``loops`` is how many loops are around it inside that function. ``texts`` are the literal
    strings among its arguments, ``keywords`` the names of its keyword arguments.
    """

    name: str
    spot: Spot
    function: str = ""
    loops: int = 0
    texts: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()


class Function(Struct, frozen=True, array_like=True):
    """A function or method.

    ``depth`` is how deep its blocks are nested at most, ``late_else`` the line of an ``else``
    after a branch that always leaves (0: none). ``annotated`` of ``annotatable`` parameters
    and results have types. ``constant`` tells that it returns the same whatever happens.
    """

    name: str
    spot: Spot
    lines: int
    depth: int
    late_else: int
    annotated: int
    annotatable: int
    constant: bool = False


class Route(Struct, frozen=True, array_like=True):
    """A route that the code declares: method in capitals ("*" for any), path as written.

    ``handler`` is the function that answers: its qualified name where it is decorated, else the
    name that it is declared with, as written; "" where it has none.
    """

    method: str
    template: str
    framework: str
    function: str
    spot: Spot
    handler: str = ""


class Sql(Struct, frozen=True, array_like=True):
    """A literal string that begins as an SQL statement does: its first word, its text."""

    verb: str
    text: str
    spot: Spot
    function: str = ""


class Source(Struct, frozen=True):
    """All of it, in the order of paths and lines. ``files`` is how many were read.

    ``python2`` are files that only Python 2 can read; ``unread`` could not be read at all.
    ``callbacks`` are the first lines that take an address to call back, of each file.
    ``queries`` are statements in files of SQL, ``data`` the paths of tables that are committed.
    """

    files: int = 0
    imports: tuple[Import, ...] = ()
    calls: tuple[Call, ...] = ()
    functions: tuple[Function, ...] = ()
    routes: tuple[Route, ...] = ()
    sql: tuple[Sql, ...] = ()
    callbacks: tuple[Spot, ...] = ()
    queries: tuple[Sql, ...] = ()
    data: tuple[str, ...] = ()
    python2: tuple[Spot, ...] = ()
    unread: tuple[Spot, ...] = ()

    def imported(self, *names: str) -> Iterator[Import]:
        """Give the imports of these modules, or of anything in them."""
        return (
            item
            for item in self.imports
            if any(item.name == name or item.name.startswith(f"{name}.") for name in names)
        )

    def called(self, *names: str) -> Iterator[Call]:
        """Give the calls of these names; a name that ends in "." stands for all below it."""
        exact = frozenset(names)
        below = tuple(name for name in names if name.endswith("."))
        return (
            call
            for call in self.calls
            if call.name in exact or (below and call.name.startswith(below))
        )

    def inside(self, function: str, path: str) -> Iterator[Call]:
        """Give the calls in a function and in functions inside it."""
        return (
            call
            for call in self.calls
            if call.spot.path == path
            and (call.function == function or call.function.startswith(f"{function}."))
        )
