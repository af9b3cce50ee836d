-- When the last training ended, well or badly.
SELECT max(finished_at) AS finished_at FROM jobs WHERE kind = 'retrain' AND finished_at IS NOT NULL
