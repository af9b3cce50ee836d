-- Mark jobs done. The fence is (worker, attempts): a job that another worker has taken since is left
-- alone and does not come back, and its result must not be written.
UPDATE jobs SET
    status = 'succeeded', finished_at = now(), error = NULL, worker = NULL, lease_until = NULL
FROM unnest(%(ids)s::uuid[], %(attempts)s::int[]) AS mine (id, attempt)
WHERE jobs.id = mine.id AND jobs.attempts = mine.attempt
    AND jobs.worker = %(worker)s AND jobs.status = 'running'
RETURNING jobs.*
