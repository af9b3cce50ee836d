"""The way to Postgres: connections, statements from files, and what it means when it is away."""

from __future__ import annotations

import functools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import resources
from types import TracebackType
from typing import Any, Self

import psycopg
from psycopg.rows import dict_row
from psycopg_pool import AsyncConnectionPool, PoolTimeout

Row = dict[str, Any]
Connection = psycopg.AsyncConnection[Row]

WAIT_SECONDS = 2.0
"""Longest wait for a free connection. After it the database counts as away."""

STATEMENT_SECONDS = 10
"""Postgres ends a statement that takes longer; none of ours should take a tenth of a second."""


_AWAY = (
    psycopg.OperationalError,
    psycopg.InterfaceError,
    psycopg.errors.ReadOnlySqlTransaction,  # a standby that has not taken over yet
)

# A process that is stopped inside a transaction would hold the rows of its jobs, and nobody could
# take them over: Postgres ends the transaction instead.
_TIMEOUTS = (
    f"-c statement_timeout={STATEMENT_SECONDS}s "
    f"-c idle_in_transaction_session_timeout={STATEMENT_SECONDS}s"
)


class DatabaseAwayError(RuntimeError):
    """Postgres does not answer, or broke off. Whether a commit went through is not known."""


@functools.cache
def statement(name: str) -> bytes:
    """Return the text of ``sql/<name>.sql``; as bytes, since no value is ever put into it."""
    return (resources.files("fraud_score") / "sql" / f"{name}.sql").read_bytes()


class Database:
    """A pool of connections that fills again by itself after Postgres was away.

    Use it as an asynchronous context manager.

    Args:
        url: Address of the database, ``postgresql://…``.
        connections: Most connections at a time.
        name: What Postgres shows in ``pg_stat_activity``.
    """

    def __init__(self, url: str, connections: int = 10, name: str = "fraud-score") -> None:
        self._pool: AsyncConnectionPool[Connection] = AsyncConnectionPool(
            url,
            min_size=1,
            max_size=connections,
            open=False,
            timeout=WAIT_SECONDS,
            # The pause between attempts doubles; giving up soon, and trying anew at the next
            # request, keeps it short however long Postgres was away.
            reconnect_timeout=WAIT_SECONDS,
            check=AsyncConnectionPool.check_connection,
            kwargs={
                "row_factory": dict_row,
                "autocommit": True,
                "application_name": name,
                "connect_timeout": 2,
                "options": _TIMEOUTS,
            },
        )

    async def __aenter__(self) -> Self:
        """Open the pool. Postgres need not be there yet."""
        await self._pool.open()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close all connections."""
        await self._pool.close()

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """Lend a connection; each statement commits by itself.

        Raises:
            DatabaseAwayError: Postgres does not answer, or broke off while the block ran.
        """
        try:
            async with self._pool.connection() as connection:
                yield connection
        except (psycopg.errors.UndefinedTable, psycopg.errors.UndefinedColumn) as exc:
            raise DatabaseAwayError(
                "the database is not migrated: run fraud-score migrate"
            ) from exc
        except (*_AWAY, PoolTimeout) as exc:
            raise DatabaseAwayError("the database does not answer") from exc

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """Lend a connection; what the block writes is committed at its end, or not at all.

        Raises:
            DatabaseAwayError: See :meth:`connection`.
        """
        async with self.connection() as connection, connection.transaction():
            yield connection
