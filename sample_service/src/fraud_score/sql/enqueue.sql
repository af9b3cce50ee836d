-- Add a job and wake a worker when the transaction commits. No row comes back when the job exists
-- already: its idempotency key is known, or a retrain is open.
WITH job AS (
    INSERT INTO jobs (kind, transaction_id, payload, idempotency_key, traceparent)
    VALUES (%(kind)s, %(subject)s, %(payload)s, %(key)s, %(traceparent)s)
    ON CONFLICT DO NOTHING
    RETURNING *
)
SELECT job.*, pg_notify('fraud_score_jobs', job.kind) FROM job
