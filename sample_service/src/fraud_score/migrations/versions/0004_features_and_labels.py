"""What the model saw of each payment, and what the payment turned out to be.

- ``payment_features``: written with the score, so that drift is measured on what the model really
  saw. Overwritten when a payment is scored again, never deleted.
- ``labels``: a later report replaces an earlier one (a chargeback that is cleared). Seldom updated,
  never deleted.

No index on ``labels.reported_at`` or ``is_fraud``: training reads the table as a whole.
"""

from __future__ import annotations

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Apply."""
    op.execute(FEATURES)
    op.execute(LABELS)


def downgrade() -> None:
    """Undo; features can be computed again, labels are lost."""
    op.execute("DROP TABLE labels, payment_features")


FEATURES = """
CREATE TABLE payment_features (
    transaction_id text PRIMARY KEY REFERENCES payments,
    log_amount float8 NOT NULL,
    amount_vs_card float8 NOT NULL,
    foreign_merchant float8 NOT NULL,
    night float8 NOT NULL,
    risky_category float8 NOT NULL,
    velocity float8 NOT NULL,
    new_device float8 NOT NULL,
    unknown_device float8 NOT NULL,
    computed_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE payment_features IS
    'Numbers the model saw. One row per payment, overwritten when it is scored again.';
COMMENT ON INDEX payment_features_pkey IS
    'A payment has one row of features; scoring it again replaces the row.';

CREATE INDEX payment_features_time ON payment_features USING brin (computed_at);
COMMENT ON INDEX payment_features_time IS
    'The drift job reads a window of time. Rows come in the order of time, so a BRIN of a few '
    'pages is enough where a B-tree would grow with every payment.';
"""

LABELS = """
CREATE TABLE labels (
    transaction_id text PRIMARY KEY REFERENCES payments,
    is_fraud boolean NOT NULL,
    reported_at timestamptz NOT NULL
);
COMMENT ON TABLE labels IS
    'What a payment turned out to be. A later report replaces an earlier one.';
COMMENT ON INDEX labels_pkey IS 'A payment has one label, the newest; training joins by it.';
"""
