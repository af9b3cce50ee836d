"""${message}.

Say here what changes, which index it needs or why it needs none, and how long it locks what.
"""

from __future__ import annotations

from alembic import op

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}


def upgrade() -> None:
    """Apply."""
    op.execute("")


def downgrade() -> None:
    """Undo."""
    op.execute("")
