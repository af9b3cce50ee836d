"""The page of commands says all of what the commands take, and its examples are understood."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from _parts.commands import command_part, examples
from _parts.fill import PAGES, fill
from handbook.cli import main

DOCS = Path(__file__).parents[2] / "docs"
SOURCES = Path(__file__).parents[2] / "plugins/handbook"
PAGE = fill("reference/commands.md", (DOCS / "reference/commands.md").read_text(encoding="utf-8"))
PARAMETERS = [
    (name, parameter) for name, command in main.commands.items() for parameter in command.params
]
EXAMPLES = [(name, line) for name in main.commands for line in examples(main.commands[name])]
EXIT = re.compile(r"raise SystemExit\((\d)\)")


def section(name: str) -> str:
    """Return what the page says below a command's heading."""
    found = re.search(rf"^## handbook {name}\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)
    assert found, f"no heading for {name}"
    return found[1]


@pytest.mark.parametrize(("name", "parameter"), PARAMETERS)
def test_each_parameter_is_in_its_commands_section(name: str, parameter: click.Parameter) -> None:
    terms = re.findall(r"^(`.*) \{ #", section(name), re.MULTILINE)
    flags = (*parameter.opts, *parameter.secondary_opts)
    wanted = [f.upper() for f in flags] if isinstance(parameter, click.Argument) else flags
    shown = {word for term in terms for word in re.findall(r"[\w-]+", term)}
    assert set(wanted) <= shown


@pytest.mark.parametrize("name", main.commands)
def test_each_option_says_what_it_does_and_what_it_is_without(name: str) -> None:
    """A default that only the code knows makes readers guess."""
    context = click.Context(main.commands[name])
    for option in main.commands[name].params:
        if not isinstance(option, click.Option):
            continue
        assert len((option.help or "").split()) > 2, option.name
        default = option.get_default(context)
        if not option.is_flag and isinstance(default, str | int | float) and default != "":
            assert option.show_default, option.name


@pytest.mark.parametrize("name", main.commands)
def test_the_help_has_the_page_s_words(name: str) -> None:
    """Whoever reads --help misses nothing of what the page says of each option."""
    printed = CliRunner().invoke(main, [name, "--help"], terminal_width=200).output
    flat = re.sub(r"[\s`\\]+", " ", printed)
    for said in re.findall(r"^:   (.+?)(?: One of| Takes| Default|$)", command_part(name), re.M):
        if not said.startswith(("A folder", "A file", "Text")):
            assert re.sub(r"[\s`\\]+", " ", said).strip() in flat


@pytest.mark.parametrize(("name", "line"), EXAMPLES)
def test_each_example_is_understood(
    name: str, line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for path in ("services/checkout/README.md", "docs/runbook.md"):  # that examples name
        (tmp_path / path).parent.mkdir(parents=True)
        (tmp_path / path).touch()
    monkeypatch.chdir(tmp_path)
    tool, called, *given = shlex.split(line)
    assert (tool, called) == ("handbook", name)
    main.commands[name].make_context(name, given)  # refuses what it does not know


def test_an_example_with_an_unknown_option_is_refused() -> None:
    with pytest.raises(click.UsageError):
        main.commands["sync"].make_context("sync", ["--no-such-option"])


@pytest.mark.parametrize("name", PAGES)
def test_a_page_that_lacks_a_marker_is_refused(name: str) -> None:
    text = (DOCS / name).read_text(encoding="utf-8")
    for changed in (
        re.sub(r"<!-- generated: .*? -->", "", text, count=1),
        f"{text}\n<!-- generated: x -->",
    ):
        with pytest.raises(ValueError, match="markers and generated parts differ"):
            fill(name, changed)


def test_each_variable_of_the_environment_is_named() -> None:
    """Tests of tutorials are run by those who work on the handbook; they are left out."""
    read = {
        name
        for path in SOURCES.rglob("*.py")
        if "runner" not in path.parts
        for name in re.findall(
            r"environ(?:ment)?\.(?:get|setdefault)\(\"([A-Z_0-9]+)\"",
            path.read_text(encoding="utf-8"),
        )
    }
    assert {"SOURCE_DATE_EPOCH", "XDG_CACHE_HOME"} <= read
    everywhere = {"PATH", "HOME", "USERPROFILE"}
    ours = {name for name in read - everywhere if not name.startswith("GIT_")}
    table = PAGE.split("## Environment")[1]
    assert [name for name in sorted(ours) if f"`{name}`" not in table] == []
