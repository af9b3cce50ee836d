"""Who answers for a service, and who has written it. No address is ever kept in here."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from handbook.model.facts import Origin

OwnerKind = Literal["team", "person", "bot"]
OwnerRole = Literal["owner", "approver", "reviewer", "maintainer", "author"]
OwnerForm = Literal[
    "catalogue", "catalog-info", "CODEOWNERS", "OWNERS", "MAINTAINERS", "package metadata"
]


class Mention(Struct, frozen=True):
    """One place that names an owner.

    ``rule`` is the path pattern of that place, "" where it has none. ``whole`` is False when
    the rule covers only a part of the service. ``section`` is a GitLab section's name. The
    catalogue is not in the service's repo: its origin has ``repo == ""``.
    """

    form: OwnerForm
    role: OwnerRole
    origin: Origin
    rule: str = ""
    whole: bool = True
    section: str = ""


class Owner(Struct, frozen=True):
    """A team or person with every place that names it, in the documented order.

    ``name`` is plain text for people: a full name, a handle with "@", or the part of an
    address before "@". ``handle`` is "@name" or "@organisation/team", "" if not known.
    """

    name: str
    kind: OwnerKind
    mentions: tuple[Mention, ...]
    handle: str = ""

    @property
    def whole(self) -> bool:
        """Whether it answers for the whole service and not only for some paths."""
        return any(mention.whole for mention in self.mentions)

    @property
    def answers(self) -> bool:
        """Whether someone named it as an owner, not only as the author of a package."""
        return any(mention.role != "author" for mention in self.mentions)


class Committer(Struct, frozen=True):
    """Someone who has committed to the service's folder; dates are ISO 8601 with offset."""

    name: str
    commits: int
    first: str
    last: str
    bot: bool = False


class Owners(Struct, frozen=True):
    """Everyone a repo names. ``searched``: the files that were looked for, in order."""

    owners: tuple[Owner, ...]
    committers: tuple[Committer, ...] = ()
    bots: tuple[Committer, ...] = ()
    searched: tuple[str, ...] = ()

    @property
    def primary(self) -> Owner | None:
        """The owner shown where there is room for one: the first who answers for all of it.

        None if nobody is named; the author of a package is not taken for its owner.
        """
        answering = [owner for owner in self.owners if owner.answers]
        return next((owner for owner in answering if owner.whole), next(iter(answering), None))
