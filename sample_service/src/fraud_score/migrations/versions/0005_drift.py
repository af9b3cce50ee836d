"""What the training data looked like, how far live data has moved from it, and retraining.

- ``reference_bins``: a few dozen rows per model version, inserted once.
- ``drift_reports``: a few rows at each run of the drift job, inserted once. No deletes: a year of
  hourly runs is less than a day of payments.

Locks: the unique index on ``jobs`` is built CONCURRENTLY, since the table is in use.
"""

from __future__ import annotations

from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Apply."""
    op.execute(TABLES)
    with op.get_context().autocommit_block():
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS jobs_one_open_retrain")
        op.execute(
            "CREATE UNIQUE INDEX CONCURRENTLY jobs_one_open_retrain ON jobs (kind) "
            "WHERE kind = 'retrain' AND status IN ('queued', 'running')"
        )
        op.execute(
            "COMMENT ON INDEX jobs_one_open_retrain IS "
            "'At most one retrain waits or runs, however many drift jobs ask for it.'"
        )


def downgrade() -> None:
    """Undo; the reports are lost."""
    with op.get_context().autocommit_block():
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS jobs_one_open_retrain")
    op.execute("DROP TABLE IF EXISTS drift_reports, reference_bins")


# IF NOT EXISTS: the index below cannot share a transaction with these, so a broken-off try may
# have made the tables already.
TABLES = """
CREATE TABLE IF NOT EXISTS reference_bins (
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

CREATE TABLE IF NOT EXISTS drift_reports (
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

CREATE INDEX IF NOT EXISTS drift_reports_time ON drift_reports (computed_at);
COMMENT ON INDEX drift_reports_time IS
    'Every scrape of /metrics asks for the newest run.';
"""
