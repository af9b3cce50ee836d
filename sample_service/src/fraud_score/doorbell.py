"""Wakes a worker when a job comes, so that it need not ask all the time."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Collection

import psycopg

from fraud_score.jobs import CHANNEL, Kind

PAUSE_SECONDS = 0.5
"""Time between two attempts to listen. Meanwhile the worker finds its jobs by asking."""


class Doorbell:
    """Rings when Postgres tells that a job came (``NOTIFY``).

    A message can be missed, and may be: whoever waits also asks from time to time.

    Args:
        url: Address of the database.
        kinds: Kinds of jobs to ring for.
    """

    def __init__(self, url: str, kinds: Collection[Kind]) -> None:
        self._url = url
        self._kinds = kinds
        self._rung = asyncio.Event()

    def ring(self) -> None:
        """Wake who waits."""
        self._rung.set()

    async def ring_when(self, event: asyncio.Event) -> None:
        """Wait for an event, then wake who waits."""
        await event.wait()
        self.ring()

    async def wait(self, seconds: float) -> None:
        """Wait until it rings, or that long. A ring since the last call counts."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._rung.wait(), seconds)
        self._rung.clear()

    async def listen(self) -> None:
        """Listen until cancelled, again and again when the database was away."""
        while True:
            with contextlib.suppress(psycopg.OperationalError):
                await self._listen()
            await asyncio.sleep(PAUSE_SECONDS)

    async def _listen(self) -> None:
        connection = await psycopg.AsyncConnection.connect(
            self._url, autocommit=True, connect_timeout=2, application_name="fraud-score doorbell"
        )
        async with connection:
            await connection.execute(f"LISTEN {CHANNEL}")
            self.ring()  # what came before is not told
            async for message in connection.notifies():
                if message.payload in self._kinds:
                    self.ring()
