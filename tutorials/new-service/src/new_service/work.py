"""What is done with a batch of jobs: from deliveries to scores, from reports to labels.

Each method writes its results in the transaction that ends the jobs. So a result is there if and
only if its job has succeeded, whenever the worker dies.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from psycopg.types.json import Jsonb

from new_service.db import Database, Row, statement
from new_service.jobs import Job, Worklist
from new_service.predictor import Predictor, Score
from new_service_features import FEATURES, features_sql


class Work:
    """Does the jobs of a worker.

    Args:
        database: Where deliveries are and scores go.
        worklist: Whose jobs they are.
        predictor: Who asks the model.
    """

    def __init__(self, database: Database, worklist: Worklist, predictor: Predictor) -> None:
        self._database = database
        self._worklist = worklist
        self._predictor = predictor

    # --8<-- [start:score]
    async def score(self, jobs: Sequence[Job]) -> list[Job]:
        """Score a batch: one query for all features, one call of the model, one transaction.

        Args:
            jobs: Jobs of the kind ``score``.

        Returns:
            The jobs whose scores were written; the others belong to another worker by now.

        Raises:
            DatabaseAwayError: Nothing was written, or nobody knows.
            ModelServerError: Nothing was written.
            RefusedError: The same; one of the deliveries may be at fault.
        """
        features = await self._features(jobs)
        inputs = [[features[job.subject][name] for name in FEATURES] for job in jobs]
        scores = await self._predictor.predict(inputs)
        by_job = dict(zip([job.id for job in jobs], scores, strict=True))
        async with self._database.transaction() as connection:
            ours = await self._worklist.finish(connection, jobs)
            seen = {job.subject: features[job.subject] for job in ours}
            await connection.execute(
                statement("write_features"), {"rows": Jsonb(list(seen.values()))}
            )
            results = [_result(job, by_job[job.id]) for job in ours]
            await connection.execute(
                statement("write_scores"),
                {"rows": Jsonb(results), "model": self._predictor.model},
            )
        return ours

    # --8<-- [end:score]

    async def label(self, jobs: Sequence[Job]) -> list[Job]:
        """Write how deliveries ended.

        Args:
            jobs: Jobs of the kind ``label``.

        Returns:
            The jobs whose labels were written; the others belong to another worker by now.

        Raises:
            DatabaseAwayError: Nothing was written, or nobody knows.
        """
        async with self._database.transaction() as connection:
            ours = await self._worklist.finish(connection, jobs)
            reports = [{"delivery_id": job.subject, **job.payload} for job in ours]
            await connection.execute(statement("write_labels"), {"rows": Jsonb(reports)})
        return ours

    async def _features(self, jobs: Sequence[Job]) -> dict[str | None, Row]:
        ids = [job.subject for job in jobs]
        async with self._database.connection() as connection:
            found = await connection.execute(features_sql().encode(), {"ids": ids})
            return {row["delivery_id"]: row for row in await found.fetchall()}


def _result(job: Job, score: Score) -> dict[str, Any]:
    return {"job_id": str(job.id), "delivery_id": job.subject, **vars(score)}
