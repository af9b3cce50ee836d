"""How far live data has moved from what the model was trained on; asks for a retrain.

The numbers stay in the database: ``sql/drift.sql`` counts there, one row per feature comes back.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from fraud_score.db import Connection, Database, Row, statement
from fraud_score.jobs import Job, Kind, NewJob, enqueue
from fraud_score.settings import Settings

STATEMENT_SECONDS = 300
"""A window has many rows: the one statement that may take longer than the service's others."""

_log = logging.getLogger(__name__)


class NoReferenceError(RuntimeError):
    """Nobody loaded what the version in use was trained on; the message says how to."""


@dataclass(frozen=True)
class Drift:
    """What one run found.

    Attributes:
        model_version: The version whose reference was compared with.
        psi: Population stability index of each feature.
        live_count: How many rows were compared.
        window_start: They were scored from here,
        window_end: and before here.
        retrain: The retrain that was asked for; ``None`` when none was.
    """

    model_version: int
    psi: Mapping[str, float]
    live_count: int
    window_start: datetime
    window_end: datetime
    retrain: Job | None = None


# --8<-- [start:run]
async def run(database: Database, settings: Settings, now: datetime | None = None) -> Drift | None:
    """Measure the drift once, keep it, and ask for a retrain where it is over the limit.

    Args:
        database: Where the rows are.
        settings: Window, minimum, limit, and pause between trainings.
        now: End of the window; the present moment when not given.

    Returns:
        What was found; ``None`` when there are too few rows to say anything.

    Raises:
        NoReferenceError: The version in use has no reference.
        DatabaseAwayError: The database does not answer.
    """
    end = now or datetime.now(UTC)
    start = end - timedelta(hours=settings.drift_hours)
    async with database.transaction() as connection:
        await _allow_time(connection)
        drift = await _measure(connection, start, end)
        if drift is None or drift.live_count < settings.drift_minimum:
            _log.info("%d rows scored since %s: too few", drift.live_count if drift else 0, start)
            return None
        await _keep(connection, drift)
        return replace(drift, retrain=await _ask_for_retrain(connection, drift, settings))


# --8<-- [end:run]


async def _measure(connection: Connection, start: datetime, end: datetime) -> Drift | None:
    window = {"window_start": start, "window_end": end}
    (in_use,) = await _rows(connection, "version_in_use", window)
    version = in_use["model_version"]
    if version is None:
        return None
    rows = await _rows(connection, "drift", {**window, "model_version": version})
    # A version trained before a feature was there is measured by the features that it knows.
    if not rows:
        raise NoReferenceError(
            f"model version {version} has no reference; "
            f"load it: fraud-score reference FOLDER_OF_VERSION_{version}"
        )
    counts = {int(row["live_count"]) for row in rows}
    if 0 in counts:
        return None
    psi = {row["feature"]: float(row["psi"]) for row in rows}
    return Drift(version, psi, max(counts), start, end)


async def _keep(connection: Connection, drift: Drift) -> None:
    values = [{**vars(drift), "feature": name, "psi": psi} for name, psi in drift.psi.items()]
    async with connection.cursor() as cursor:
        await cursor.executemany(statement("insert_drift_report"), values)
    worst = max(drift.psi, key=lambda name: drift.psi[name])
    _log.info(
        "%d rows compared with model version %d: largest PSI %.3f (%s)",
        drift.live_count,
        drift.model_version,
        drift.psi[worst],
        worst,
    )


async def _ask_for_retrain(connection: Connection, drift: Drift, settings: Settings) -> Job | None:
    over = {name: round(psi, 4) for name, psi in drift.psi.items() if psi > settings.drift_limit}
    if not over:
        return None
    pause = timedelta(hours=settings.retrain_pause_hours)
    (last,) = await _rows(connection, "last_retrain", {})
    if last["finished_at"] and drift.window_end < last["finished_at"] + pause:
        _log.warning("PSI over the limit (%s), but the last training is too fresh", over)
        return None
    payload = {
        "reason": "drift",
        "psi": over,
        "limit": settings.drift_limit,
        "model_version": drift.model_version,
    }
    job = await enqueue(connection, NewJob(Kind.RETRAIN, payload=payload))
    _log.warning(
        "PSI over the limit (%s): %s", over, f"retrain {job.id}" if job else "a retrain is open"
    )
    return job


async def _allow_time(connection: Connection) -> None:
    values = {"limit": f"{STATEMENT_SECONDS}s"}
    await connection.execute("SELECT set_config('statement_timeout', %(limit)s, true)", values)


async def _rows(connection: Connection, name: str, values: Mapping[str, Any]) -> list[Row]:
    return await (await connection.execute(statement(name), values)).fetchall()
