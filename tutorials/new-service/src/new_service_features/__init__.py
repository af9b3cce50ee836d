"""What the model sees of a delivery: one SQL statement, for training and for serving.

The package depends on nothing, so that the service and the training both can import it.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

FEATURES = (
    "log_distance",
    "log_parcels",
    "rush_hour",
    "courier_load",
)
"""Names of the features: columns of ``features.sql``, in the order of the model's input."""

SUBJECT = "delivery_id"
"""Column that names what is scored, in ``features.sql`` and in the service's tables."""

MODEL = "new_service"
"""Name of the model that sees these features."""

_INCLUDE = "-- include: features.sql"
_IDS = "%(ids)s::text[]"


@cache
def features_sql() -> str:
    """Return the statement that computes the features of a set of deliveries.

    Its one parameter is ``ids``, a list of delivery ids. Its columns are ``delivery_id`` and, as
    ``float8``, each of :data:`FEATURES`, in that order. It reads ``deliveries`` only. Ids without a
    delivery have no row; the order of rows is not defined.
    """
    return _read("features.sql")


@cache
def training_sql() -> str:
    """Return the statement that selects what to learn from, ``features.sql`` being part of it.

    Its parameters are ``as_of`` (a moment), ``history_days`` and ``label_delay_days`` (whole
    numbers). Its columns are ``planned_at``, ``late`` and those of :func:`features_sql`; its rows
    are ordered by ``planned_at``, then by the bytes of ``delivery_id``. It reads ``deliveries`` and
    ``labels``.
    """
    features = features_sql().replace(_IDS, "ARRAY(SELECT delivery_id FROM labelled)")
    return _read("training.sql").replace(_INCLUDE, features)


def _read(name: str) -> str:
    return Path(__file__).with_name(name).read_text(encoding="utf-8")
