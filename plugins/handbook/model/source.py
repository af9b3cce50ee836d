"""What a service's own Python source does, as far as reading it shows. Nothing is run.

Names are followed through imports only: ``pd.read_csv`` is "pandas.read_csv" where the file
says ``import pandas as pd``. What is called on a value whose type is not known keeps its last
name: "?.predict".
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from handbook.model.requestpath import RequestPath

_SHOWN = 160  # characters of a line


class Spot(Struct, frozen=True, array_like=True, gc=False):
    """A line of a file: path from the repo's root, number from 1, text without indentation."""

    path: str
    line: int
    text: str = ""

    @classmethod
    def of(cls, path: str, text: str, line: int) -> Spot:
        """Return a line of a file's text; beyond its ends, the place without text."""
        lines = text.split("\n")
        return cls(path, line, lines[line - 1].strip()[:_SHOWN] if 0 < line <= len(lines) else "")


class Import(Struct, frozen=True, array_like=True, gc=False):
    """An import of a module from elsewhere, by its dotted name."""

    name: str
    spot: Spot


class Call(Struct, frozen=True, array_like=True, gc=False):
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


class Function(Struct, frozen=True, array_like=True, gc=False):
    """A function or method.

    ``depth`` is how deep its blocks are nested at most, ``late_else`` the line of an ``else``
    after a branch that always leaves (0: none). ``annotated`` of ``annotatable`` parameters
    and results have types. ``constant`` tells that it returns the same whatever happens,
    ``documented`` that it has a docstring.
    """

    name: str
    spot: Spot
    lines: int
    depth: int
    late_else: int
    annotated: int
    annotatable: int
    constant: bool = False
    documented: bool = False


class Route(Struct, frozen=True, array_like=True, gc=False):
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


class Sql(Struct, frozen=True, array_like=True, gc=False):
    """A literal string that begins as an SQL statement does: its first word, its text."""

    verb: str
    text: str
    spot: Spot
    function: str = ""


class Source(Struct, frozen=True, dict=True):
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
        """Give the imports of these modules, or of anything in them, in order."""
        places: set[int] = set()
        for name in names:
            below = f"{name}."
            places.update(
                place
                for place in self._imports_of.get(name.partition(".")[0], ())
                if (known := self.imports[place].name) == name or known.startswith(below)
            )
        return (self.imports[place] for place in sorted(places))

    def called(self, *names: str) -> Iterator[Call]:
        """Give the calls of these names, in order; one that ends in "." stands for all below."""
        places: set[int] = set()
        for name in names:
            if name.endswith("."):
                begin = (known for known in self._calls_of if known.startswith(name))
                places.update(place for known in begin for place in self._calls_of[known])
            else:
                places.update(self._calls_of.get(name, ()))
        return (self.calls[place] for place in sorted(places))

    def calls_where(self, wanted: Callable[[str], object]) -> Iterator[Call]:
        """Give the calls whose name ``wanted`` holds for, in order; each name is asked once."""
        names = (name for name in self._calls_of if wanted(name))
        places = sorted(place for name in names for place in self._calls_of[name])
        return (self.calls[place] for place in places)

    def inside(self, function: str, path: str) -> Iterator[Call]:
        """Give the calls in a function and in functions inside it."""
        return (
            call
            for call in self.calls
            if call.spot.path == path
            and (call.function == function or call.function.startswith(f"{function}."))
        )

    @cached_property
    def request_path(self) -> RequestPath:
        """What answers requests, and what that calls."""
        from handbook.model.requestpath import RequestPath  # noqa: PLC0415 - it knows this class

        return RequestPath(self)

    @cached_property
    def _imports_of(self) -> dict[str, list[int]]:
        found: defaultdict[str, list[int]] = defaultdict(list)
        for place, item in enumerate(self.imports):
            found[item.name.partition(".")[0]].append(place)
        return found

    @cached_property
    def _calls_of(self) -> dict[str, list[int]]:
        found: defaultdict[str, list[int]] = defaultdict(list)
        for place, call in enumerate(self.calls):
            found[call.name].append(place)
        return found
