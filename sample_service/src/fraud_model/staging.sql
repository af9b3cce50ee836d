-- The files of the data set as tables of one session, named and typed as in the service: so the
-- statements that serve run on them unchanged, and nobody else's tables are touched.
CREATE TEMPORARY TABLE staged_payments (
    transaction_id text PRIMARY KEY,
    card_id text NOT NULL,
    amount_eur_cents bigint NOT NULL,
    occurred_at text NOT NULL, -- the local hour is in the text only
    merchant_category text NOT NULL,
    merchant_descriptor text NOT NULL,
    card_country text NOT NULL,
    merchant_country text NOT NULL,
    device_age_days int
);

CREATE TEMPORARY TABLE labels (
    transaction_id text PRIMARY KEY,
    is_fraud boolean NOT NULL,
    reported_at timestamptz NOT NULL
);
