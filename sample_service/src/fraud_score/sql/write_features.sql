-- What the model saw of a payment; scored again, the newer row replaces the older one.
INSERT INTO payment_features (
    transaction_id, log_amount, amount_vs_card, foreign_merchant, night, risky_category, velocity,
    new_device, unknown_device
) VALUES (
    %(transaction_id)s, %(log_amount)s, %(amount_vs_card)s, %(foreign_merchant)s, %(night)s,
    %(risky_category)s, %(velocity)s, %(new_device)s, %(unknown_device)s
)
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
