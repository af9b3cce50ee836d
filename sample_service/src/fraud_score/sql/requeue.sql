-- Give a dead letter a new life, with all its attempts.
WITH job AS (
    UPDATE jobs SET
        status = 'queued', attempts = 0, run_after = now(), finished_at = NULL, error = NULL
    WHERE id = %(id)s AND status = 'failed'
    RETURNING *
)
SELECT job.*, pg_notify('fraud_score_jobs', job.kind) FROM job
