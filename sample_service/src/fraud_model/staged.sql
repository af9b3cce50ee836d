CREATE TEMPORARY TABLE payments AS
SELECT
    transaction_id,
    card_id,
    amount_eur_cents,
    occurred_at::timestamptz AS occurred_at,
    substring(occurred_at FROM 12 FOR 2)::smallint AS local_hour,
    merchant_category,
    merchant_descriptor,
    card_country,
    merchant_country,
    device_age_days,
    occurred_at::timestamptz AS received_at
FROM staged_payments;

-- A card's payments before a moment are one range of this index; without it, a scan each.
CREATE INDEX ON payments (card_id, occurred_at);
CREATE UNIQUE INDEX ON payments (transaction_id);
ANALYZE payments;
ANALYZE labels;
