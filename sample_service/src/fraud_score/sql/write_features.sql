-- What the model saw of payments; scored again, the newer row replaces the older one. In the order of
-- their ids: two workers that write the same payments never wait for each other in a circle.
INSERT INTO payment_features (
    transaction_id, log_amount, amount_vs_card, foreign_merchant, night, risky_category, velocity,
    new_device, unknown_device
)
SELECT
    transaction_id, log_amount, amount_vs_card, foreign_merchant, night, risky_category, velocity,
    new_device, unknown_device
FROM jsonb_to_recordset(%(rows)s) AS features (
    transaction_id text, log_amount float8, amount_vs_card float8, foreign_merchant float8,
    night float8, risky_category float8, velocity float8, new_device float8, unknown_device float8
)
ORDER BY transaction_id
ON CONFLICT (transaction_id) DO UPDATE SET
    log_amount = excluded.log_amount,
    amount_vs_card = excluded.amount_vs_card,
    foreign_merchant = excluded.foreign_merchant,
    night = excluded.night,
    risky_category = excluded.risky_category,
    velocity = excluded.velocity,
    new_device = excluded.new_device,
    unknown_device = excluded.unknown_device,
    computed_at = excluded.computed_at
