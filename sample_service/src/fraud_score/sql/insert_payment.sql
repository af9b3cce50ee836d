-- Store a payment once. No row comes back when the transaction id is known already.
INSERT INTO payments (
    transaction_id, card_id, amount_eur_cents, occurred_at, local_hour, merchant_category,
    merchant_descriptor, card_country, merchant_country, device_age_days
) VALUES (
    %(transaction_id)s, %(card_id)s, %(amount_eur_cents)s, %(occurred_at)s, %(local_hour)s,
    %(merchant_category)s, %(merchant_descriptor)s, %(card_country)s, %(merchant_country)s,
    %(device_age_days)s
)
ON CONFLICT (transaction_id) DO NOTHING
RETURNING transaction_id
