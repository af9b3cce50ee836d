"""A git repo as the catalogue names it, and the state of our local copy of it."""

from __future__ import annotations

import re

from msgspec import Struct

_TRANSPORT = re.compile(r"[A-Za-z0-9][\w+.-]*::")
_SCHEME = re.compile(
    r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://(?P<host>[^/]*)(?P<path>.*)", re.DOTALL
)
_SCP = re.compile(r"(?P<host>[^/:]+|[^/:]*\[[^\]/]+\]):(?P<path>.*)", re.DOTALL)
_BAD_REF = re.compile(r"[\x00-\x20\x7f~^:?*\[\\]|\.\.|@\{|//|(?:^|/)\.|\.lock(?:/|$)|^/|[./]$|^@?$")
_CREDENTIAL = (
    "has a user name, password or token in it, which would end up in logs and pages; write the"
    " url without it and give it to git through a credential helper (git help credentials)"
)


class RepoState(Struct, frozen=True):
    """A repo at one ref, as it was last fetched.

    ``repo`` and ``ref`` are as the catalogue has them (``repo`` a url or an absolute path).
    ``git_dir`` is our bare mirror, ``commit`` a full name, "" if the ref was never fetched.
    ``branch`` is the branch that edits go to, "" for a tag or commit. ``fetched`` (ISO 8601,
    UTC) is when this commit was fetched; for a ``stale`` one, when the remote last answered.
    ``problem`` says for people what went wrong and what to do.
    """

    repo: str
    ref: str
    git_dir: str = ""
    commit: str = ""
    branch: str = ""
    fetched: str = ""
    stale: bool = False
    problem: str = ""


def is_local(repo: str) -> bool:
    """Whether ``repo`` is a path on this machine, by git's own rule."""
    return "://" not in repo and not _SCP.match(repo)


def is_ref_name(name: str) -> bool:
    """Whether git allows ``name`` for a ref, a branch or a tag (``git check-ref-format``)."""
    return not _BAD_REF.search(name)


def check_url(url: str) -> str:
    """Say what is wrong with a repo's url or path; "" if we may give it to git.

    Allowed: ``https://host/path``, ``ssh://[user@]host[:port]/path``, ``[user@]host:path`` and
    local paths. Never credentials, never a transport that runs a program (``ext::``).
    """
    if not url:
        return "is empty; give an https or ssh url, or a path"
    if url.startswith("-"):
        return "starts with '-', which git would take for an option"
    if _TRANSPORT.match(url):
        return "names a transport that runs a program; use https, ssh or a path"
    if re.search(r"[\x00-\x1f\x7f-\x9f]", url):
        return "has a control character in it"
    if " " in url and not is_local(url):
        return "has a space in it"
    if match := _SCHEME.match(url):
        return _check_scheme(match["scheme"].lower(), match["host"], match["path"])
    if match := _SCP.match(url):
        return _check_host(match["host"], match["path"])
    return ""


def _check_scheme(scheme: str, host: str, path: str) -> str:
    if scheme == "file":
        return "is a file url; write the path without file://"
    if scheme not in {"https", "ssh"}:
        return f"uses {scheme}; only https, ssh and paths are allowed"
    user, at, _ = host.rpartition("@")
    if at and (scheme == "https" or ":" in user):
        return _CREDENTIAL
    if "?" in path or "#" in path:
        return "has a query or fragment; the url of a repo has none"
    return _check_host(host, path.removeprefix("/"))


def _check_host(host: str, path: str) -> str:
    user, _, name = host.rpartition("@")
    if not name or not path:
        return "names no host or no repo"
    if name.startswith("-") or user.startswith("-") or path.startswith("-"):
        return "has a part that starts with '-', which ssh or git would take for an option"
    if "@" in path.split("/", 1)[0]:  # name:token@host:path
        return _CREDENTIAL
    return ""
