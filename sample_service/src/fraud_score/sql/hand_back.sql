-- Put jobs back as if they had not been taken: nothing was tried, so it is no attempt.
WITH back AS (
    UPDATE jobs SET
        status = 'queued',
        attempts = attempts - 1,
        run_after = now() + make_interval(secs => %(pause)s),
        worker = NULL,
        lease_until = NULL
    FROM unnest(%(ids)s::uuid[], %(attempts)s::int[]) AS mine (id, attempt)
    WHERE jobs.id = mine.id AND jobs.attempts = mine.attempt
        AND jobs.worker = %(worker)s AND jobs.status = 'running'
    RETURNING jobs.kind
)
SELECT pg_notify('fraud_score_jobs', kind) FROM back GROUP BY kind
