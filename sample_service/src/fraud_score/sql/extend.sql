-- Keep the jobs in hand for another lease. Those that come back are still this worker's.
UPDATE jobs SET lease_until = now() + make_interval(secs => %(lease)s)
FROM unnest(%(ids)s::uuid[], %(attempts)s::int[]) AS mine (id, attempt)
WHERE jobs.id = mine.id AND jobs.attempts = mine.attempt
    AND jobs.worker = %(worker)s AND jobs.status = 'running'
RETURNING jobs.id
