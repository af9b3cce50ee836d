"""What a model version was trained on, as shares per bin: from its folder into the database."""

from __future__ import annotations

import json
import logging
import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from psycopg.types.json import Jsonb

from fraud_features import FEATURES, MODEL
from fraud_score.db import Connection, statement

FILE = Path("assets.extra") / "reference.json"
"""Where a version keeps it."""

_log = logging.getLogger(__name__)


class ReferenceFileError(ValueError):
    """The file is missing or cannot be a reference; the message lists every mistake."""


@dataclass(frozen=True)
class Bin:
    """A range of a feature's values.

    Attributes:
        feature: Name of the feature.
        bin: Number of the bin, from 0.
        upper: Largest value in it; ``None`` for the last bin, which has no bound.
        share: Share of the training data in it, 0 to 1.
    """

    feature: str
    bin: int
    upper: float | None
    share: float


@dataclass(frozen=True)
class Reference:
    """The reference of one model version.

    Attributes:
        model_version: Number of the version.
        bins: Bins of the features that the version knows: all, or those that were there when it was
            trained. Features are only ever added at the end.
    """

    model_version: int
    bins: tuple[Bin, ...]


def read(folder: Path) -> Reference:
    """Read the reference of a model version.

    Args:
        folder: The version's folder, ``models/<name>/<version>``.

    Raises:
        ReferenceFileError: There is none, or not such a one.
    """
    path = folder / FILE
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as exc:
        raise ReferenceFileError(
            f"{path}: no such file; give the folder of a version, like models/{MODEL}/1"
        ) from exc
    except (OSError, ValueError) as exc:
        raise ReferenceFileError(f"{path}: cannot be read: {exc}; export the model again") from exc
    # A version that is still on its way to the model volume has not got its name yet.
    name = folder.resolve().name.removeprefix(".partial-")
    if mistakes := list(_mistakes(document, name)):
        listed = "\n".join(f"- {mistake}" for mistake in mistakes)
        raise ReferenceFileError(f"{path}: export the model again:\n{listed}")
    bins = (
        Bin(feature, number, one["upper"], one["share"])
        for feature in _known(document["features"])
        for number, one in enumerate(document["features"][feature])
    )
    return Reference(document["model_version"], tuple(bins))


async def load(connection: Connection, reference: Reference) -> None:
    """Write a reference into the database; a second time changes nothing.

    Args:
        connection: Where to.
        reference: What :func:`read` returned.

    Raises:
        psycopg.OperationalError: The database does not answer.
    """
    values = {
        "model_version": reference.model_version,
        "bins": Jsonb([asdict(one) for one in reference.bins]),
    }
    await connection.execute(statement("load_reference"), values)
    _log.info(
        "reference of model version %d loaded: %d bins",
        reference.model_version,
        len(reference.bins),
    )


def _mistakes(document: Any, folder: str) -> Iterator[str]:
    if not isinstance(document, dict) or not isinstance(document.get("features"), dict):
        yield 'expected {"model_version": number, "features": {name: [bin, ...]}}'
        return
    version = document.get("model_version")
    if type(version) is not int or str(version) != folder:
        yield f"model_version: expected {folder}, the folder's name, not {version!r}"
    features = document["features"]
    for name in sorted(features.keys() - set(FEATURES)):
        yield f"features: {name!r} is none of {', '.join(FEATURES)}"
    for name in _known(features):
        yield from (f"features.{name}{mistake}" for mistake in _bin_mistakes(features.get(name)))


def _known(features: dict[str, Any]) -> tuple[str, ...]:
    """Return what a version has to tell of: the features up to the last one that it names."""
    named = [number for number, name in enumerate(FEATURES, start=1) if name in features]
    return FEATURES[: max(named, default=len(FEATURES))]


def _bin_mistakes(bins: Any) -> Iterator[str]:
    if not isinstance(bins, list) or not bins:
        yield ": expected a list of bins"
        return
    if not all(isinstance(one, dict) and one.keys() == {"upper", "share"} for one in bins):
        yield ': expected bins like {"upper": 1.5, "share": 0.1}'
        return
    uppers = [one["upper"] for one in bins]
    if not all(map(_is_number, uppers[:-1])) or sorted(set(uppers[:-1])) != uppers[:-1]:
        yield ": expected each 'upper' to be a number above the one before"
    if uppers[-1] is not None:
        yield f"[{len(bins) - 1}].upper: expected null, as the last bin has no bound"
    shares = [one["share"] for one in bins]
    if not all(_is_number(share) and 0 <= share <= 1 for share in shares):
        yield ": expected each 'share' to be a number from 0 to 1"
    elif not math.isclose(sum(shares), 1, abs_tol=1e-6):
        yield f": expected shares that add up to 1, not {sum(shares):g}"


def _is_number(value: Any) -> bool:
    return type(value) in (int, float) and abs(value) < 1e300  # neither infinite nor NaN
