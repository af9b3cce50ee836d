"""What is trained on: features, labels and times, split by time, with a digest."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from new_service_features import FEATURES
from new_service_model.config import Split
from new_service_model.errors import DataError

Float32s = NDArray[np.float32]
_ARRAYS = ("time", "numeric", "late")


@dataclass(frozen=True)
class Dataset:
    """``n`` labelled deliveries in order of time.

    Attributes:
        time: Microseconds since 1970 (UTC), int64 ``[n]``.
        numeric: Features in the order of ``FEATURES``, float32 ``[n, k]``.
        late: Whether it came late, bool ``[n]``.
        origin: The parameters it was made with.
    """

    time: NDArray[np.int64]
    numeric: Float32s
    late: NDArray[np.bool_]
    origin: str

    def __len__(self) -> int:
        """Return the number of deliveries."""
        return len(self.time)

    @property
    def inputs(self) -> dict[str, Float32s]:
        """The inputs of the model, by the names in its signature."""
        return {"numeric": self.numeric}

    @property
    def digest(self) -> str:
        """SHA-256 of all values, in order: the same digest, the same training data."""
        digest = hashlib.sha256(" ".join(FEATURES).encode())
        for name in _ARRAYS:
            digest.update(np.ascontiguousarray(getattr(self, name)).tobytes())
        return f"sha256:{digest.hexdigest()}"

    def rows(self, chosen: slice) -> Dataset:
        """Return some of the deliveries."""
        return replace(self, **{name: getattr(self, name)[chosen] for name in _ARRAYS})

    # --8<-- [start:split]
    def split(self, split: Split) -> tuple[Dataset, Dataset, Dataset]:
        """Split into training, validation and test, the older deliveries first.

        Raises:
            DataError: A part has no late delivery, or no other.
        """
        validation = round(len(self) * (1 - split.validation - split.test))
        test = round(len(self) * (1 - split.test))
        parts = tuple(self.rows(s) for s in np.s_[:validation, validation:test, test:])
        for name, part in zip(("training", "validation", "test"), parts, strict=True):
            if not 0 < part.late.sum() < len(part):
                raise DataError(
                    f"the {name} part has {len(part)} deliveries, {part.late.sum()} of them late: "
                    "both kinds are needed. Take more days (source.history_days) or other shares "
                    "(split.validation, split.test)."
                )
        training, validating, testing = parts
        return training, validating, testing

    # --8<-- [end:split]

    def save(self, path: Path) -> None:
        """Write an ``.npz`` without compression: the same values, the same bytes, everywhere."""
        path.parent.mkdir(parents=True, exist_ok=True)
        buffer = io.BytesIO()
        arrays = {name: getattr(self, name) for name in _ARRAYS}
        np.savez(buffer, origin=np.array(self.origin), features=np.array(FEATURES), **arrays)
        partial = path.with_name(f".{path.name}.partial")
        partial.write_bytes(buffer.getvalue())
        partial.replace(path)

    @classmethod
    def load(cls, path: Path) -> Dataset:
        """Read what :meth:`save` wrote.

        Raises:
            DataError: The file is missing, damaged, or made for other features.
        """
        try:
            with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as arrays:
                columns = {name: arrays[name] for name in _ARRAYS}
                dataset = cls(**columns, origin=str(arrays["origin"]))
                features = tuple(arrays["features"].tolist())
        except (OSError, EOFError, BadZipFile, KeyError, ValueError) as exc:
            raise DataError(f"{path}: no data set: {exc}. Make it with 'dvc repro'.") from exc
        if features != FEATURES:
            raise DataError(
                f"{path}: made for the features {', '.join(features)}; there are now "
                f"{', '.join(FEATURES)}. Make it again with 'dvc repro'."
            )
        return dataset


def from_rows(rows: list[dict[str, Any]], origin: str) -> Dataset:
    """Make a data set of what ``training_sql`` returns.

    Args:
        rows: One row per delivery, oldest first.
        origin: The parameters they were selected with.
    """
    numeric = np.array([[row[name] for name in FEATURES] for row in rows], dtype=np.float32)
    return Dataset(
        time=np.array([row["planned_at"].timestamp() * 1e6 for row in rows]).astype(np.int64),
        numeric=numeric.reshape(len(rows), len(FEATURES)),
        late=np.array([row["late"] for row in rows], dtype=np.bool_),
        origin=origin,
    )
