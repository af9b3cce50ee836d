"""The hot path in Rust (``hotpath/``): a shared library, called without copying any text."""

from __future__ import annotations

import ctypes
import os
import sys
from array import array
from collections.abc import Mapping, Sequence
from itertools import accumulate
from pathlib import Path

from fraud_features import DESCRIPTOR_BUCKETS

ABI_VERSION = 1
"""Version of the functions' arguments; the library must say the same."""

VARIABLE = "FRAUD_SCORE_HOTPATH"
"""Environment variable with the library's path, or ``off``."""

NAME = {"darwin": "libfraud_hotpath.dylib", "win32": "fraud_hotpath.dll"}.get(
    sys.platform, "libfraud_hotpath.so"
)
"""What cargo calls the library here."""

_HERE = Path(__file__).resolve().parent
_PLACES = (_HERE / NAME, _HERE.parents[1] / "hotpath" / "target" / "release" / NAME)
_ERRORS = {
    1: "a pointer is missing",
    2: "offsets are not rising from 0 to the end of the text",
    3: "the output has not one row per text",
}


class HotpathError(RuntimeError):
    """The library is missing or cannot be used; the message says why and what to do.

    Attributes:
        unexpected: Whether a library was there or asked for: worth a warning.
    """

    def __init__(self, message: str, *, unexpected: bool = True) -> None:
        self.unexpected = unexpected
        super().__init__(message)


# --8<-- [start:guards]
def find(environment: Mapping[str, str] = os.environ, places: Sequence[Path] = _PLACES) -> Path:
    """Return where the library lies.

    Args:
        environment: Its :data:`VARIABLE` names the library's file, or is ``off``.
        places: Where to look without it: an image has the library beside this file, a work tree
            where cargo builds it.

    Raises:
        HotpathError: There is none, or it is not wanted.
    """
    asked = environment.get(VARIABLE, "")
    if asked == "off":
        raise HotpathError(f"{VARIABLE} is off", unexpected=False)
    if asked:
        if not Path(asked).is_file():
            raise HotpathError(f"{VARIABLE}: no file {asked!r}; give the library's path, or 'off'")
        return Path(asked).resolve()
    for place in places:
        if place.is_file():
            return place
    raise HotpathError("no library built; 'make hotpath' builds it", unexpected=False)


# --8<-- [end:guards]


class Library:
    """The loaded library.

    Args:
        path: Its file.

    Raises:
        HotpathError: It cannot be loaded, or was made for another version of this file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            library = ctypes.CDLL(str(path))
            self._expect(library.fraud_hotpath_abi_version, "ABI version", ABI_VERSION)
            self._expect(library.fraud_hotpath_buckets, "number of buckets", DESCRIPTOR_BUCKETS)
            self._vectors = library.fraud_hotpath_vectors
        except (OSError, AttributeError) as exc:
            raise HotpathError(f"{path} is no hot path library: {exc}") from exc
        pointer, size = ctypes.c_void_p, ctypes.c_size_t
        self._vectors.argtypes = [ctypes.c_char_p, size, pointer, size, pointer, size]
        self._vectors.restype = ctypes.c_int32

    def packed(self, texts: Sequence[bytes]) -> array[float]:
        """Return one vector per UTF-8 text, row after row, as float32."""
        text = b"".join(texts)
        offsets = array("Q", accumulate(map(len, texts), initial=0))
        rows = array("f", bytes(4 * DESCRIPTOR_BUCKETS * len(texts)))
        self.call(text, offsets, rows)
        return rows

    def call(self, text: bytes, offsets: array[int], rows: array[float]) -> None:
        """Call the library as it is; the lengths given are those of the buffers.

        Args:
            text: All texts, one after the other.
            offsets: Where each text begins, and where the last one ends: 64-bit numbers.
            rows: Where the vectors go: float32 numbers.

        Raises:
            TypeError: A buffer has numbers of another type.
            ValueError: The three do not fit together.
        """
        if offsets.typecode != "Q":
            raise TypeError(f"offsets: 64-bit numbers ('Q') expected, not {offsets.typecode!r}")
        if rows.typecode != "f":
            raise TypeError(f"rows: float32 numbers ('f') expected, not {rows.typecode!r}")
        at, count = offsets.buffer_info()
        to, room = rows.buffer_info()
        if code := self._vectors(text, len(text), at, count, to, room):
            raise ValueError(f"hot path: {_ERRORS.get(code, f'error {code}')}")

    def _expect(self, function: ctypes._NamedFuncPointer, what: str, expected: int) -> None:
        function.restype = ctypes.c_uint32
        function.argtypes = []
        if (found := function()) != expected:
            raise HotpathError(
                f"{self.path} has {what} {found}, expected {expected}; build it again: make hotpath"
            )
