"""JSON pointers, and reading values nobody has checked yet."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

Pointer = tuple[str | int, ...]
MISSING = object()


def parse_pointer(fragment: str) -> Pointer | None:
    """Return the parts of a reference's fragment ("/a/b~1c"); None if it is no pointer."""
    if not fragment:
        return ()
    if not fragment.startswith("/"):
        return None
    parts = unquote(fragment).split("/")[1:]
    return tuple(part.replace("~1", "/").replace("~0", "~") for part in parts)


def write_pointer(pointer: Pointer) -> str:
    """Return a pointer as the fragment of a reference ("#/a/b~1c")."""
    return "#" + "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in pointer)


def look_up(data: Any, pointer: Pointer) -> Any:
    """Return the value at ``pointer``, or ``MISSING``."""
    for part in pointer:
        if isinstance(data, dict) and str(part) in data:
            data = data[str(part)]
        elif isinstance(data, list) and _index(part) < len(data):
            data = data[int(part)]
        else:
            return MISSING
    return data


def _index(part: str | int) -> int:
    """Return the index a part names, beyond any list if it names none."""
    text = str(part)
    return int(text) if text.isdecimal() and len(text) < 10 else 2**63


def mapping(value: Any) -> dict[str, Any]:
    """Return the value if it is a mapping, else an empty one."""
    return value if isinstance(value, dict) else {}


def sequence(value: Any) -> list[Any]:
    """Return the value if it is a list, else an empty one."""
    return value if isinstance(value, list) else []


def text(value: Any) -> str:
    """Return text as it is, a number or boolean as text, anything else as ""."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float) else ""


def reference(value: Any) -> str:
    """Return the target of a reference object, "" if the value is none."""
    ref = value.get("$ref") if isinstance(value, dict) else None
    return ref if isinstance(ref, str) else ""
