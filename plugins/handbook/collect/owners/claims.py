"""What one owners file says, before the files are put together."""

from __future__ import annotations

from msgspec import Struct

from handbook.collect.owners.names import Named
from handbook.model.facts import Problem
from handbook.model.people import Mention


class Claim(Struct, frozen=True):
    """One name at one place."""

    named: Named
    mention: Mention


class Claims(Struct, frozen=True):
    """All names of one source in their order, and what was odd about it.

    ``searched`` are the paths that were looked for, whether they were there or not.
    """

    claims: tuple[Claim, ...] = ()
    problems: tuple[Problem, ...] = ()
    searched: tuple[str, ...] = ()
