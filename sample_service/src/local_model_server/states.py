"""The states a version of a model goes through (apis/get_model_status.proto)."""

from __future__ import annotations

import dataclasses
import enum

from .errors import StatusError


class State(enum.IntEnum):
    """`ModelVersionStatus.State`."""

    START = 10
    LOADING = 20
    AVAILABLE = 30
    UNLOADING = 40
    END = 50


@dataclasses.dataclass(frozen=True)
class Status:
    """What became of one version.

    Attributes:
        state: where it stands.
        error: why it ended, if not as wished.
        sequence: place of this change among all changes of the server.
    """

    state: State
    error: StatusError | None
    sequence: int
