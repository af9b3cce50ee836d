-- Payments to learn from, with label and features, as they stood at the moment "as_of".
--
-- A chargeback comes weeks after the payment. Only payments older than the label delay are taken;
-- one that nobody has complained about by then counts as genuine. Labels reported after it
-- are not seen, so that the same moment gives the same rows, today and in a year.

-- --8<-- [start:training]
WITH labelled AS (
    SELECT
        payment.transaction_id,
        payment.occurred_at,
        coalesce(label.is_fraud, false) AS is_fraud
    FROM payments AS payment
    LEFT JOIN labels AS label
        ON label.transaction_id = payment.transaction_id
        AND label.reported_at <= %(as_of)s::timestamptz
    WHERE payment.occurred_at
        >= %(as_of)s::timestamptz - make_interval(hours => 24 * %(history_days)s::int)
        AND payment.occurred_at
        < %(as_of)s::timestamptz - make_interval(hours => 24 * %(label_delay_days)s::int)
),

features AS (
    -- include: features.sql
)

SELECT
    labelled.occurred_at,
    labelled.is_fraud,
    features.*
FROM labelled
INNER JOIN features USING (transaction_id)
ORDER BY labelled.occurred_at, labelled.transaction_id COLLATE "C"
-- --8<-- [end:training]
