"""Payments get the text on the card statement, an input of the second model.

Column: ``payments.merchant_descriptor``, "" where the caller sent none.

Does it need an index? No. It is only read together with its payment, which is found by
``transaction_id``; no query filters, joins or sorts by it. An index on free text would be the
largest of the table and slow down every insert.

Locks: a constant default is kept in the catalogue, so no row is written; the table is locked for
an instant, whatever its size.
"""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Apply."""
    op.execute("ALTER TABLE payments ADD COLUMN merchant_descriptor text NOT NULL DEFAULT ''")
    op.execute(
        "COMMENT ON COLUMN payments.merchant_descriptor IS "
        "'Text on the card statement, as sent; free text, so it may hold a name.'"
    )


def downgrade() -> None:
    """Undo; the texts are lost."""
    op.execute("ALTER TABLE payments DROP COLUMN merchant_descriptor")
