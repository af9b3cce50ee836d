-- Is the payment of this transaction id the same as the one given?
SELECT (
    card_id, amount_eur_cents, occurred_at, local_hour, merchant_category,
    merchant_descriptor, card_country, merchant_country, device_age_days
) IS NOT DISTINCT FROM (
    %(card_id)s::text, %(amount_eur_cents)s::bigint, %(occurred_at)s::timestamptz,
    %(local_hour)s::smallint, %(merchant_category)s::text, %(merchant_descriptor)s::text,
    %(card_country)s::text, %(merchant_country)s::text, %(device_age_days)s::int
) AS same
FROM payments
WHERE transaction_id = %(transaction_id)s
