"""Lend a Postgres to a program that started this one: ``python -m fraud_score.local.lend``.

Prints the address of an empty server, and takes it away again, data and all, once its own input
ends: so the borrower needs no clean-up, however it ends.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from fraud_score.local.postgres import Postgres, PostgresError


def main() -> int:
    """Run the server until standard input ends."""
    with tempfile.TemporaryDirectory(prefix="postgres-") as folder:
        try:
            with Postgres(Path(folder) / "server") as postgres:
                print(postgres.url, flush=True)
                sys.stdin.read()
        except PostgresError as exc:
            print(exc, file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
