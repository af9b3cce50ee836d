"""Fill in the parts of pages that are generated from the code, so that they cannot be wrong."""

from typing import Annotated, get_args, get_origin, get_type_hints

import mkdocs_gen_files

from handbook.model.limits import Limits

PAGE = "reference/options.md"
MARKER = "<!-- generated: limits -->"


def limits_table() -> str:
    """Return all limits as a Markdown table."""
    rows = ["| limit | default | of what |", "|--|--:|--|"]
    for name, hint in get_type_hints(Limits, include_extras=True).items():
        if get_origin(hint) is not Annotated:
            raise TypeError(f"Limits.{name}: write Annotated[int, Meta(description=...)]")
        description = get_args(hint)[1].description
        rows.append(f"| `{name}` | {getattr(Limits(), name):,} | {description} |")
    return "\n".join(rows)


with mkdocs_gen_files.open(PAGE, "r") as page:
    text = page.read()
with mkdocs_gen_files.open(PAGE, "w") as page:
    page.write(text.replace(MARKER, limits_table()))
