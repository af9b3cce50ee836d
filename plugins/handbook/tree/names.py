"""Which names of a tree we accept. Git itself stores any bytes; a website must not.

A refused entry is left out and listed, it never stops the rest of the repo from being read.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from urllib.parse import unquote

from handbook.model.limits import Limits

# Control and text-direction characters; halves of characters, which no file can be written with.
_CONTROLS = (
    "\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff"
)
_INVISIBLE = re.compile(f"[{_CONTROLS}]")
# And what has no width. Joiners are left: some scripts are written with them.
_UNSEEN = re.compile(f"[{_CONTROLS}\u180e\u200b\u2060-\u2065\ufff9-\ufffb\U000e0000-\U000e007f]")
_LONGEST_NAME = 255  # bytes; no file system takes more
_SHORT_NAME = re.compile(r"git~\d+")  # what NTFS calls .git in its 8.3 form


def visible(text: str | bytes) -> str:
    """Return ``text`` with control, bidi and line-breaking characters written as escapes.

    For logs and messages: one line stays one line, and nothing on it runs backwards.
    Bytes are read as UTF-8; what is not shows as ``\\xNN``.
    """
    if isinstance(text, bytes):
        text = text.decode("utf-8", "backslashreplace")
    return _INVISIBLE.sub(lambda match: match[0].encode("unicode_escape").decode(), text)


def plain(text: str) -> str:
    """Return ``text`` without control and bidi characters, for names and titles."""
    return _INVISIBLE.sub("", text)


def single_line(text: str, most: int = 0) -> str:
    """Return untrusted text for people: one line of at most ``most`` characters (0: uncut).

    White space is folded, and characters that cannot be seen are left out. A line that is cut
    ends with "…".
    """
    # Twice: line breaks are among the characters left out, and what stood between two spaces.
    line = " ".join(_UNSEEN.sub("", " ".join(text.split())).split())
    return line if not most or len(line) <= most else line[: most - 1].rstrip() + "…"


def path_problem(path: bytes, limits: Limits) -> str:
    """Say why a path of a tree is not accepted; "" if it is."""
    if len(path) > limits.path:
        return f"its path is longer than {limits.path} bytes"
    try:
        text = path.decode("utf-8")
    except UnicodeDecodeError:
        return "its name is not UTF-8"
    parts = text.split("/")
    if len(parts) > limits.tree_depth:
        return f"it is more than {limits.tree_depth} folders deep"
    return next((problem for part in parts if (problem := name_problem(part))), "")


@functools.lru_cache(maxsize=4096)  # of a path, all but the last part come again and again
def name_problem(name: str) -> str:
    """Say why one part of a path is not accepted; "" if it is."""
    if name in {"", ".", ".."}:
        return "its name stands for another folder"
    if len(name.encode("utf-8", "replace")) > _LONGEST_NAME:
        return f"its name is longer than {_LONGEST_NAME} bytes"
    if "/" in name or "\\" in name:
        return "its name has a slash in it"
    if _INVISIBLE.search(name):
        return "its name has control or text-direction characters"
    if _is_dotgit(name):
        return "its name stands for git's own folder"
    if "%" in name and _decodes_to_path(name):
        return "its name turns into another path when it is decoded"
    return ""


def twin_key(path: str) -> str:
    """Return what two paths share when some file system or reader takes them for one.

    Case folded, Unicode composed (NFC), characters without a shape left out.
    """
    if path.isascii():
        return path.lower()
    shaped = "".join(char for char in path if unicodedata.category(char) != "Cf")
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", shaped).casefold())


def _is_dotgit(name: str) -> bool:
    # NTFS drops trailing dots and spaces and takes ":" for a stream; HFS+ ignores shapeless
    # characters: all of these open the same folder there.
    bare = twin_key(name).split(":", 1)[0].rstrip(". ")
    return bare == ".git" or _SHORT_NAME.fullmatch(bare) is not None


def _decodes_to_path(name: str) -> bool:
    decoded = unquote(unquote(name))
    if decoded in {".", ".."}:
        return True
    return any(char in decoded for char in "/\\") or _INVISIBLE.search(decoded) is not None
