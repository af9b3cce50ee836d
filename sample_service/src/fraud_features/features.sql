-- Features of the payments "ids", one row each; the same statement serves and trains.
--
-- A payment sees only what was known when it came in: payments of its card that happened before it
-- and had been received by then. So a row never changes, however late it is computed again.
-- Payments of the same microsecond are ordered by their id: of a burst, each sees those before it
-- (in the order of bytes, which is the same in every database).
--
-- Windows are in hours because a day of the session's time zone can have 23 or 25 of them.
-- The card's history is one range of the index (card_id, occurred_at), whatever the table's size.

-- --8<-- [start:compute]
SELECT
    payment.transaction_id,
    payment.merchant_descriptor,
    ln(payment.amount_eur_cents / 100.0::float8) AS log_amount,
    coalesce(ln(payment.amount_eur_cents / card.mean_amount), 0) AS amount_vs_card,
    (payment.card_country <> payment.merchant_country)::int::float8 AS foreign_merchant,
    (payment.local_hour < 6)::int::float8 AS night,
    (payment.merchant_category IN ('4829', '6051', '6211', '7995'))::int::float8 AS risky_category,
    ln(1 + card.payments_last_hour::float8) AS velocity,
    -- After a year nothing is left of the doubt, and exp() far below that is an error in Postgres.
    coalesce(exp(least(payment.device_age_days, 365) / -7.0::float8), 0) AS new_device,
    (payment.device_age_days IS NULL)::int::float8 AS unknown_device
FROM payments AS payment
CROSS JOIN LATERAL (
    SELECT
        avg(earlier.amount_eur_cents)::float8 AS mean_amount,
        count(*) FILTER (
            WHERE earlier.occurred_at >= payment.occurred_at - interval '1 hour'
        ) AS payments_last_hour
    FROM payments AS earlier
    WHERE earlier.card_id = payment.card_id
        AND earlier.occurred_at >= payment.occurred_at - interval '720 hours'
        AND (earlier.occurred_at, earlier.transaction_id COLLATE "C")
            < (payment.occurred_at, payment.transaction_id)
        AND earlier.received_at <= payment.received_at
) AS card
WHERE payment.transaction_id = ANY(%(ids)s::text[])
-- --8<-- [end:compute]
