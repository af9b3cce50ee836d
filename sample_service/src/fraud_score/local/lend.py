"""Lend a Postgres to a program that started this one: ``python -m fraud_score.local.lend``.

Prints the address of an empty server, and takes it away again, data and all, once its own input
ends: so the borrower needs no clean-up, however it ends.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from fraud_score.local.guard import Guard
from fraud_score.local.postgres import Postgres, PostgresError


def main() -> int:
    """Run the server until standard input ends."""
    folder = Path(tempfile.mkdtemp(prefix="postgres-"))
    try:
        with Guard() as guard:
            guard.remove_at_the_end(folder)
            postgres = Postgres(folder / "server", guard)
            postgres.open()
            print(postgres.url, flush=True)
            sys.stdin.read()
    except PostgresError as exc:
        print(exc, file=sys.stderr)
        return 1
    except KeyboardInterrupt:  # the borrower's Ctrl-C, and its own story to tell
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
