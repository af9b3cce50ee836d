-- An attempt failed: try again after a pause four times as long each time, or give up. The pause is random
-- by half, so that jobs which failed together do not come back together.
UPDATE jobs SET
    status = CASE WHEN attempts < %(max_attempts)s THEN 'queued' ELSE 'failed' END,
    finished_at = CASE WHEN attempts < %(max_attempts)s THEN NULL ELSE now() END,
    run_after = now() + make_interval(
        secs => least(60, power(4, attempts - 1)) * (0.5 + random() / 2)
    ),
    error = %(error)s,
    worker = NULL,
    lease_until = NULL
FROM unnest(%(ids)s::uuid[], %(attempts)s::int[]) AS mine (id, attempt)
WHERE jobs.id = mine.id AND jobs.attempts = mine.attempt
    AND jobs.worker = %(worker)s AND jobs.status = 'running'
RETURNING jobs.*
