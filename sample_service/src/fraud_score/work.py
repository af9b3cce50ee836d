"""What is done with a batch of jobs: from payments to scores, from reports to labels.

Each method writes its results in the transaction that ends the jobs. So a result is there if and
only if its job has succeeded, whenever the worker dies.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import Any

from psycopg.types.json import Jsonb

from fraud_features import FEATURES, features_sql
from fraud_features.descriptor import vectors
from fraud_score.db import Connection, Database, Row, statement
from fraud_score.jobs import Job, Worklist
from fraud_score.payments import Label
from fraud_score.predictor import Inputs, Predictor, Score


class Work:
    """Does the jobs of a worker.

    Args:
        database: Where payments are and scores go.
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
            RefusedError: The same; one of the payments may be at fault.
        """
        features = await self._features(jobs)
        rows = [features[job.transaction_id] for job in jobs]
        texts = vectors([row["merchant_descriptor"] for row in rows])
        inputs = [
            Inputs([row[name] for name in FEATURES], text)
            for row, text in zip(rows, texts, strict=True)
        ]
        scores = await self._predictor.predict(inputs)
        by_job = {job.id: score for job, score in zip(jobs, scores, strict=True)}
        async with self._database.transaction() as connection:
            ours = await self._worklist.finish(connection, jobs)
            await _write(connection, "write_features", _once(ours, features))
            await _write(
                connection, "write_score", [self._row(job, by_job[job.id]) for job in ours]
            )
        return ours

    # --8<-- [end:score]

    async def label(self, jobs: Sequence[Job]) -> list[Job]:
        """Write what payments turned out to be.

        Args:
            jobs: Jobs of the kind ``label``.

        Returns:
            The jobs whose labels were written; the others belong to another worker by now.

        Raises:
            DatabaseAwayError: Nothing was written, or nobody knows.
        """
        async with self._database.transaction() as connection:
            ours = await self._worklist.finish(connection, jobs)
            found = [{"transaction_id": job.transaction_id, **job.payload} for job in ours]
            labels = [vars(Label.from_document(document)) for document in found]
            labels.sort(key=itemgetter("transaction_id", "reported_at"))
            await _write(connection, "write_label", labels)
        return ours

    async def _features(self, jobs: Sequence[Job]) -> dict[str | None, Row]:
        ids = [job.transaction_id for job in jobs]
        async with self._database.connection() as connection:
            found = await connection.execute(features_sql().encode(), {"ids": ids})
            return {row["transaction_id"]: row for row in await found.fetchall()}

    def _row(self, job: Job, score: Score) -> dict[str, Any]:
        return {
            "job_id": job.id,
            "transaction_id": job.transaction_id,
            "probability": score.probability,
            "band": score.band,
            "reasons": Jsonb(score.reasons),
            "model_name": self._predictor.model,
            "model_version": score.version,
        }


def _once(jobs: Sequence[Job], features: Mapping[str | None, Row]) -> list[Row]:
    """Return the features of each payment once, in an order that is the same for all workers.

    Two of them may write the same payments, for two jobs each; in the same order none waits for the
    other while the other waits for it.
    """
    ids = {job.transaction_id for job in jobs}
    rows = [row for name, row in features.items() if name in ids]
    return sorted(rows, key=itemgetter("transaction_id"))


async def _write(connection: Connection, name: str, rows: Sequence[Mapping[str, Any]]) -> None:
    await connection.cursor().executemany(statement(name), rows)
