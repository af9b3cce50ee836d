"""What is trained on: features, labels and times, split by time, with a digest."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from fraud_features import DESCRIPTOR_BUCKETS, FEATURES
from fraud_model.config import Split
from fraud_model.errors import DataError

Float32s = NDArray[np.float32]
_ARRAYS = ("time", "numeric", "code", "vectors", "fraud")


@dataclass(frozen=True)
class Dataset:
    """``n`` labelled payments in order of time.

    Attributes:
        time: Microseconds since 1970 (UTC), int64 ``[n]``.
        numeric: Features in the order of ``FEATURES``, float32 ``[n, 8]``.
        code: Row of each payment's descriptor in ``vectors``, int32 ``[n]``.
        vectors: The distinct hashed descriptors, float32 ``[k, 32]``.
        fraud: Whether it was fraud, bool ``[n]``.
        origin: The parameters it was made with.
    """

    time: NDArray[np.int64]
    numeric: Float32s
    code: NDArray[np.int32]
    vectors: Float32s
    fraud: NDArray[np.bool_]
    origin: str

    def __len__(self) -> int:
        """Return the number of payments."""
        return len(self.time)

    @property
    def descriptor(self) -> Float32s:
        """Hashed descriptors, float32 ``[n, 32]``."""
        return self.vectors[self.code]

    @property
    def inputs(self) -> dict[str, Float32s]:
        """The inputs of the model, by the names in its signature."""
        return {"numeric": self.numeric, "descriptor": self.descriptor}

    @property
    def euro(self) -> NDArray[np.float64]:
        """Amounts in euro ``[n]``."""
        return np.exp(self.numeric[:, FEATURES.index("log_amount")].astype(np.float64))

    @property
    def digest(self) -> str:
        """SHA-256 of all values, in order: the same digest, the same training data."""
        digest = hashlib.sha256(" ".join(FEATURES).encode())
        for name in _ARRAYS:
            digest.update(np.ascontiguousarray(getattr(self, name)).tobytes())
        return f"sha256:{digest.hexdigest()}"

    def rows(self, chosen: slice) -> Dataset:
        """Return some of the payments."""
        return Dataset(
            self.time[chosen],
            self.numeric[chosen],
            self.code[chosen],
            self.vectors,
            self.fraud[chosen],
            self.origin,
        )

    # --8<-- [start:split]
    def split(self, split: Split) -> tuple[Dataset, Dataset, Dataset]:
        """Split into training, validation and test, the older payments first.

        Raises:
            DataError: A part has no fraud, or nothing else.
        """
        validation = round(len(self) * (1 - split.validation - split.test))
        test = round(len(self) * (1 - split.test))
        parts = tuple(self.rows(s) for s in np.s_[:validation, validation:test, test:])
        for name, part in zip(("training", "validation", "test"), parts, strict=True):
            if not 0 < part.fraud.sum() < len(part):
                raise DataError(
                    f"the {name} part has {len(part)} payments, {part.fraud.sum()} of them fraud: "
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
        np.savez(buffer, origin=np.array(self.origin), **arrays)
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
        except (OSError, EOFError, BadZipFile, KeyError, ValueError) as exc:
            raise DataError(f"{path}: no data set: {exc}. Make it with 'dvc repro'.") from exc
        widths = (dataset.numeric.shape[1:], dataset.vectors.shape[1:])
        if widths != ((len(FEATURES),), (DESCRIPTOR_BUCKETS,)):
            raise DataError(f"{path}: made for other features. Make it again with 'dvc repro'.")
        return dataset


def from_rows(rows: list[dict[str, Any]], vectors: Float32s, origin: str) -> Dataset:
    """Make a data set of what ``training_sql`` returns.

    Args:
        rows: ``n`` rows, oldest first, one per payment.
        vectors: Their hashed descriptors ``[n, 32]``.
        origin: The parameters they were selected with.
    """
    distinct, code = np.unique(vectors, axis=0, return_inverse=True)
    return Dataset(
        time=np.array([row["occurred_at"].timestamp() * 1e6 for row in rows]).astype(np.int64),
        numeric=np.array([[row[name] for name in FEATURES] for row in rows], dtype=np.float32),
        code=code.reshape(-1).astype(np.int32),
        vectors=distinct,
        fraud=np.array([row["is_fraud"] for row in rows], dtype=np.bool_),
        origin=origin,
    )
