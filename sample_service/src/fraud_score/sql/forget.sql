-- Delete finished jobs and, with them, their scores; a thousand at a time, so that no lock and no
-- transaction lasts. What was scored, features and labels stay: training
-- needs them.
DELETE FROM jobs WHERE id IN (
    SELECT id FROM jobs
    WHERE finished_at < now() - make_interval(days => %(days)s)
    LIMIT 1000
    FOR UPDATE SKIP LOCKED
)
