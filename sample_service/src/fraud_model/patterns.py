"""How fraudsters of the simulated world go about it: one row per pattern."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Pattern:
    """A kind of fraud: a few payments in a row with a card that is not theirs.

    Attributes:
        name: What it is called.
        share: Weight among the patterns of a month.
        payments: Fewest and most payments in a row.
        gap_minutes: Mean time from one to the next.
        hours: Hours of the day, at the place of purchase, between which it starts.
        categories: Merchant categories it uses.
        abroad: Share of merchants outside the card's country.
        euro: Median amount, times what the owner spends on average when ``relative``.
        relative: Whether the amount follows the owner's habits.
        device: A phone of the thief's own, one that says nothing, or the owner's.
        favourite: Share of payments at the name of the category that fraudsters like best.
        new: Whether it is not seen before ``data.drift.new_pattern_from``.
    """

    name: str
    share: float
    payments: tuple[int, int]
    gap_minutes: float
    hours: tuple[float, float]
    categories: tuple[str, ...]
    abroad: float
    euro: float
    relative: bool
    device: Literal["new", "unknown", "own"]
    favourite: float
    new: bool = False


PATTERNS = (
    # Stolen numbers are tried out with small amounts, many within minutes.
    Pattern("card testing", 0.30, (4, 10), 3, (0, 24), ("8398", "5815", "5999"), 0.6,
            1.8, False, "unknown", 0.6),
    # What is as good as cash, bought abroad while the owner sleeps.
    Pattern("cash out", 0.35, (1, 3), 15, (0, 6), ("6051", "4829", "5815"), 0.85,
            210, False, "new", 0.6),
    # The owner's account from the thief's phone: large amounts, in the owner's own country.
    Pattern("account take-over", 0.35, (2, 4), 25, (7, 23), ("5732", "5999", "5651"), 0.15,
            4.5, True, "new", 0.35),
    # The owner is talked into paying: by day, at home, with the known phone. Hard to see.
    Pattern("investment scam", 0.60, (1, 3), 240, (9, 19), ("6211", "4829"), 0.25,
            12, True, "own", 0.9, new=True),
)  # fmt: skip
