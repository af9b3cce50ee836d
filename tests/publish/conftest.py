"""A small real site over real git repos, built by the real commands."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

BIN = Path(sys.executable).parent

MKDOCS = """\
site_name: Test Handbook
site_url: https://handbook.example/
nav:
  - Home: index.md
  - Practices:
      - practices/index.md
theme:
  name: material
  font: false
  features: [navigation.tabs, navigation.instant]
plugins:
  - handbook/services:
      jobs: {jobs}
      search: {search}
      limits: {limits}
"""

HOME = "# Home\n\nSee [alpha](service:alpha) and [its guide](service:alpha/docs/guide.md#set-up).\n"
PRACTICES = "# Practices\n\n## Alerts\n\nAlert on symptoms.\n"


class SiteProject:
    """A folder with ``mkdocs.yml``, ``docs/`` and ``catalog.yml``."""

    def __init__(self, folder: Path, **options: Any) -> None:
        self.folder = folder
        self.site = folder / "site"
        self.write("docs/index.md", HOME)
        self.write("docs/practices/index.md", PRACTICES)
        given = {"jobs": 2, "search": "false", "limits": "{}", **options}
        self.write("mkdocs.yml", MKDOCS.format(**given))

    def write(self, path: str, text: str) -> None:
        """Write a file of the project."""
        target = self.folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")

    def catalog(self, *entries: str | Mapping[str, str]) -> None:
        """Write the catalogue: a url, or the keys of an entry."""
        lines = ["services:"]
        for entry in entries:
            keys = {"repo": entry} if isinstance(entry, str) else entry
            lines += [
                f"  {'-' if first else ' '} {key}: {value}"
                for first, (key, value) in zip(
                    [True, *[False] * len(keys)], keys.items(), strict=False
                )
            ]
        self.write("catalog.yml", "\n".join(lines) + "\n")

    def run(self, *command: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run a command of this installation in the project's folder."""
        done = subprocess.run(
            [str(BIN / command[0]), *command[1:]],
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=180,
            env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
            check=False,
        )
        if check and done.returncode:
            raise AssertionError(f"{command} failed:\n{done.stdout}\n{done.stderr}")
        return done

    def build(self, *, sync: bool = True) -> str:
        """Sync and build; return what the build said."""
        if sync:
            self.run("handbook", "sync")
        done = self.run("mkdocs", "build")
        return done.stdout + done.stderr

    def page(self, uri: str) -> str:
        """Return the HTML of a page."""
        return (self.site / uri / "index.html").read_text(encoding="utf-8")

    def digests(self, below: str = "") -> dict[str, str]:
        """Digest of each file of the site below a folder."""
        return {
            path.relative_to(self.site).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted((self.site / below).rglob("*"))
            if path.is_file()
        }


@pytest.fixture(scope="session")
def project_type() -> type[SiteProject]:
    """For fixtures that outlive a test: ``project_type(folder, **options)``."""
    return SiteProject


@pytest.fixture
def project(tmp_path: Path) -> Callable[..., SiteProject]:
    """Make a project; keyword arguments are options of the plugin, as YAML."""

    def make(**options: Any) -> SiteProject:
        folder = tmp_path / "project"
        folder.mkdir()
        return SiteProject(folder, **options)

    return make
