-- A job and, if it has one, its score.
SELECT
    jobs.*,
    scores.probability, scores.band, scores.reasons, scores.model_name, scores.model_version
FROM jobs
LEFT JOIN scores ON scores.job_id = jobs.id
WHERE jobs.id = %(id)s
