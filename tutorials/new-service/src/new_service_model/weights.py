"""What the training finds: all numbers of the model, as arrays, with a digest."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

Float32s = NDArray[np.float32]


@dataclass(frozen=True)
class Weights:
    """Weights of the additive model, float32; ``k`` features, ``h`` hidden units.

    Attributes:
        mean: Mean of each feature in training ``[k]``.
        scale: Its standard deviation ``[k]``.
        slope: Straight part of each feature's curve ``[k]``.
        inner: Weights into the hidden units ``[k, h]``.
        inner_bias: Biases of the hidden units ``[k, h]``.
        outer: Weights out of them ``[k, h]``.
        centre: What an average delivery gets from each feature ``[k]``.
        bias: Log-odds of an average delivery ``[]``.
        thresholds: Probabilities from which a delivery is at risk, and late ``[2]``.
    """

    mean: Float32s
    scale: Float32s
    slope: Float32s
    inner: Float32s
    inner_bias: Float32s
    outer: Float32s
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
