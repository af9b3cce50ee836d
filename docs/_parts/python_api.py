"""This package's own Python API: a page for each public module, and the page that lists them all.

The pages are made by pdoc (``pdocrun.py``) in a program of its own, and kept below ``.handbook/``
until a source changes.
"""

from __future__ import annotations

import ast
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

from _parts.public import PACKAGE, load_groups, module_path

HERE = Path(__file__).parent
CACHE = HERE.parents[1] / ".handbook" / "pdoc"
_KEPT = 3  # states of the sources: that of a branch one goes back to is there still
_SECONDS = 300
_LIST = "list.txt"


def module_pages() -> Iterator[tuple[str, str]]:
    """Give the path below ``docs/`` and the Markdown of each public module's page."""
    for file in sorted(made(CACHE).glob("*.md")):
        yield f"reference/python/{file.name}", file.read_text(encoding="utf-8")


def made(cache: Path) -> Path:
    """Return the folder with the pages of the sources as they are now; make it if need be.

    Raises:
        RuntimeError: pdoc failed; its own words are in the message.
    """
    folder = cache / _digest()
    if folder.is_dir():
        return folder
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache, prefix=".making-") as aside:
        pages = Path(aside, "pages")
        pages.mkdir()
        done = subprocess.run(
            [sys.executable, "-m", "_parts.pdocrun", str(pages)],
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
            env={
                **os.environ,
                "PYTHONPATH": os.pathsep.join((str(HERE.parent), str(PACKAGE.parent))),
            },
        )
        if done.returncode:
            raise RuntimeError(f"pdoc could not document this package:\n{done.stderr.strip()}")
        pages.joinpath(_LIST).write_text(_list_of_modules(), encoding="utf-8")
        if not folder.is_dir():  # another build may have been faster
            pages.replace(folder)
    _forget_old(cache)
    return folder


def module_list() -> str:
    """Return all modules as Markdown: the public ones by group, then what is left, by package."""
    return made(CACHE).joinpath(_LIST).read_text(encoding="utf-8")


def all_modules() -> list[str]:
    """Return the names of all modules of the package, as their files say."""
    found = []
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
        found.append(".".join(parts[:-1] if parts[-1] == "__init__" else parts))
    return sorted(found)


def _list_of_modules() -> str:
    parts = []
    public: set[str] = set()
    for group in load_groups():
        public |= set(group["modules"])
        rows = [
            f"## {group['title']}",
            "",
            group["says"],
            "",
            "| module | what is in it |",
            "|--|--|",
        ]
        rows += [f"| [`{name}`](python/{name}.md) | {_says(name)} |" for name in group["modules"]]
        parts.append("\n".join(rows))
    parts.append("\n".join(_others(public)))
    return "\n\n".join(parts)


def _others(public: set[str]) -> Iterator[str]:
    yield "## All others"
    yield ""
    yield (
        "Code of one stage or page. It may change without notice, so it has no pages of its own."
        " `make pdoc` shows all of it, and so does a catalogue that lists this repo: the"
        " services' reference shows any package."
    )
    rooms: dict[str, list[str]] = {}
    for name in all_modules():
        if name not in public:
            rooms.setdefault(".".join(name.split(".")[:2]), []).append(name)
    for room, names in rooms.items():
        count = f"{len(names)} module{'' if len(names) == 1 else 's'}"
        yield ""
        yield f'??? note "{room}: {count}"'
        yield ""
        yield from (f"    - `{name}`: {_says(name)}" for name in names)


def _says(name: str) -> str:
    """Return the first sentence of a module's docstring, read from its file."""
    tree = ast.parse(module_path(name).read_text(encoding="utf-8"))
    first = " ".join((ast.get_docstring(tree) or "").split("\n\n")[0].split())
    return first.replace("``", "`").replace("|", "\\|").replace("<", "&lt;") or "(says nothing)"


def _digest() -> str:
    """Name the state of all that can change a byte of the pages."""
    total = hashlib.sha256(f"pdoc {version('pdoc')} {sys.version}".encode())
    own = [HERE / name for name in ("pdocrun.py", "public.py", "public.toml", Path(__file__).name)]
    own += [*sorted((HERE / "pdoc").iterdir())]
    for path in (*own, *sorted(PACKAGE.rglob("*.py"))):
        total.update(f"{path.name}\0".encode() + path.read_bytes() + b"\0")
    return total.hexdigest()[:24]


def _forget_old(cache: Path) -> None:
    folders = [path for path in cache.iterdir() if not path.name.startswith(".")]
    for old in sorted(folders, key=lambda path: path.stat().st_mtime)[:-_KEPT]:
        shutil.rmtree(old, ignore_errors=True)
