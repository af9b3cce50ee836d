"""Liveness and readiness, the same for the API and the worker."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from importlib import resources

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from fraud_score.db import Database, DatabaseAwayError
from fraud_score.problems import unavailable


# --8<-- [start:health]
@dataclass(frozen=True)
class Probes:
    """What Kubernetes asks. The two questions are different, and so are their answers.

    Attributes:
        not_alive: Says what a restart would mend, "" if nothing. It asks nobody outside the
            process: a database that is away does not come back by restarting its clients.
        not_ready: Says why work should not come here now, "" if it should. It asks whoever the
            process needs.
    """

    not_alive: Callable[[], str]
    not_ready: Callable[[], Awaitable[str]]

    async def live(self, _: Request) -> Response:
        """Answer ``/health/live``. That an answer comes at all shows that the loop turns."""
        if reason := self.not_alive():
            raise unavailable("Not alive", reason)
        return JSONResponse({"status": "alive"})

    async def ready(self, _: Request) -> Response:
        """Answer ``/health/ready``."""
        if reason := await self.not_ready():
            raise unavailable("Not ready", reason)
        return JSONResponse({"status": "ready"})


# --8<-- [end:health]


# --8<-- [start:database]
async def database_not_ready(database: Database) -> str:
    """Say what is wrong with the database, "" if it answers and has the tables we need."""
    try:
        async with database.connection() as connection:
            result = await connection.execute("SELECT version_num FROM alembic_version")
            row = await result.fetchone()
    except DatabaseAwayError as exc:
        return str(exc)
    # A newer one is fine: migrations run before the release that needs them.
    if not row or row["version_num"] < needed_revision():
        return f"the database is not at revision {needed_revision()}: run fraud-score migrate"
    return ""


# --8<-- [end:database]


def needed_revision() -> str:
    """Return the newest revision this version of the code knows, by the names of its files."""
    files = (resources.files("fraud_score") / "migrations" / "versions").iterdir()
    return max(file.name for file in files if file.name[0].isdigit()).partition("_")[0]
