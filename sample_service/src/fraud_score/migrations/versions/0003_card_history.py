"""Payments can be found by card and time, for the features that look back at a card.

Index: ``payments (card_id, occurred_at)``. ``features.sql`` reads the payments of one card in the
30 days before a payment; without the index each scored payment reads the whole table. Both
columns are needed, in this order: equal card, then a range of time. Nothing is included beside
them: a card has a few dozen payments in 30 days, so fetching those rows is cheap.

Locks: none. The table is in use by now, so the index is built CONCURRENTLY, which cannot run inside
a transaction. A build that breaks off leaves an invalid index; the next try removes it first.
"""

from __future__ import annotations

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Apply."""
    with op.get_context().autocommit_block():
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS payments_card_history")
        op.execute(
            "CREATE INDEX CONCURRENTLY payments_card_history ON payments (card_id, occurred_at)"
        )
        op.execute(
            "COMMENT ON INDEX payments_card_history IS "
            "'The features look back at 30 days of one card.'"
        )


def downgrade() -> None:
    """Undo."""
    with op.get_context().autocommit_block():
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS payments_card_history")
