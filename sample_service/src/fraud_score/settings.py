"""Settings, read once from the environment at the start."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from fraud_score.model import RELEASED


class SettingError(ValueError):
    """An environment variable has a value it cannot have."""


@dataclass(frozen=True)
class Settings:
    """What the server needs to know.

    Attributes:
        host: Address to listen on (``FRAUD_SCORE_HOST``).
        port: Port to listen on, 0 for any free one (``FRAUD_SCORE_PORT``).
        workers: Worker threads (``FRAUD_SCORE_WORKERS``).
        queue_limit: Most jobs waiting at a time (``FRAUD_SCORE_QUEUE_LIMIT``).
        token: Bearer token for ``/v1``; "" asks for none (``FRAUD_SCORE_TOKEN``).
        model: The model's file (``FRAUD_SCORE_MODEL``).
    """

    host: str = "127.0.0.1"
    port: int = 8080
    workers: int = 1
    queue_limit: int = 1_000
    token: str = ""
    model: Path = RELEASED

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Settings:
        """Read the settings.

        Raises:
            SettingError: A value is no whole number, or out of range.
        """
        return cls(
            host=environment.get("FRAUD_SCORE_HOST", cls.host),
            port=_whole(environment, "FRAUD_SCORE_PORT", cls.port, 0, 65_535),
            workers=_whole(environment, "FRAUD_SCORE_WORKERS", cls.workers, 1, 64),
            queue_limit=_whole(
                environment, "FRAUD_SCORE_QUEUE_LIMIT", cls.queue_limit, 1, 1_000_000
            ),
            token=environment.get("FRAUD_SCORE_TOKEN", cls.token),
            model=Path(environment.get("FRAUD_SCORE_MODEL", cls.model)),
        )


def _whole(environment: Mapping[str, str], name: str, default: int, low: int, high: int) -> int:
    text = environment.get(name, str(default))
    if not text.isascii() or not text.isdigit() or not low <= int(text) <= high:
        raise SettingError(f"{name}={text!r}: must be a whole number from {low} to {high}")
    return int(text)
