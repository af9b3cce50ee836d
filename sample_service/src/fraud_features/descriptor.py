"""A merchant descriptor ("SHOP*4711 Köln") as a vector: its letter triples, hashed to buckets.

This is the definition; :mod:`fraud_features.hotpath` does the same in Rust, bit for bit.
"""

from __future__ import annotations

import logging
import re
from array import array
from collections.abc import Callable, Sequence
from functools import cache, lru_cache
from math import sqrt

from fraud_features import DESCRIPTOR_BUCKETS
from fraud_features.hotpath import HotpathError, Library, find

_FNV_OFFSET = 0xCBF29CE484222325
_FNV_PRIME = 0x100000001B3
_64_BITS = 0xFFFFFFFFFFFFFFFF

_DIGITS = re.compile(rb"[0-9]+")
_OTHERS = re.compile(rb"[^A-Z#\x80-\xff]+")

_log = logging.getLogger(__name__)


# --8<-- [start:vectors]
def vectors(texts: Sequence[str]) -> list[list[float]]:
    """Return one vector per text, as numbers that a float32 holds exactly.

    Args:
        texts: ``n`` texts of any length; "" gives a vector of zeros.

    Returns:
        ``n`` lists of :data:`~fraud_features.DESCRIPTOR_BUCKETS` numbers, each of length 1.

    Raises:
        UnicodeEncodeError: A text has a lone surrogate, which is no character.

    Example:
        >>> [value for value in vectors(["ab"])[0] if value]
        [0.7071067690849304, -0.7071067690849304]
    """
    numbers = packed(texts).tolist()
    starts = range(0, len(numbers), DESCRIPTOR_BUCKETS)
    return [numbers[start : start + DESCRIPTOR_BUCKETS] for start in starts]


# --8<-- [end:vectors]


def packed(texts: Sequence[str]) -> array[float]:
    """Return the vectors of :func:`vectors`, row after row, as one array of float32.

    ``numpy.frombuffer(packed(texts), "float32").reshape(-1, DESCRIPTOR_BUCKETS)`` has them as a
    matrix.

    Raises:
        UnicodeEncodeError: A text has a lone surrogate, which is no character.
    """
    return _chosen()[1]([text.encode() for text in texts])


def implementation() -> str:
    """Return what computes the vectors here: ``rust`` or ``python``."""
    return _chosen()[0]


# --8<-- [start:python]
def packed_by_python(texts: Sequence[bytes]) -> array[float]:
    """Return one vector per UTF-8 text, row after row."""
    rows: array[float] = array("f")
    for text in texts:
        counts = [0] * DESCRIPTOR_BUCKETS
        padded = b" " + normalised(text) + b" "
        for start in range(len(padded) - 2):
            bucket, sign = _bucket(padded[start : start + 3])
            counts[bucket] += sign
        # Whole numbers up to here, then one root and one division: no rounding can differ.
        length = sqrt(sum(count * count for count in counts)) or 1.0
        rows.extend([count / length for count in counts])
    return rows


def normalised(text: bytes) -> bytes:
    """Return what is hashed: ``b"Shop *4711-a "`` becomes ``b"SHOP # A"``.

    ASCII letters in upper case, a run of digits as ``#``, a run of anything else in ASCII as one
    space, none at the ends. Bytes of other characters stay as they are.
    """
    return _OTHERS.sub(b" ", _DIGITS.sub(b"#", text.replace(b"#", b" ").upper())).strip(b" ")


@lru_cache(maxsize=65_536)
def _bucket(triple: bytes) -> tuple[int, int]:
    """Return bucket and sign of three bytes, by FNV-1a with 64 bits, folded to 32."""
    hashed = _FNV_OFFSET
    for byte in triple:
        hashed = (hashed ^ byte) * _FNV_PRIME & _64_BITS
    hashed ^= hashed >> 32
    return hashed % DESCRIPTOR_BUCKETS, 1 if hashed & DESCRIPTOR_BUCKETS else -1


# --8<-- [end:python]


_PROBE = ("", "a", "Shop*4711 Köln", "12#34", "ÄÖ ÜÉ日本語🙂", " \x00tab\tx ")
"""Texts that a library must agree on before it is trusted: it may be older than this file."""


@cache
def _chosen() -> tuple[str, Callable[[Sequence[bytes]], array[float]]]:
    try:
        library = Library(find())
        _compare(library)
    except HotpathError as exc:
        level = logging.WARNING if exc.unexpected else logging.INFO
        _log.log(level, "descriptors are hashed in Python: %s", exc)
        return "python", packed_by_python
    return "rust", library.packed


def _compare(library: Library) -> None:
    texts = [text.encode() for text in _PROBE]
    if library.packed(texts) != packed_by_python(texts):
        raise HotpathError(
            f"{library.path} computes other vectors than this version; build it again: make hotpath"
        )
