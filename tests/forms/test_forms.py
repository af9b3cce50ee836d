"""Each template keeps what the handbook promises of it: page, blank, example, rules, a command."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from handbook.check import rules
from handbook.cli import main
from handbook.collect.keydocs import collect_keydocs
from handbook.collect.monitoring import collect_monitoring
from handbook.errors import FormError
from handbook.forms import forms, is_empty, load_forms, marker_of, state_of
from handbook.forms.sections import same_title
from handbook.model.facts import Absent, Found
from handbook.model.keydocs import Document, KeyDocs
from handbook.model.limits import Limits
from handbook.model.service import Service
from handbook.tree import MemoryTree

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "sample_service"
PACKAGE = ROOT / "plugins/handbook/forms"
NAMES = list(forms())
SERVICE = Service("Risk", "risk", "https://git.example/r")


def test_there_are_the_templates_that_the_handbook_speaks_of() -> None:
    assert len(NAMES) == 11
    assert {path.stem for path in (PACKAGE / "blanks").glob("*.md")} == set(NAMES)
    assert {path.stem for path in (ROOT / "docs/forms").glob("*.md")} == {*NAMES, "index"}


@pytest.mark.parametrize("name", NAMES)
def test_each_has_a_page_in_the_menu(name: str) -> None:
    page = (ROOT / f"docs/forms/{name}.md").read_text(encoding="utf-8")
    assert page.count(f"\n<!-- handbook:form {name} -->\n") == 1
    assert f"- forms/{name}.md\n" in (ROOT / "mkdocs.yml").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", NAMES)
def test_each_is_empty_as_it_is_copied(name: str) -> None:
    form = forms()[name]
    state = state_of(form, form.blank)
    assert state.empty
    assert {gap.kind for gap in state.gaps} <= {"hint", "placeholder"}
    # The title, too, waits for its words.
    assert state.gaps[0].line <= 3


@pytest.mark.parametrize("name", NAMES)
def test_each_has_an_example_that_lacks_nothing(name: str) -> None:
    form = forms()[name]
    text = (SAMPLE / form.example).read_text(encoding="utf-8")
    marker = marker_of(text)
    assert marker and marker.name == name
    state = state_of(form, text)
    assert [f"{form.example}:{gap.line}: {gap.said}" for gap in state.gaps] == []
    assert state.filled > 4


@pytest.mark.parametrize("name", NAMES)
def test_the_example_is_where_the_template_says(name: str) -> None:
    form = forms()[name]
    folder, _, file = form.path.rpartition("/")
    if not file.startswith("0001-"):
        assert form.example == form.path
    else:  # one of many
        assert form.example.rpartition("/")[0] == folder


@pytest.mark.parametrize("name", NAMES)
def test_its_rules_and_its_page_of_practice_are_there(name: str) -> None:
    form = forms()[name]
    assert [code for code in form.rules if code not in rules()] == []
    assert (ROOT / "docs" / form.practice).is_file()


@pytest.mark.parametrize("name", NAMES)
def test_an_empty_one_is_taken_for_nothing(name: str) -> None:
    form = forms()[name]
    fact = collect_keydocs(MemoryTree({form.path: form.blank}), SERVICE, Limits())
    if isinstance(fact, Found):
        assert [kind for kind, found in _documents(fact.value) if found] == []
        assert {path for _, path in fact.value.unfilled} == {form.path}
    else:
        assert isinstance(fact, Absent)
    watched = collect_monitoring(MemoryTree({form.path: form.blank}), SERVICE, Limits())
    assert isinstance(watched, Absent)


def test_a_filled_one_is_taken_for_what_it_is() -> None:
    """Else the test above says nothing."""
    files = {form.path: (SAMPLE / form.example).read_text("utf-8") for form in forms().values()}
    fact = collect_keydocs(MemoryTree(files), SERVICE, Limits())
    assert isinstance(fact, Found) and fact.value.unfilled == ()
    kinds = {kind for kind, found in _documents(fact.value) if found}
    assert kinds >= {
        "readme", "press_releases", "specs", "runbooks", "model_cards", "data_cards"
    }  # fmt: skip


def _documents(docs: KeyDocs) -> list[tuple[str, tuple[Document, ...]]]:
    kinds = ("press_releases", "specs", "runbooks", "model_cards", "data_cards", "deploy_guides")
    found = [(kind, getattr(docs, kind)) for kind in kinds]
    return [("readme", (docs.readme,) if docs.readme else ()), *found]


@pytest.mark.parametrize("name", NAMES)
def test_the_command_prints_writes_and_checks(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    form = forms()[name]

    def run(*arguments: str) -> tuple[int, str]:
        done = CliRunner().invoke(main, ["template", *arguments])
        return done.exit_code, done.output

    assert run(name) == (0, form.blank)
    assert run(name.upper(), "--write")[0] == 0
    assert Path(form.path).read_bytes() == form.blank.encode()
    Path(form.path).write_text("mine", encoding="utf-8")
    code, said = run(name, "--write")
    assert (code, Path(form.path).read_text("utf-8")) == (1, "mine")
    assert form.path in said and "there already" in said
    assert run(name, "--write", "--into", "svc")[0] == 0
    named = CliRunner().invoke(main, ["template", name, "--check", f"svc/{form.path}"])
    done = CliRunner().invoke(main, ["template", "--check", f"svc/{form.path}"])
    assert (done.exit_code, done.output) == (named.exit_code, named.output)
    code, said = done.exit_code, done.stdout
    assert code == 1
    assert f"0 of {len(form.fields)} fields are filled in" in done.stderr
    lines = form.blank.count("\n")
    places = [line.split(":")[:2] for line in said.splitlines()]
    assert all(path == f"svc/{form.path}" and 0 < int(line) <= lines for path, line in places)
    assert len(places) >= len([field for field in form.fields if not field.optional])
    code, said = run(name, "--check", str(SAMPLE / form.example))
    assert (code, len(said.splitlines())) == (0, 1)


def test_the_command_lists_all() -> None:
    done = CliRunner().invoke(main, ["template"])
    assert done.exit_code == 0
    rows = [line.split("  ")[0] for line in done.output.splitlines()]
    assert rows == NAMES
    assert all(form.path in done.output and form.title in done.output for form in forms().values())


WRONG = {
    "an unknown name": (["recipe"], "no template 'recipe'"),
    "no name": (["--write"], "name a template"),
    "two things at once": (["runbook", "--write", "--check", "a.md"], "two commands"),
    "no name anywhere": (["--check", "a.md"], "does not say which template"),
    "into without write": (["runbook", "--into", "x"], "--into needs --write"),
    "a file that is not there": (["runbook", "--check", "b.md"], "does not exist"),
}


@pytest.mark.parametrize(("arguments", "said"), WRONG.values(), ids=WRONG)
def test_what_it_does_not_understand(
    arguments: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.md").write_text("# A\n", encoding="utf-8")
    done = CliRunner().invoke(main, ["template", *arguments])
    assert done.exit_code == 2
    assert said in done.output


NOTES = {
    "no marker": ("# Runbook\n", "has no line <!-- template: runbook -->"),
    "another's marker": ("<!-- template: data-card -->\n", "made from 'data-card'"),
}


@pytest.mark.parametrize(("text", "said"), NOTES.values(), ids=NOTES)
def test_it_says_what_the_rule_would_not_look_at(text: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "runbook.md"
    path.write_text(text, encoding="utf-8")
    done = CliRunner().invoke(main, ["template", "runbook", "--check", str(path)])
    assert said in done.stderr
    assert said not in done.stdout


BROKEN = {
    "no blank": (None, "has no blank"),
    "no marker": ("# A\n## B\n<!-- c -->\n", "its first line must be"),
    "another's marker": ("<!-- template: b -->\n## B\n<!-- c -->\n", "its first line must be"),
    "no fields": ("<!-- template: runbook -->\n# A\n", "no heading with something"),
    "no hint": ("<!-- template: runbook -->\n## B\n…\n", "'B' has no comment"),
    "two of a name": ("<!-- template: runbook -->\n## B\n<!-- c -->\n## b.\n<!-- c -->\n", "two f"),
}


@pytest.mark.parametrize(("blank", "said"), BROKEN.values(), ids=BROKEN)
def test_a_template_that_is_none_is_named(blank: str | None, said: str, tmp_path: Path) -> None:
    shutil.copytree(PACKAGE / "blanks", tmp_path / "blanks")
    shutil.copy(PACKAGE / "forms.toml", tmp_path)
    place = tmp_path / "blanks/runbook.md"
    place.unlink() if blank is None else place.write_text(blank, encoding="utf-8")
    with pytest.raises(FormError, match="runbook") as caught:
        load_forms(tmp_path)
    assert said in str(caught.value)


def test_a_list_that_is_none_is_named(tmp_path: Path) -> None:
    (tmp_path / "forms.toml").write_text('[runbook]\ntitle = "x"\n', encoding="utf-8")
    with pytest.raises(FormError, match=r"forms\.toml"):
        load_forms(tmp_path)


def test_an_unknown_template_is_no_empty_form() -> None:
    assert not is_empty("<!-- template: recipe -->\n# A\n")
    assert not is_empty("# A\n")


def test_titles_are_the_same_but_for_their_dress() -> None:
    assert {same_title(text) for text in ("2.1 Risks:", "RISKS", "b) risks {#r}")} == {"risks"}
