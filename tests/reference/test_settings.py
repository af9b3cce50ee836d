"""The pages of settings have every key, in the words of the code, with examples that are read."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from mkdocs.config import base
from mkdocs.config import config_options as option
from msgspec import Struct

from _parts.fill import fill
from _parts.settings import described, options_table
from handbook.collect.declared import FILE, KEYS, collect_declared
from handbook.model.declared import Declared
from handbook.model.facts import Found
from handbook.model.limits import Limits
from handbook.model.service import Service
from handbook.publish.config import ServicesConfig
from handbook.publish.forms import FormsConfig
from handbook.publish.verified import VerifiedConfig
from handbook.tree import MemoryTree

DOCS = Path(__file__).parents[2] / "docs"


def page(name: str) -> str:
    return fill(name, (DOCS / name).read_text(encoding="utf-8"))


def rows(text: str) -> list[str]:
    return re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE)


@pytest.mark.parametrize("config", [ServicesConfig, VerifiedConfig, FormsConfig])
def test_each_option_of_a_plugin_is_on_the_page(config: type[base.Config]) -> None:
    table = options_table(config)
    assert rows(table) == [name for name, _ in config._schema]
    assert table in page("reference/options.md")
    assert all(len(cell.split()) > 3 for cell in re.findall(r"\| ([^|]+) \|$", table, re.M)[1:])


def test_each_limit_is_on_the_page() -> None:
    assert set(Limits.__struct_fields__) <= set(rows(page("reference/options.md")))


class Bare(base.Config):  # type: ignore[no-untyped-call]
    """An option that nobody explains."""

    jobs = option.Type(int, default=0)


class BareStruct(Struct):
    """A field that nobody explains."""

    jobs: int = 0


def test_what_nobody_explains_stops_the_build() -> None:
    with pytest.raises(TypeError, match=r"Bare\.jobs: write a docstring"):
        options_table(Bare)
    with pytest.raises(TypeError, match=r"BareStruct\.jobs: write Annotated"):
        described(BareStruct)


def test_each_key_of_a_repo_s_own_file_is_on_the_page() -> None:
    text = page("reference/handbook-yml.md")
    first = text.split("```yaml")[0]
    assert rows(first) == list(KEYS)
    for section, fields in {
        "exempt": ["rule", "reason", "who", "until"],
        "attest": ["rule", "statement", "link", "who", "until"],
        "dashboards": ["title", "url"],
    }.items():
        assert rows(text.split(f"{{ #{section} }}")[1].split("## ")[0]) == fields


def test_the_example_says_all_there_is_to_say_and_is_read() -> None:
    text = page("reference/handbook-yml.md").split("```yaml", 1)[1].split("\n", 1)[1]
    tree = MemoryTree({FILE: text.split("```")[0]})
    fact = collect_declared(tree, Service("scorer", "scorer", "memory"), Limits())
    assert isinstance(fact, Found)
    assert fact.problems == ()
    said = fact.value
    assert [name for name in Declared.__struct_fields__ if not getattr(said, name)] == []
