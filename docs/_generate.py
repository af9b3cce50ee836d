"""Fill in the parts of pages that are generated from the code, so that they cannot be wrong.

mkdocs-gen-files runs this file on each build. What is made is in ``_parts/``, one module a page.
"""

import sys
from pathlib import Path

import mkdocs_gen_files

sys.path[:0] = [folder for folder in [str(Path(__file__).parent)] if folder not in sys.path]

from _parts.settings import limits_table  # noqa: E402 - found by the line above
from _parts.sources import statements_tables  # noqa: E402

PARTS = {
    "reference/options.md": {"limits": limits_table},
    "start/sources.md": {"statements": statements_tables},
}

for name, made in PARTS.items():
    with mkdocs_gen_files.open(name, "r") as page:
        text = page.read()
    for part, make in made.items():
        text = text.replace(f"<!-- generated: {part} -->", make())
    with mkdocs_gen_files.open(name, "w") as page:
        page.write(text)
