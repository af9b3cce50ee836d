-- What payments turned out to be. The report with the latest time counts, in whatever order reports
-- are worked off.
INSERT INTO labels (transaction_id, is_fraud, reported_at)
SELECT DISTINCT ON (transaction_id) transaction_id, is_fraud, reported_at
FROM jsonb_to_recordset(%(rows)s) AS report (
    transaction_id text, is_fraud boolean, reported_at timestamptz
)
ORDER BY transaction_id, reported_at DESC
ON CONFLICT (transaction_id) DO UPDATE SET
    is_fraud = excluded.is_fraud, reported_at = excluded.reported_at
WHERE labels.reported_at <= excluded.reported_at
