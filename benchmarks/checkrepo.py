"""A large repo made of copies of this repo's own files, for measuring ``handbook check``."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from itertools import count, islice
from pathlib import Path

ROOT = Path(__file__).parents[1]
FILES = 3_600
_ROOTS = ("plugins/handbook", "sample_service")
_KINDS = (".py", ".md", ".yaml", ".yml", ".toml", ".sql", ".html", ".j2", ".css")


def make_check_repo(folder: Path, files: int = FILES) -> Path:
    """Make a git repo of this many files; each is a file of ours, told apart by its last line."""
    folder.mkdir(parents=True)
    (folder / "README.md").write_text("# Large\n\nA repo to measure with.\n", encoding="utf-8")
    for target, content in islice(_copies(), files - 1):
        path = folder / target
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    git(folder, "init", "-q", "-b", "main")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "All of it")
    return folder


def some_module(folder: Path) -> Path:
    """Return a file of Python in the middle of the repo, to be changed."""
    modules = sorted(folder.rglob("*.py"))
    return modules[len(modules) // 2]


def git(folder: Path, *arguments: str) -> None:
    """Run git without the user's settings, as nobody in particular."""
    who = {"NAME": "bench", "EMAIL": "bench@example.org"}
    environment = {
        **os.environ,
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        **{
            f"GIT_{role}_{key}": value
            for role in ("AUTHOR", "COMMITTER")
            for key, value in who.items()
        },
    }
    subprocess.run(["git", *arguments], cwd=folder, env=environment, check=True)


def _copies() -> Iterator[tuple[str, str]]:
    """Give paths and contents without end: the same files again and again, each a little other."""
    sources = [(path, path.read_text(encoding="utf-8")) for path in _own()]
    for number in count():
        for path, text in sources:
            inside = path.relative_to(ROOT).as_posix().replace("plugins/handbook", "src")
            mark = f"# copy {number}\n" if path.suffix == ".py" else f"\n<!-- copy {number} -->\n"
            if path.suffix in (".yaml", ".yml", ".toml"):
                mark = f"\n# copy {number}\n"
            yield f"part{number:02}/{inside}", text + (mark if number else "")


def _own() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", *_ROOTS], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout.splitlines()
    return [ROOT / name for name in listed if name.endswith(_KINDS) and (ROOT / name).is_file()]
