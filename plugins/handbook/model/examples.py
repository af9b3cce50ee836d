"""What a service's tests show: which routes they call, and which Python objects they use."""

from __future__ import annotations

from msgspec import Struct


class Test(Struct, frozen=True):
    """A test, or a helper of tests: its file, first and last line, and name.

    Its text stays in the repo: pages read what they show.
    """

    path: str
    line: int
    last: int
    name: str
    helper: bool = False

    __test__ = False  # for pytest

    @property
    def order(self) -> tuple[bool, int, str, int]:
        """Sort key: tests before helpers, the shortest first."""
        return (self.helper, self.last - self.line, self.path, self.line)


class Request(Struct, frozen=True):
    """A call of a route by its address.

    ``method`` is in capitals, "*" where the code does not say it. ``path`` is as written, without
    host and query; "{}" stands for what is filled in, at the start for any number of folders.
    "@name" is the address of the route of that name.
    ``tests`` are the shortest of the ``count`` that do it.
    """

    method: str
    path: str
    count: int
    tests: tuple[Test, ...]


class Use(Struct, frozen=True):
    """A Python object that tests use, by the dotted name that they import it by.

    What follows an object that is called is part of the name: "risk.Client.fetch".
    """

    name: str
    count: int
    tests: tuple[Test, ...]


class Tests(Struct, frozen=True):
    """All of it. ``files`` were read, ``unread`` were not: too many, or not to be parsed.

    ``unclear`` counts requests to an address that only running the test would tell. ``mentioned``
    are texts that look like paths, whatever is done with them.
    """

    files: int = 0
    unread: int = 0
    unclear: int = 0
    requests: tuple[Request, ...] = ()
    uses: tuple[Use, ...] = ()
    mentioned: tuple[str, ...] = ()

    __test__ = False


class Examples(Struct, frozen=True):
    """The tests that show one operation or object: the shortest, and how many there are."""

    count: int
    tests: tuple[Test, ...]
