"""What can go wrong on the model's side, and the exit code that says so.

- :class:`ModelError` (1)
    - :class:`ConfigError` (2): a value of the configuration is out of its limits
    - :class:`DataError` (1): data are missing, damaged, or too few
    - :class:`GateError` (3): the candidate is not good enough to be exported
    - :class:`ExportError` (1): a version could not be written
"""

from __future__ import annotations


class ModelError(RuntimeError):
    """Base of all errors whose message is for the person who runs the command."""

    exit_code = 1


class ConfigError(ModelError):
    """Values of the configuration are out of their limits; the message names them."""

    exit_code = 2


class DataError(ModelError):
    """Data are missing, damaged, or too few; the message says how to make them."""


class GateError(ModelError):
    """The candidate is worse than it may be; nothing was exported."""

    exit_code = 3


class ExportError(ModelError):
    """A version could not be written, or answers otherwise than the model in memory."""
