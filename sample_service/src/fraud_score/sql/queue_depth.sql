-- What waits, per kind, and since when the oldest of it.
SELECT kind, count(*) AS waiting, extract(epoch FROM now() - min(enqueued_at))::float8 AS oldest
FROM jobs
WHERE status = 'queued'
GROUP BY kind
