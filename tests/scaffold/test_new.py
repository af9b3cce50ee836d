"""``handbook new``: names filled in everywhere, whole or not at all, clear words when it cannot."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from click.testing import CliRunner

from handbook.cli import main
from handbook.errors import ScaffoldError
from handbook.scaffold.answers import Answers, check
from handbook.scaffold.new import create
from handbook.scaffold.parts import OVERLAY, SAMPLE, compose, parts


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A clone of the handbook with two parts: one of the sample, one of the overlay."""
    _write(tmp_path / SAMPLE / "src/fraud_score/jobs.py", "from fraud_score.db import acme\n")
    _write(tmp_path / OVERLAY / "deploy/run.sh", "exec new-service # ${{ x }} [[ y ]] {{ z }}\n")
    (tmp_path / OVERLAY / "deploy/run.sh").chmod(0o755)
    _write(tmp_path / "tutorials/new-service.yml", "take:\n  - src/fraud_score/jobs.py\n")
    return tmp_path


def test_names_are_filled_in(clone: Path) -> None:
    target, count = create(Answers("late-delivery"), clone / "made", root=clone)
    assert count == 2
    assert _tree(target) == ["deploy/run.sh", "src/late_delivery/jobs.py"]
    code = (target / "src/late_delivery/jobs.py").read_text()
    assert code == "from late_delivery.db import acme\n"
    script = target / "deploy/run.sh"
    assert script.read_text() == "exec late-delivery # ${{ x }} [[ y ]] {{ z }}\n"
    assert os.access(script, os.X_OK)


def test_organisation_is_filled_in(clone: Path) -> None:
    answers = Answers("late-delivery", organisation="parcelworks")
    target, _ = create(answers, clone / "made", root=clone)
    assert "parcelworks" in (target / "src/late_delivery/jobs.py").read_text()


def test_imports_are_sorted_anew(clone: Path) -> None:
    _write(clone / OVERLAY / "tests/a.py", "import new_service_model\n\nimport zz\n")
    _write(clone / OVERLAY / "src/new_service_model/__init__.py", "")
    target, _ = create(Answers("late-delivery"), clone / "made", root=clone)
    assert (target / "tests/a.py").read_text() == "import zz\n\nimport late_delivery_model\n"


def test_what_is_there_is_left_alone(clone: Path) -> None:
    _write(clone / "made/late-delivery/mine.txt", "mine")
    with pytest.raises(ScaffoldError, match="left as it is"):
        create(Answers("late-delivery"), clone / "made", root=clone)
    assert _tree(clone / "made") == ["late-delivery/mine.txt"]


def test_a_part_that_fails_leaves_nothing(clone: Path) -> None:
    _write(clone / SAMPLE / "src/fraud_score/jobs.py", "def broken(:\n")
    with pytest.raises(ScaffoldError, match=r"ruff could not lay out(.|\n)*jobs\.py"):
        create(Answers("late-delivery"), clone / "made", root=clone)
    assert _tree(clone / "made") == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written(clone: Path) -> None:
    closed = clone / "closed"
    closed.mkdir(mode=0o500)
    with pytest.raises(ScaffoldError, match="could not be written"):
        create(Answers("late-delivery"), closed, root=clone)


def test_a_file_where_the_folder_should_be(clone: Path) -> None:
    with pytest.raises(ScaffoldError, match="could not be written"):
        create(Answers("late-delivery"), clone / "tutorials/new-service.yml", root=clone)


@pytest.mark.parametrize(
    ("listed", "says"),
    [
        ("take: [src/gone.py]", "src/gone.py is not in sample_service/"),
        ("take: [deploy/run.sh]", "is in tutorials/new-service/ as well"),
        ("take: [3]", "a list of paths"),
        ("took: []", "expected a key `take`"),
        ("take: [\n", r"new-service.yml:\d"),
        ("take: [../README.md]", "is not in sample_service/"),
    ],
)
def test_a_wrong_list(clone: Path, listed: str, says: str) -> None:
    _write(clone / SAMPLE / "deploy/run.sh", "")
    _write(clone / "README.md", "")
    _write(clone / "tutorials/new-service.yml", listed)
    with pytest.raises(ScaffoldError, match=says):
        parts(clone)


def test_marks_in_a_part_are_refused(clone: Path, tmp_path: Path) -> None:
    _write(clone / OVERLAY / "notes.md", "write {@ name @} here")
    with pytest.raises(ScaffoldError, match=r"notes\.md.*filled in"):
        compose(parts(clone), tmp_path)


@pytest.mark.parametrize(
    "name",
    ["Late", "late_delivery", "-late", "late-", "la--te", "1st", "", "a/b", "..", "é", "json",
     "class", "test", "x" * 31],
)  # fmt: skip
def test_names_that_cannot_be(name: str) -> None:
    with pytest.raises(ScaffoldError, match=r"."):
        check(Answers(name))


@pytest.mark.parametrize("name", ["a", "late-delivery", "eta2", "x" * 30])
def test_names_that_can_be(name: str) -> None:
    check(Answers(name, "team-x", "acme"))


def test_every_wrong_answer_is_named() -> None:
    with pytest.raises(ScaffoldError) as caught:
        check(Answers("Late", "@team", "a b"))
    assert str(caught.value).count("\n") == 2


def test_the_command_says_what_is_wrong(tmp_path: Path) -> None:
    done = CliRunner().invoke(main, ["new", "Late", "--into", str(tmp_path)])
    assert done.exit_code == 1
    assert "small letters" in done.output
    assert _tree(tmp_path) == []


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def _tree(folder: Path) -> list[str]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return sorted(path.relative_to(folder).as_posix() for path in files)
