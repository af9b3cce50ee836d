"""What a single value of the catalogue may be: repo, ref, folder, pattern, tag.

Each function gives the value as the catalogue holds it, or raises :class:`BadValue` with what
was expected and how to mend it.
"""

from __future__ import annotations

import difflib
import os.path
import re
from collections.abc import Iterable

from handbook.model.catalog import slugify
from handbook.model.repo import check_url, is_local, is_ref_name
from handbook.tree import visible

_HOST = re.compile(r"[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}/")
_TAG = re.compile(r"[a-z0-9+#]+(?:[-.:_/][a-z0-9+#]+)*")
_NAME_LENGTH = 100


class BadValue(ValueError):
    """A value the catalogue cannot take; the text is the end of a sentence about it."""


def check_repo(value: str, folder: str) -> str:
    """Return a url unchanged, and a path as an absolute one; ``folder`` is the catalogue's."""
    if value.lower().startswith("http://"):
        raise BadValue("uses http, which others can read and change on its way; write https://")
    problem = check_url(value)
    if problem:
        raise BadValue(problem)
    if not is_local(value):
        return value
    if value.startswith("~"):
        raise BadValue("begins with '~', which is another folder for each of us; write the path")
    if "\\" in value:
        raise BadValue(r"has a '\' in it; write paths with '/'")
    if _HOST.match(value):
        raise BadValue("is neither a url nor a path; write https:// or ./ before it")
    return os.path.normpath(os.path.join(folder, value))  # noqa: PTH118 - git follows links itself


def check_ref(value: str) -> str:
    """Return a branch, tag or commit that git allows as a name."""
    if value.startswith("-"):
        raise BadValue("begins with '-', which git would take for an option")
    if not is_ref_name(value):
        raise BadValue("is not the name of a branch, tag or commit; copy it from `git branch -a`")
    return value


def check_folder(value: str) -> str:
    """Return a path inside the repo, without "./" before it and "/" behind it."""
    if value.startswith(("/", "~")) or re.match(r"[A-Za-z]:", value):
        raise BadValue("is not inside the repo; give the folder from the repo's root on")
    if visible(value) != value or "\\" in value:
        raise BadValue("is not a folder of a repo; write names with '/' between them")
    parts = [part for part in value.split("/") if part not in ("", ".")]
    if ".." in parts:
        raise BadValue("leaves the repo with '..'; give the folder from the repo's root on")
    if any(part.lower() == ".git" for part in parts):
        raise BadValue("leads into git's own files; give a folder of the repo")
    return "/".join(parts)


def check_pattern(value: str) -> str:
    """Return a pattern of folders, in which ``*``, ``?`` and ``[a-z]`` stay in one level."""
    if "**" in value:
        raise BadValue("has '**' in it; name each level, such as services/*/*")
    pattern = check_folder(value)
    if not pattern:
        raise BadValue("names no folder; give a pattern such as services/*")
    return pattern


def check_tag(value: str) -> str:
    """Return a tag in Backstage's form: lower case, without spaces."""
    if len(value) > 63 or not _TAG.fullmatch(value):
        mended = re.sub(r"[^a-z0-9+#.:_/]+", "-", value.lower()).strip("-.:_/")[:63]
        example = mended if _TAG.fullmatch(mended) else "real-time"
        raise BadValue(f"is not a tag in lower case without spaces; write it as '{example}'")
    return value


def check_line(value: str) -> str:
    """Return text for people, on one line."""
    if visible(value) != value:
        raise BadValue("has a line break or control character in it; write it on one line")
    return value


def check_name(value: str) -> str:
    """Return a name for people."""
    if len(value) > _NAME_LENGTH:
        raise BadValue(f"is longer than {_NAME_LENGTH} characters; say more in `description`")
    return check_line(value)


def check_slug(value: str) -> str:
    """Return an address that is already in the form ``slugify`` gives."""
    if value != slugify(value):
        better = slugify(value) or "fraud-scorer"
        raise BadValue(f"is not lower-case letters, digits and single '-'; write it as '{better}'")
    return value


def check_choice(value: str, choices: Iterable[str]) -> str:
    """Return ``value`` if it is one of ``choices``."""
    allowed = tuple(choices)
    if value in allowed:
        return value
    raise BadValue(f"is not one of: {', '.join(allowed)}{did_you_mean(value, allowed)}")


def did_you_mean(word: str, choices: Iterable[str]) -> str:
    """Return "; did you mean ...?" for the choice most like ``word``, or ""."""
    known = tuple(choices)
    lowered = word[:80].lower()
    near = difflib.get_close_matches(lowered, known, n=1)
    near = near or [choice for choice in known if len(lowered) > 2 and choice.startswith(lowered)]
    return f"; did you mean '{near[0]}'?" if near else ""
