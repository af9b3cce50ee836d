"""Names of people and teams as untrusted files write them: cleaned, told apart, no addresses."""

from __future__ import annotations

import re

from msgspec import Struct

from handbook.model.people import OwnerKind
from handbook.tree import single_line

_LONGEST = 80
# The local part is bounded, so that a long run without "@" costs no more than its length x 64.
# The last label starts with a letter: "actions/checkout@v4.1.0" is no address.
_ADDRESS = re.compile(r"[\w.+-]{1,64}@(?:[\w-]{1,63}\.){1,8}[^\W\d_][\w-]{1,62}")
_NOREPLY = re.compile(r"^(?:\d+\+)?([\w-]+(?:\[bot\])?)@users\.noreply\.", re.ASCII)
_HANDLE = re.compile(r"@@?[A-Za-z0-9](?:[\w.-]*\w)?(?:/[\w.-]+)*", re.ASCII)
_HANDLE_IN_TEXT = re.compile(r"(?<![\w.+@/-])(@[A-Za-z0-9](?:[\w.-]*\w)?(?:/[\w.-]+)*)", re.ASCII)
_LINK_HANDLE = re.compile(
    r"https?://(?:www\.)?(?:github|gitlab)\.com/([A-Za-z0-9][\w.-]*)/?(?![\w./-])", re.ASCII
)
_TEAM_WORD = re.compile(
    r"admins|authors|committers|community|contributors|corp|department|dept|developers|"
    r"devops|devs|engineering|engineers|foundation|gmbh|group|guild|inc|infra|llc|ltd|"
    r"maintainers|mlops|ops|oncall|org|owners|approvers|platform|project|reviewers|sig|"
    r"squad|team|teams|wg|working"
)
_KNOWN_BOT = re.compile(
    r"dependabot|renovate|github-actions|greenkeeper|snyk-bot|pre-commit-ci|codecov|"
    r"allcontributors|mergify|copybara-service|weblate|semantic-release-bot|pyup-bot|imgbot|"
    r"jenkins|travis|bors|gitlab-bot|web-flow"
)
_BOT = re.compile(
    r"\b(?:renovate|dependabot)\b|(?:\[bot\]|(?:^|[\s_-])bot)$|^bot(?:[\s_-]|$)", re.IGNORECASE
)


class Named(Struct, frozen=True):
    """A name fit to be shown, the handle if one is known ("@name"), and what it stands for."""

    name: str
    handle: str
    kind: OwnerKind


def clean(text: str) -> str:
    """One line of at most 80 characters, all of which can be seen."""
    return single_line(text, _LONGEST)


def hide_addresses(text: str) -> str:
    """Replace each e-mail address by the part before its "@"."""
    return _ADDRESS.sub(lambda match: match[0].partition("@")[0], text)


def is_bot(name: str) -> bool:
    """Whether a committer's or owner's name is that of a program."""
    plain = name.strip().lstrip("@").casefold()
    return bool(_KNOWN_BOT.fullmatch(plain.removesuffix("[bot]")) or _BOT.search(plain))


def is_address(token: str) -> bool:
    """Whether a token is an e-mail address and nothing else."""
    return bool(_ADDRESS.fullmatch(token))


def is_handle(token: str) -> bool:
    """Whether a token is "@name", "@organisation/team" or GitLab's "@@role"."""
    return bool(_HANDLE.fullmatch(token))


def name_token(token: str) -> Named | None:
    """Name what an owners file lists in one word: a handle, an address or a bare login."""
    token = token[:300]
    noreply = _NOREPLY.match(token)
    if noreply:
        return name_token(f"@{noreply[1]}")
    shown = clean(hide_addresses(token) if is_address(token) else token)
    if not shown:
        return None
    handle = shown if is_handle(shown) and not shown.startswith("@@") else ""
    return Named(shown, handle, kind_of(shown))


def name_phrase(text: str) -> Named | None:
    """Name what stands in free text: ``Jane Roe <address> (@handle)``, a link to a profile, ...

    Returns None when no name is left after links, addresses and marks are taken out.
    """
    line = text[:1000]
    handle = _handle_in(line)
    address = _ADDRESS.search(line)
    name = clean(_strip_marks(line)) or handle
    if not name and address:
        name = clean(hide_addresses(address[0]))
    if not name:
        return None
    return Named(name, handle, kind_of(handle or name, name))


def kind_of(*names: str) -> OwnerKind:
    """Tell teams, people and bots apart by how they are written.

    A handle with a "/" is a team; so is any name with a word such as "team" or "Inc" in it.
    """
    if any(is_bot(name) for name in names):
        return "bot"
    for name in names:
        words = re.split(r"[^a-z0-9]+", name.casefold())
        if ("/" in name and name.startswith("@")) or name.startswith("@@"):
            return "team"
        if any(_TEAM_WORD.fullmatch(word) for word in words):
            return "team"
    return "person"


def _handle_in(line: str) -> str:
    """Find the first handle: written with "@", linked to, or in a no-reply address."""
    written = _HANDLE_IN_TEXT.search(line)
    if written:
        return written[1]
    linked = _LINK_HANDLE.search(line)
    if linked:
        return f"@{linked[1]}"
    words = re.split(r"[<>\s()]+", line)
    noreply = next((hit for word in words if (hit := _NOREPLY.match(word))), None)
    return f"@{noreply[1]}" if noreply else ""


def _strip_marks(line: str) -> str:
    """Take links, addresses, handles and Markdown's marks out of a line."""
    line = re.sub(r"!?\[([^\][]*)\]\([^()]*\)", r"\1", line)
    line = re.sub(r"<[^<>]*[@/][^<>]*>", " ", line)
    line = re.sub(r"https?://\S+", " ", line)
    line = _ADDRESS.sub(" ", line)
    line = _HANDLE_IN_TEXT.sub(" ", line)
    line = re.sub(r"[`*_]{1,3}|\(\s*[,;]*\s*\)|\[\s*\]", " ", line)
    line = re.sub(r"\s+", " ", line).replace(" ,", ",")
    return line.strip(" ,;:|-–—•()")
