-- How many jobs wait, counted no further than the limit.
SELECT count(*) AS waiting FROM (
    SELECT FROM jobs WHERE status = 'queued' LIMIT %(limit)s
) AS queued
