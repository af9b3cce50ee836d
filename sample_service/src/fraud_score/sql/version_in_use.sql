-- The newest version that gave a score in the window. Scores have no index on time, jobs do.
SELECT max(scores.model_version) AS model_version
FROM jobs
INNER JOIN scores ON scores.job_id = jobs.id
WHERE jobs.finished_at >= %(window_start)s AND jobs.finished_at < %(window_end)s
