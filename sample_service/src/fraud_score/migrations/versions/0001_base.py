"""Payments, jobs and scores: the service's first tables.

Tables hold live data; nothing is copied elsewhere. How often rows change:

- ``payments``: inserted once, never updated, never deleted by the service.
- ``jobs``: inserted once, updated two or three times within a second (queued, running, finished),
  deleted after ``FRAUD_SCORE_KEEP_DAYS``. The busiest table, therefore vacuumed early, and with
  few indexes: each of them is written at each change of a status.
- ``scores``: inserted once, deleted with its job.
"""

from __future__ import annotations

from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Apply."""
    op.execute(PAYMENTS)
    op.execute(JOBS)
    op.execute(INDEXES)
    op.execute(SCORES)


def downgrade() -> None:
    """Undo; all data is lost."""
    op.execute("DROP TABLE scores, jobs, payments")


PAYMENTS = """
CREATE TABLE payments (
    transaction_id text PRIMARY KEY,
    card_id text NOT NULL,
    amount_eur_cents bigint NOT NULL CHECK (amount_eur_cents > 0),
    occurred_at timestamptz NOT NULL,
    local_hour smallint NOT NULL CHECK (local_hour BETWEEN 0 AND 23),
    merchant_category text NOT NULL,
    card_country text NOT NULL,
    merchant_country text NOT NULL,
    device_age_days int CHECK (device_age_days >= 0),
    received_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE payments IS
    'Card payments as callers sent them. Inserted once, never changed.';
COMMENT ON COLUMN payments.card_id IS 'A token of the card, never its number.';
COMMENT ON COLUMN payments.local_hour IS
    'Hour at the place of purchase; timestamptz keeps the moment but not the offset.';
COMMENT ON INDEX payments_pkey IS
    'A payment is stored once; the worker reads the payments of its batch by it.';
"""

JOBS = """
CREATE TABLE jobs (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    kind text NOT NULL CHECK (kind IN ('score', 'label', 'retrain')),
    transaction_id text REFERENCES payments,
    payload jsonb NOT NULL DEFAULT '{}',
    idempotency_key text UNIQUE,
    status text NOT NULL DEFAULT 'queued'
        CHECK (status IN ('queued', 'running', 'succeeded', 'failed')),
    attempts int NOT NULL DEFAULT 0,
    run_after timestamptz NOT NULL DEFAULT now(),
    lease_until timestamptz,
    worker text,
    error text,
    traceparent text,
    enqueued_at timestamptz NOT NULL DEFAULT now(),
    started_at timestamptz,
    finished_at timestamptz,
    CONSTRAINT jobs_kind_has_its_payment CHECK ((transaction_id IS NULL) = (kind = 'retrain')),
    CONSTRAINT jobs_running_is_leased
        CHECK ((status = 'running') = (lease_until IS NOT NULL AND worker IS NOT NULL)),
    CONSTRAINT jobs_end_has_its_time
        CHECK ((status IN ('succeeded', 'failed')) = (finished_at IS NOT NULL))
) WITH (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_insert_scale_factor = 0.05);
COMMENT ON TABLE jobs IS
    'The queue. Updated two or three times per job, deleted after FRAUD_SCORE_KEEP_DAYS.';
COMMENT ON COLUMN jobs.attempts IS
    'How often a worker took the job. With worker it says whose result counts.';
COMMENT ON COLUMN jobs.run_after IS 'Not before; moved on by the pause after a failed attempt.';
COMMENT ON COLUMN jobs.lease_until IS 'The worker has died or hangs if it is still running then.';
COMMENT ON COLUMN jobs.error IS 'Why the last attempt failed; the reason of a dead letter.';
COMMENT ON COLUMN jobs.traceparent IS 'Trace of the request (W3C Trace Context).';
COMMENT ON INDEX jobs_pkey IS 'Callers fetch a job by its id; workers finish it by its id.';
COMMENT ON INDEX jobs_idempotency_key_key IS
    'The same key is the same job, also when two requests with it come at the same moment.';
"""

# No index on transaction_id, here or in scores: nobody asks for the jobs of a payment, and the
# foreign key needs one only where payments are deleted, which they are not.
# No index on kind or status alone: few values, each of them many rows.
INDEXES = """
CREATE INDEX jobs_queued ON jobs (run_after) WHERE status = 'queued';
COMMENT ON INDEX jobs_queued IS
    'Workers take the job that is due longest. Partial: as small as the queue, however many '
    'finished jobs there are; also counts what waits.';

CREATE INDEX jobs_running ON jobs (lease_until) WHERE status = 'running';
COMMENT ON INDEX jobs_running IS
    'Finds jobs of workers that died. As small as the number of jobs in work.';

CREATE INDEX jobs_finished ON jobs (finished_at) WHERE finished_at IS NOT NULL;
COMMENT ON INDEX jobs_finished IS
    'Deletes what is older than FRAUD_SCORE_KEEP_DAYS without reading the whole table.';

CREATE INDEX jobs_dead ON jobs (finished_at) WHERE status = 'failed';
COMMENT ON INDEX jobs_dead IS
    'Lists dead letters. Nearly always empty, so it costs nothing.';
"""

SCORES = """
CREATE TABLE scores (
    job_id uuid PRIMARY KEY REFERENCES jobs ON DELETE CASCADE,
    transaction_id text NOT NULL REFERENCES payments,
    probability float8 NOT NULL CHECK (probability BETWEEN 0 AND 1),
    band text NOT NULL CHECK (band IN ('low', 'review', 'high')),
    reasons jsonb NOT NULL,
    model_name text NOT NULL,
    model_version bigint NOT NULL,
    scored_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE scores IS 'Results. Inserted once, deleted with their job.';
COMMENT ON INDEX scores_pkey IS
    'A job has one score at most; the result of a job is read by it and deleted with it.';
"""
