"""All tables of the first release.

Tables hold live data; nothing is copied elsewhere. How often rows change:

- ``deliveries``: inserted once, never updated, never deleted by the service.
- ``jobs``: inserted once, updated two or three times within a second (queued, running, finished),
  deleted after ``NEW_SERVICE_KEEP_DAYS``. The busiest table, therefore vacuumed early, and with
  few indexes: each of them is written at each change of a status.
- ``scores``: inserted once, deleted with its job.
- ``delivery_features``: written with the score, overwritten when a delivery is scored again.
- ``labels``: a later report replaces an earlier one; never deleted.
- ``reference_bins``, ``drift_reports``: a few dozen rows per model version and per run of the drift
  job, inserted once.
"""

from __future__ import annotations

from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Apply."""
    for statement in (DELIVERIES, JOBS, INDEXES, SCORES, FEATURES, LABELS, DRIFT):
        op.execute(statement)


def downgrade() -> None:
    """Undo; all data is lost."""
    op.execute(
        "DROP TABLE drift_reports, reference_bins, labels, delivery_features, scores, jobs, "
        "deliveries"
    )


DELIVERIES = """
CREATE TABLE deliveries (
    delivery_id text PRIMARY KEY,
    courier_id text NOT NULL,
    distance_km float8 NOT NULL CHECK (distance_km >= 0),
    parcels int NOT NULL CHECK (parcels > 0),
    planned_at timestamptz NOT NULL,
    local_hour smallint NOT NULL CHECK (local_hour BETWEEN 0 AND 23),
    received_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE deliveries IS
    'Deliveries as callers sent them. Inserted once, never changed.';
COMMENT ON COLUMN deliveries.courier_id IS 'A token of the courier, never a name.';
COMMENT ON COLUMN deliveries.local_hour IS
    'Hour at the place of delivery; timestamptz keeps the moment but not the offset.';
COMMENT ON INDEX deliveries_pkey IS
    'A delivery is stored once; the worker reads the deliveries of its batch by it.';

CREATE INDEX deliveries_courier_load ON deliveries (courier_id, planned_at);
COMMENT ON INDEX deliveries_courier_load IS
    'The features look back at two hours of one courier.';
"""

JOBS = """
CREATE TABLE jobs (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    kind text NOT NULL CHECK (kind IN ('score', 'label', 'retrain')),
    delivery_id text REFERENCES deliveries,
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
    CONSTRAINT jobs_kind_has_its_delivery CHECK ((delivery_id IS NULL) = (kind = 'retrain')),
    CONSTRAINT jobs_running_is_leased
        CHECK ((status = 'running') = (lease_until IS NOT NULL AND worker IS NOT NULL)),
    CONSTRAINT jobs_end_has_its_time
        CHECK ((status IN ('succeeded', 'failed')) = (finished_at IS NOT NULL))
) WITH (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_insert_scale_factor = 0.05);
COMMENT ON TABLE jobs IS
    'The queue. Updated two or three times per job, deleted after NEW_SERVICE_KEEP_DAYS.';
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

# No index on delivery_id, here or in scores: nobody asks for the jobs of a delivery, and the
# foreign key needs one only where deliveries are deleted, which they are not.
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
    'Deletes what is older than NEW_SERVICE_KEEP_DAYS without reading the whole table.';

CREATE INDEX jobs_dead ON jobs (finished_at) WHERE status = 'failed';
COMMENT ON INDEX jobs_dead IS
    'Lists dead letters. Nearly always empty, so it costs nothing.';

CREATE UNIQUE INDEX jobs_one_open_retrain ON jobs (kind)
    WHERE kind = 'retrain' AND status IN ('queued', 'running');
COMMENT ON INDEX jobs_one_open_retrain IS
    'At most one retrain waits or runs, however many drift jobs ask for it.';
"""

SCORES = """
CREATE TABLE scores (
    job_id uuid PRIMARY KEY REFERENCES jobs ON DELETE CASCADE,
    delivery_id text NOT NULL REFERENCES deliveries,
    probability float8 NOT NULL CHECK (probability BETWEEN 0 AND 1),
    band text NOT NULL CHECK (band IN ('on_time', 'at_risk', 'late')),
    reasons jsonb NOT NULL,
    model_name text NOT NULL,
    model_version bigint NOT NULL,
    scored_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE scores IS 'Results. Inserted once, deleted with their job.';
COMMENT ON INDEX scores_pkey IS
    'A job has one score at most; the result of a job is read by it and deleted with it.';
"""

# The features of a model are a list that grows; as one column of JSON they need no revision each.
FEATURES = """
CREATE TABLE delivery_features (
    delivery_id text PRIMARY KEY REFERENCES deliveries,
    numbers jsonb NOT NULL,
    computed_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE delivery_features IS
    'What the model saw. One row per delivery, overwritten when it is scored again.';
COMMENT ON COLUMN delivery_features.numbers IS
    'Each feature by its name, so that drift is measured on what the model really saw.';
COMMENT ON INDEX delivery_features_pkey IS
    'A delivery has one row of features; scoring it again replaces the row.';

CREATE INDEX delivery_features_time ON delivery_features USING brin (computed_at);
COMMENT ON INDEX delivery_features_time IS
    'The drift job reads a window of time. Rows come in the order of time, so a BRIN of a few '
    'pages is enough where a B-tree would grow with every delivery.';
"""

# No index on reported_at or late: training reads the table as a whole.
LABELS = """
CREATE TABLE labels (
    delivery_id text PRIMARY KEY REFERENCES deliveries,
    late boolean NOT NULL,
    reported_at timestamptz NOT NULL
);
COMMENT ON TABLE labels IS 'How deliveries ended. A later report replaces an earlier one.';
COMMENT ON INDEX labels_pkey IS 'A delivery has one label, the newest; training joins by it.';
"""

DRIFT = """
CREATE TABLE reference_bins (
    model_version bigint NOT NULL,
    feature text NOT NULL,
    bin int NOT NULL,
    upper float8,
    share float8 NOT NULL CHECK (share BETWEEN 0 AND 1),
    PRIMARY KEY (model_version, feature, bin)
);
COMMENT ON TABLE reference_bins IS
    'Share of the training data in each bin of each feature, per model version.';
COMMENT ON COLUMN reference_bins.upper IS 'Upper bound of the bin; null for the last one.';
COMMENT ON INDEX reference_bins_pkey IS
    'The drift job reads all bins of one model version; a version is loaded once.';

CREATE TABLE drift_reports (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    model_version bigint NOT NULL,
    feature text NOT NULL,
    psi float8 NOT NULL,
    live_count bigint NOT NULL,
    window_start timestamptz NOT NULL,
    window_end timestamptz NOT NULL,
    computed_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE drift_reports IS
    'Population stability index of each feature at each run of the drift job.';
COMMENT ON INDEX drift_reports_pkey IS 'Each report can be named.';

CREATE INDEX drift_reports_time ON drift_reports (computed_at);
COMMENT ON INDEX drift_reports_time IS
    'Every scrape of /metrics asks for the newest run.';
"""
