-- How deliveries ended. The report with the latest time counts, in whatever order
-- reports are worked off.
INSERT INTO labels (delivery_id, late, reported_at)
SELECT DISTINCT ON (delivery_id) delivery_id, late, reported_at
FROM jsonb_to_recordset(%(rows)s) AS report (
    delivery_id text, late boolean, reported_at timestamptz
)
ORDER BY delivery_id, reported_at DESC
ON CONFLICT (delivery_id) DO UPDATE SET
    late = excluded.late, reported_at = excluded.reported_at
WHERE labels.reported_at <= excluded.reported_at
