-- Dead letters, the newest first.
SELECT * FROM jobs WHERE status = 'failed' ORDER BY finished_at DESC LIMIT %(limit)s
