"""What the training finds: all numbers of the model, as arrays, with a digest."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass, fields
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from fraud_model.errors import DataError

Float32s = NDArray[np.float32]


@dataclass(frozen=True)
class Weights:
    """Weights of the additive model, float32; ``f`` features, ``h`` hidden units, ``b`` buckets.

    Attributes:
        mean: Mean of each feature in training ``[f]``.
        scale: Its standard deviation ``[f]``.
        slope: Straight part of each feature's curve ``[f]``.
        inner: Weights into the hidden units ``[f, h]``.
        inner_bias: Biases of the hidden units ``[f, h]``.
        outer: Weights out of them ``[f, h]``.
        text: Weight of each descriptor bucket ``[b]``.
        centre: What an average payment gets from each feature and the descriptor ``[f + 1]``.
        bias: Log-odds of an average payment ``[]``.
        thresholds: Probabilities from which a payment is reviewed, and declined ``[2]``.
    """

    mean: Float32s
    scale: Float32s
    slope: Float32s
    inner: Float32s
    inner_bias: Float32s
    outer: Float32s
    text: Float32s
    centre: Float32s
    bias: Float32s
    thresholds: Float32s

    @property
    def digest(self) -> str:
        """SHA-256 of all numbers: the same digest, the same model."""
        digest = hashlib.sha256()
        for item in fields(self):
            array = np.ascontiguousarray(getattr(self, item.name), dtype="<f4")
            digest.update(f"{item.name}{array.shape}".encode())
            digest.update(array.tobytes())
        return f"sha256:{digest.hexdigest()}"

    def save(self, path: Path) -> None:
        """Write an ``.npz``: the same numbers, the same bytes."""
        path.parent.mkdir(parents=True, exist_ok=True)
        buffer = io.BytesIO()
        np.savez(buffer, **{item.name: getattr(self, item.name) for item in fields(self)})
        partial = path.with_name(f".{path.name}.partial")
        partial.write_bytes(buffer.getvalue())
        partial.replace(path)

    @classmethod
    def load(cls, path: Path) -> Weights:
        """Read what :meth:`save` wrote.

        Raises:
            DataError: The file is missing or damaged.
        """
        try:
            with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as arrays:
                return cls(**{item.name: arrays[item.name] for item in fields(cls)})
        except (OSError, EOFError, BadZipFile, KeyError, ValueError) as exc:
            raise DataError(f"{path}: no weights: {exc}. Make them with 'dvc repro'.") from exc
