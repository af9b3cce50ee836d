"""Markdown in, steps or mistakes out; cases are data in ``pages/``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from handbook.tutorial.options import Options
from handbook.tutorial.pages import lint, load_pages, page_paths
from handbook.tutorial.records import PageError, Step
from handbook.tutorial.runner import plugin
from handbook.tutorial.steps import parse_page

HERE = Path(__file__).parent
ROOT = HERE.parents[1]


def cases(name: str) -> list[Any]:
    listed = yaml.safe_load((HERE / "pages" / name).read_text(encoding="utf-8"))
    return [pytest.param(case, id=case["case"].replace(" ", "-")) for case in listed]


@pytest.mark.parametrize("case", cases("good.yml"))
def test_pages_are_read_as_steps(case: dict[str, Any]) -> None:
    page = parse_page("page.md", case["page"])
    assert list(page.needs) == case.get("needs", [])
    assert len(page.steps) == len(case["steps"])
    for step, expected in zip(page.steps, case["steps"], strict=True):
        shown = msgspec.to_builtins(step)
        wanted = expected.pop("options", {})
        assert {name: shown[name] for name in expected} == expected
        given = Options(id=expected["id"] if step.options.id else "")
        want = {name: tuple(v) if isinstance(v, list) else v for name, v in wanted.items()}
        assert step.options == msgspec.structs.replace(given, **want)


@pytest.mark.parametrize("case", cases("bad.yml"))
def test_every_mistake_is_told_with_its_line(case: dict[str, Any]) -> None:
    with pytest.raises(PageError) as caught:
        parse_page("page.md", case["page"], "tutorials/page.md")
    assert len(caught.value.problems) == len(case["problems"]), caught.value
    for problem, expected in zip(caught.value.problems, case["problems"], strict=True):
        assert problem.startswith(f"tutorials/page.md:{expected}")


def write(folder: Path, **pages: str) -> Path:
    for name, text in pages.items():
        path = folder / f"{name.replace('__', '/')}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def test_pages_come_after_those_they_need_else_by_name(tmp_path: Path) -> None:
    first = "---\nneeds: [b]\n---\n"
    write(
        tmp_path,
        b="",
        a=first,
        README="```\n",
        **{"how-to__y": "", "how-to__x": "---\nneeds: [how-to/y]\n---\n"},
    )
    write(tmp_path / "new-service", notes="```\n")
    assert [page.name for page in load_pages(tmp_path)] == ["b", "a", "how-to/y", "how-to/x"]


def test_mistakes_of_all_pages_are_told_at_once(tmp_path: Path) -> None:
    write(tmp_path, a="```\n```\n", b="---\nneeds: [c, a]\n---\n", d="```console\n```\n")
    problems = lint(tmp_path)
    assert [problem.rpartition(": ")[0].split(":")[0].split("/")[-1] for problem in problems] == [
        "a.md",
        "d.md",
        "b.md",
    ]
    assert "there is no page 'c'; there are a, b, d" in problems[-1]


def test_pages_that_need_one_another_are_refused(tmp_path: Path) -> None:
    write(tmp_path, a="---\nneeds: [b]\n---\n", b="---\nneeds: [a]\n---\n")
    assert lint(tmp_path) == ("a, b: these pages need one another in a circle",)


def test_a_digest_is_of_what_is_run_not_of_where_or_how_long() -> None:
    def step(options: str, text: str = "echo a", lead: str = "") -> Step:
        page = f"{lead}<!-- step: {options} -->\n```bash\n{text}\n```\n"
        return parse_page("a.md", page).steps[0]

    first = step("id=a")
    assert first.digest == step("id=b timeout=3 always", lead="# Words\n\n").digest
    others = [step("id=a", "echo b"), step("id=a exit=1"), step("id=a cleanup")]
    assert len({first.digest, *(other.digest for other in others)}) == 4


def test_the_digest_of_a_page_follows_its_steps_not_its_prose() -> None:
    text = "# A\n\n```bash\ntrue\n```\n\n```bash\nfalse\n```\n"
    page = parse_page("a.md", text)
    assert parse_page("a.md", f"{text}\nMore words.\n").digest == page.digest
    turned = text.replace("true", "x").replace("false", "true").replace("x", "false")
    assert parse_page("a.md", turned).digest != page.digest
    assert parse_page("a.md", f"---\nneeds: [b]\n---\n{text}").digest != page.digest


def test_the_pages_of_this_repo_are_well_written() -> None:
    assert page_paths(ROOT / "tutorials"), "there are no pages"
    assert lint(ROOT / "tutorials") == ()


def test_the_reference_page_names_every_option_and_its_example_is_a_page() -> None:
    text = (ROOT / "docs/reference/tutorial.md").read_text(encoding="utf-8")
    assert [name for name in Options.__struct_fields__ if f"| `{name}` |" not in text] == []
    parser = pytest.Parser(_ispytest=True)
    plugin.pytest_addoption(parser)
    options = [name for o in parser.getgroup("tutorial").options for name in o.names()]
    assert [name for name in options if f"| `{name}" not in text] == []
    example = text.split("````markdown\n", 1)[1].split("````", 1)[0]
    assert [step.kind for step in parse_page("a.md", example).steps] == ["run", "file"]
