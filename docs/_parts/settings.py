"""The pages of settings: tables made from the classes that hold the values."""

from __future__ import annotations

from typing import Annotated, get_args, get_origin, get_type_hints

from handbook.model.limits import Limits


def limits_table() -> str:
    """Return all limits as a Markdown table."""
    rows = ["| limit | default | of what |", "|--|--:|--|"]
    for name, hint in get_type_hints(Limits, include_extras=True).items():
        if get_origin(hint) is not Annotated:
            raise TypeError(f"Limits.{name}: write Annotated[int, Meta(description=...)]")
        description = get_args(hint)[1].description
        rows.append(f"| `{name}` | {getattr(Limits(), name):,} | {description} |")
    return "\n".join(rows)
