-- Take the jobs that are due longest. SKIP LOCKED: workers never wait for each other.
WITH due AS (
    SELECT id FROM jobs
    WHERE status = 'queued' AND kind = ANY(%(kinds)s) AND run_after <= now()
    ORDER BY run_after
    LIMIT %(limit)s
    FOR UPDATE SKIP LOCKED
)
UPDATE jobs SET
    status = 'running',
    attempts = attempts + 1,
    worker = %(worker)s,
    lease_until = now() + make_interval(secs => %(lease)s),
    started_at = now()
FROM due
WHERE jobs.id = due.id
RETURNING jobs.*
