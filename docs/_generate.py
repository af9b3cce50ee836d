"""Fill in the parts of pages that are generated from the code, so that they cannot be wrong.

mkdocs-gen-files runs this file on each build. What is made is in ``_parts/``, one module a page.
"""

import sys
from pathlib import Path

import mkdocs_gen_files

sys.path[:0] = [folder for folder in [str(Path(__file__).parent)] if folder not in sys.path]

from _parts.fill import PAGES, fill  # noqa: E402 - found by the line above
from _parts.python_api import module_pages  # noqa: E402

for name in PAGES:
    with mkdocs_gen_files.open(name, "r") as page:
        text = page.read()
    with mkdocs_gen_files.open(name, "w") as page:
        page.write(fill(name, text))

for name, text in module_pages():
    with mkdocs_gen_files.open(name, "w") as page:
        page.write(text)
