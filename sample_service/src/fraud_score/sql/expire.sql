-- Jobs whose worker fell silent: back into the queue, or given up. Any worker runs this for all; the
-- random pause parts a job that kills its workers from those that were taken along with it.
WITH silent AS (
    SELECT id FROM jobs
    WHERE status = 'running' AND lease_until < now()
    FOR UPDATE SKIP LOCKED
)
UPDATE jobs SET
    status = CASE WHEN attempts < %(max_attempts)s THEN 'queued' ELSE 'failed' END,
    finished_at = CASE WHEN attempts < %(max_attempts)s THEN NULL ELSE now() END,
    run_after = now() + make_interval(secs => (attempts - 1) * random()),
    error = 'the worker ' || worker || ' fell silent',
    worker = NULL,
    lease_until = NULL
FROM silent
WHERE jobs.id = silent.id
RETURNING jobs.*
