"""How each feature was distributed in training: what live values are compared with."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fraud_features import FEATURES

BINS = 10


def reference(numeric: NDArray[np.float32]) -> dict[str, list[dict[str, Any]]]:
    """Return up to ten bins per feature, of equally many rows where values allow it.

    A value is in the first bin whose ``upper`` it does not exceed; the last bin has no ``upper``.
    Features of few values (flags) have a bin per value, so no bin is empty.

    Args:
        numeric: Features of the training part, float32 ``[n, k]``, ``n`` at least 1.

    Returns:
        For each feature bins ``{"upper": float | None, "share": float}``, shares adding up to 1.
    """
    return {name: _bins(numeric[:, column]) for column, name in enumerate(FEATURES)}


def _bins(values: NDArray[np.float32]) -> list[dict[str, Any]]:
    steps = np.linspace(0, 1, BINS + 1)[1:-1]
    edges = np.unique(np.quantile(values, steps, method="inverted_cdf"))
    edges = edges[edges < values.max()]
    counts = np.bincount(np.searchsorted(edges, values, side="left"), minlength=len(edges) + 1)
    uppers = [float(edge) for edge in edges] + [None]
    return [
        {"upper": upper, "share": float(count / len(values))}
        for upper, count in zip(uppers, counts, strict=True)
    ]
