"""What the docs promise is so: layout, options, commands, decisions."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import get_args, get_type_hints

import pytest
from click.testing import CliRunner
from mkdocs.utils.meta import get_data

from handbook.check import rules
from handbook.cli import main
from handbook.model.limits import Limits

ROOT = Path(__file__).parents[1]
ARCHITECTURE = (ROOT / "docs/contributing/architecture.md").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")
REFERENCE = ROOT / "docs/reference"


def tracked() -> list[str]:
    """Files of the repo, as a fresh clone would have them."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    return listed.splitlines()


def test_the_layout_table_is_the_top_level() -> None:
    table = ARCHITECTURE.split("<!-- layout:", 1)[1].split("\n\n", 2)[1]
    named = set(re.findall(r"^\| `([^`]+)` \|", table, re.MULTILINE))
    there = {path.split("/")[0] + ("/" if "/" in path else "") for path in tracked()}
    hidden = {name for name in there if name.startswith(".")}
    assert there - hidden - {"LICENSE"} == named


def test_each_room_of_the_architecture_page_exists() -> None:
    rooms = set(re.findall(r"`([a-z]+/)`", ARCHITECTURE.split("Which room")[1].split("## ")[0]))
    assert rooms
    assert all((ROOT / "plugins/handbook" / room).is_dir() for room in rooms)


def test_nothing_generated_is_committed() -> None:
    generated = [path for path in tracked() if path.startswith(("site/", ".handbook/"))]
    assert generated == []


def test_the_lock_files_hold_hashes_and_no_addresses() -> None:
    locks = sorted((ROOT / "requirements").glob("*.lock"))
    assert [lock.stem for lock in locks] == ["bench", "dev", "site"]
    for lock in locks:
        text = lock.read_text(encoding="utf-8")
        assert "://" not in text
        names = re.findall(r"^[a-zA-Z0-9]", text, re.MULTILINE)
        assert len(names) == len(re.findall(r"^\S[^\n]*\\\n    --hash=sha256:", text, re.MULTILINE))


@pytest.mark.parametrize("name", sorted(main.commands))
def test_each_command_has_help_and_a_place_in_the_docs(name: str) -> None:
    shown = CliRunner().invoke(main, [name, "--help"])
    assert shown.exit_code == 0
    assert len(shown.output.split()) > 25, "help must say what the command does"
    assert f"## handbook {name}" in (REFERENCE / "commands.md").read_text(encoding="utf-8")


def test_each_limit_says_of_what_it_is() -> None:
    """The options page has a table of them that is generated from these descriptions."""
    hints = get_type_hints(Limits, include_extras=True)
    assert set(hints) == set(Limits.__struct_fields__)
    for name, hint in hints.items():
        assert len(get_args(hint)[1].description) > 10, name


def test_the_generated_table_of_limits_is_on_the_page(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "-q", "-d", str(tmp_path / "site")],
        cwd=ROOT,
        check=True,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
    )
    page = (tmp_path / "site/reference/options/index.html").read_text(encoding="utf-8")
    for name in Limits.__struct_fields__:
        assert re.search(rf"<td><code>{name}</code></td>\s*<td[^>]*>[\d,]+</td>", page), name


def test_the_wheel_holds_every_file_of_the_package() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    patterns = project["tool"]["setuptools"]["package-data"]["handbook"]
    kinds = {pattern.rpartition(".")[2] for pattern in patterns} | {"py", "typed"}
    own = [path for path in tracked() if path.startswith("plugins/handbook/")]
    assert [path for path in own if path.rpartition(".")[2] not in kinds] == []


def test_each_decision_is_listed_and_complete() -> None:
    folder = ROOT / "docs/contributing/decisions"
    index = (folder / "index.md").read_text(encoding="utf-8")
    pages = sorted(folder.glob("[0-9]*.md"))
    assert [p.name for p in pages] == re.findall(r"\]\((\d{4}-[\w-]+\.md)\)", index)
    for page in pages:
        text = page.read_text(encoding="utf-8")
        assert all(f"**{part}.**" in text for part in ("Context", "Choice", "Price")), page.name


def test_files_and_functions_stay_small() -> None:
    large = [
        f"{path}: {lines} lines"
        for path in tracked()
        if path.startswith("plugins/") and path.endswith(".py") and (ROOT / path).is_file()
        if (lines := len((ROOT / path).read_text(encoding="utf-8").splitlines())) > 300
    ]
    assert large == []


def test_front_matter_of_pages_is_read() -> None:
    """An unquoted ``: `` makes it invalid YAML, which MkDocs then shows as text."""
    for path in (ROOT / "docs").rglob("*.md"):
        text = path.read_text(encoding="utf-8")
        rest, given = get_data(text)
        assert not text.startswith("---") or (given and not rest.startswith("---")), path


def test_every_path_the_readme_names_is_there() -> None:
    named = re.findall(r"\]\(([^)#:]+)[)#]", README)
    named += re.findall(r'(?:src|srcset)="([^"]+)"', README)
    assert len(named) > 8
    assert [path for path in named if not (ROOT / path).exists()] == []


def test_the_readme_says_how_many_rules_there_are() -> None:
    said = re.findall(r"\b(\d+) (?:of them, in three levels|rules on its files)", README)
    assert said == [str(len(rules()))] * 2
