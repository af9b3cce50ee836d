"""What every renderer needs to know about the service it writes pages for."""

from __future__ import annotations

import posixpath

from msgspec import Struct

from handbook.model.facts import Origin
from handbook.model.limits import Limits
from handbook.model.service import Service, Snapshot
from handbook.render.forge import Forge


class RenderContext(Struct, frozen=True):
    """The service, where its repo lives on the web, and the limits that hold.

    ``published`` maps a path in the repo to the page it became (``Page.uri``), for links.
    """

    snapshot: Snapshot
    forge: Forge
    limits: Limits
    published: dict[str, str]

    @property
    def service(self) -> Service:
        """The service of the catalogue."""
        return self.snapshot.service

    def view_url(self, path: str, line: int = 0) -> str:
        """Web page of a file of this service's repo, at the commit shown; "" if none."""
        return self.forge.file(Origin(self.service.repo, self.snapshot.commit, path, line))

    def edit_url(self, path: str) -> str:
        """Web page to edit a file on the branch shown; "" if none."""
        return self.forge.edit(self.snapshot.branch, path)


def relative_url(target: str, page: str) -> str:
    """Return the link from one page to another; both are uris ending in "/" (or "").

    Example: ``relative_url("docs/b/", "docs/a/") == "../b/"``.
    """
    if target == page:
        return "./"
    path = posixpath.relpath("/" + target, "/" + page)
    return path + "/" if target == "" or target.endswith("/") else path
