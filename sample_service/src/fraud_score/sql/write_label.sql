-- The report with the latest time counts, in whatever order reports are worked off.
INSERT INTO labels (transaction_id, is_fraud, reported_at)
VALUES (%(transaction_id)s, %(is_fraud)s, %(reported_at)s)
ON CONFLICT (transaction_id) DO UPDATE SET
    is_fraud = excluded.is_fraud, reported_at = excluded.reported_at
WHERE labels.reported_at <= excluded.reported_at
