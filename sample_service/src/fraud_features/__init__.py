"""What the model sees of a payment: one SQL statement and one hash, for training and for serving.

The package depends on nothing, so that the service and the training both can import it.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

FEATURES = (
    "log_amount",
    "amount_vs_card",
    "foreign_merchant",
    "night",
    "risky_category",
    "velocity",
    "new_device",
    "unknown_device",
)
"""Names of the numeric features: columns of ``features.sql``, in the order of the model's input."""

SUBJECT = "transaction_id"
"""Column that names what is scored, in ``features.sql`` and in the service's tables."""

MODEL = "fraud"
"""Name of the model that sees these features."""

DESCRIPTOR_BUCKETS = 32
"""Length of the vector that a merchant descriptor is hashed to."""

_INCLUDE = "-- include: features.sql"
_IDS = "%(ids)s::text[]"


@cache
def features_sql() -> str:
    """Return the statement that computes the features of a set of payments.

    Its one parameter is ``ids``, a list of transaction ids. Its columns are ``transaction_id``,
    ``merchant_descriptor`` and, as ``float8``, each of :data:`FEATURES`. It reads ``payments``
    only. Ids without a payment have no row; the order of rows is not defined.
    """
    return _read("features.sql")


@cache
def training_sql() -> str:
    """Return the statement that selects what to learn from, ``features.sql`` being part of it.

    Its parameters are ``as_of`` (a moment), ``history_days`` and ``label_delay_days`` (whole
    numbers). Its columns are ``occurred_at``, ``is_fraud`` and those of :func:`features_sql`; its
    rows are ordered by ``occurred_at``, then by the bytes of ``transaction_id``. It reads
    ``payments`` and ``labels``.
    """
    features = features_sql().replace(_IDS, "ARRAY(SELECT transaction_id FROM labelled)")
    return _read("training.sql").replace(_INCLUDE, features)


def _read(name: str) -> str:
    return Path(__file__).with_name(name).read_text(encoding="utf-8")
