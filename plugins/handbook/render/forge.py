"""Links into a repo on the forge that hosts it: files, lines, commits, comparisons.

Known forges: GitHub, GitLab (also self-hosted: host starts with "gitlab"), Bitbucket Cloud,
Gitea and Forgejo (Codeberg). Any other host, and local repos, have no web address: the
functions then return "", and the page shows the path without a link.
"""

from __future__ import annotations

import re
from urllib.parse import quote

from msgspec import Struct

from handbook.model.facts import Origin

_SSH = re.compile(r"^(?:ssh://)?(?:[\w.-]+@)?(?P<host>[\w.-]+)(?::\d+(?=/))?[:/](?P<path>.+)$")

_SHA = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_HANDLE = re.compile(r"@(?P<name>[A-Za-z0-9][\w.-]*(?:/[\w.-]+)*)", re.ASCII)

# kind: (file, raw, edit, commit, compare)
_FORMS = {
    "github": (
        "blob/{rev}/{path}",
        "raw/{rev}/{path}",
        "edit/{rev}/{path}",
        "commit/{rev}",
        "compare/{old}...{rev}",
    ),
    "gitlab": (
        "-/blob/{rev}/{path}",
        "-/raw/{rev}/{path}",
        "-/edit/{rev}/{path}",
        "-/commit/{rev}",
        "-/compare/{old}...{rev}",
    ),
    "gitea": (
        "src/commit/{rev}/{path}",
        "raw/commit/{rev}/{path}",
        "_edit/{rev}/{path}",
        "commit/{rev}",
        "compare/{old}...{rev}",
    ),
    "bitbucket": (
        "src/{rev}/{path}",
        "raw/{rev}/{path}",
        "src/{rev}/{path}?mode=edit",
        "commits/{rev}",
        "branches/compare/{rev}..{old}",
    ),
}
_FOLDER = {
    "github": "tree/{rev}/{path}",
    "gitlab": "-/tree/{rev}/{path}",
    "gitea": "src/{kind}/{rev}/{path}",
    "bitbucket": "src/{rev}/{path}",
}
_TAG = {
    "github": "releases/tag/{name}",
    "gitlab": "-/tags/{name}",
    "gitea": "src/tag/{name}",
    "bitbucket": "src/{name}",
}
_LINE = {"github": "#L{n}", "gitlab": "#L{n}", "gitea": "#L{n}", "bitbucket": "#lines-{n}"}


class Forge(Struct, frozen=True):
    """The web side of a repo. ``web`` is "" when there is none."""

    kind: str
    web: str

    @classmethod
    def of(cls, repo: str) -> Forge:
        """Recognise the forge from a repo's url (https, ssh or scp form)."""
        match = re.match(r"^https?://(?P<host>[^/]+)/(?P<path>.+)$", repo)
        if not match and not repo.startswith(("/", ".", "file:")):
            match = _SSH.match(repo)
        if not match:
            return cls("", "")
        host, path = match["host"].rsplit("@", 1)[-1], match["path"].strip("/").removesuffix(".git")
        kind = _kind(host.lower())
        return cls(kind, f"https://{host}/{path}" if kind else "")

    def file(self, origin: Origin) -> str:
        """Page of a file at a commit, at its line if there is one."""
        if not self.web or not origin.path:
            return f"{self.web}/tree/{origin.commit}" if self.kind == "github" else self.web
        line = _LINE[self.kind].format(n=origin.line) if origin.line else ""
        return self._form(0, rev=origin.commit, path=origin.path) + line

    def raw(self, commit: str, path: str) -> str:
        """Address of a file's content at a commit."""
        return self._form(1, rev=commit, path=path)

    def edit(self, branch: str, path: str) -> str:
        """Page where the file can be edited; "" when there is no branch to edit."""
        return self._form(2, rev=branch, path=path) if branch else ""

    def commit(self, sha: str) -> str:
        """Page of a commit."""
        return self._form(3, rev=sha)

    def compare(self, old: str, new: str) -> str:
        """Page that shows what changed from ``old`` to ``new``."""
        return self._form(4, old=old, rev=new)

    def folder(self, rev: str, path: str = "") -> str:
        """Page of a folder on a branch or at a commit; of the whole repo if ``path`` is ""."""
        if not self.web:
            return ""
        kind = "commit" if _SHA.fullmatch(rev) else "branch"
        form = _FOLDER[self.kind].format(kind=kind, rev=quote(rev), path=quote(path))
        return f"{self.web}/{form}".rstrip("/")

    def tag(self, name: str) -> str:
        """Page of a tag."""
        return f"{self.web}/{_TAG[self.kind].format(name=quote(name))}" if self.web else ""

    def profile(self, handle: str) -> str:
        """Page of a person ("@name") or team ("@organisation/team"); "" if the forge has none."""
        match = _HANDLE.fullmatch(handle)
        if not self.web or not match or self.kind == "bitbucket":
            return ""
        host = "/".join(self.web.split("/")[:3])
        name, _, team = match["name"].partition("/")
        if self.kind == "gitlab":  # people and groups of any depth share one space of names
            return f"{host}/{match['name']}"
        if team and self.kind == "github":
            return f"{host}/orgs/{name}/teams/{team}"
        return f"{host}/org/{name}/teams/{team}" if team else f"{host}/{name}"

    def _form(self, index: int, **parts: str) -> str:
        if not self.web:
            return ""
        quoted = {key: quote(value, safe="/") for key, value in parts.items()}
        return f"{self.web}/{_FORMS[self.kind][index].format(**quoted)}"


def _kind(host: str) -> str:
    if host == "github.com" or host.startswith("github."):
        return "github"
    if host.startswith("gitlab."):
        return "gitlab"
    if host == "bitbucket.org":
        return "bitbucket"
    if host == "codeberg.org" or host.startswith(("gitea.", "forgejo.")):
        return "gitea"
    return ""
