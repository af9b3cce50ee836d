"""The population stability index once more, one value at a time."""

from __future__ import annotations

import math
import struct
from collections.abc import Sequence

FLOOR = 0.0001


def as_float32(value: float) -> float:
    (rounded,) = struct.unpack("f", struct.pack("f", value))
    return float(rounded)


def bin_of(value: float, uppers: Sequence[float]) -> int:
    for number, upper in enumerate(uppers):
        if as_float32(value) <= upper:
            return number
    return len(uppers)


def psi(values: Sequence[float], uppers: Sequence[float], shares: Sequence[float]) -> float:
    total = 0.0
    for number, share in enumerate(shares):
        inside = [value for value in values if bin_of(value, uppers) == number]
        live = max(len(inside) / len(values), FLOOR)
        reference = max(share, FLOOR)
        total += (live - reference) * math.log(live / reference)
    return total
