"""The package of the page "Rules of your own company" is installed, for real, and asked."""

from __future__ import annotations

import json
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.test_docs_examples import blocks

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs/contributing/own-rules.md").read_text(encoding="utf-8")
SHOWN = dict(blocks(PAGE))
RUN = "from handbook.cli import main; main()"


@contextmanager
def with_package(folder: Path, files: dict[str, str]) -> Iterator[Path]:
    """Give the Python of a new environment: all of this one's packages, and one more.

    Nothing is fetched: the package is built with the setuptools that is here.
    """
    home = folder / "venv"
    venv.create(home, with_pip=False, symlinks=True)
    python = home / "bin/python"
    paths = {"base": str(home), "platbase": str(home)}
    site = Path(sysconfig.get_path("purelib", "venv", paths))
    here = sysconfig.get_path("purelib")
    (site / "here.pth").write_text(f"import site; site.addsitedir({here!r})\n", encoding="utf-8")
    source = folder / "package"
    source.mkdir()
    for name, text in files.items():
        (source / name).write_text(text, encoding="utf-8")
    install = ["-m", "pip", "--python", str(python), "install", "-q", "--no-deps", "--no-index"]
    done = subprocess.run(
        [sys.executable, *install, "--no-build-isolation", str(source)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    yield python


def handbook(python: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(python), "-W", "ignore", "-c", RUN, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@pytest.fixture
def service(tmp_path: Path) -> Path:
    folder = tmp_path / "risk"
    folder.mkdir()
    (folder / "README.md").write_text("# Risk\n\nScores payments.\n", encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    files = {name: SHOWN[name] for name in ("pyproject.toml", "acme_rules.py")}
    with with_package(tmp_path_factory.mktemp("acme"), files) as found:
        yield found


@pytest.mark.slow
def test_the_rule_of_the_page_is_asked_and_says_what_the_page_shows(
    python: Path, service: Path
) -> None:
    done = handbook(python, "check", service, "--select", "ACME")
    assert done.returncode == 1, done.stderr
    assert SHOWN["text"] in done.stdout
    readme = service / "README.md"
    readme.write_text(readme.read_text() + "\nAlarms go to #risk-alarms.\n", encoding="utf-8")
    done = handbook(python, "check", service, "--select", "ACME01", "--all")
    assert done.returncode == 0
    assert "Alarms are answered in #risk-alarms." in done.stdout
    assert "README.md:5  #risk-alarms" in done.stdout


@pytest.mark.slow
def test_the_other_rules_stand_beside_it(python: Path, service: Path) -> None:
    done = handbook(python, "check", service, "--format", "json")
    codes = [finding["code"] for finding in json.loads(done.stdout)["findings"]]
    assert codes[-1] == "ACME01" and "DOC03" in codes
    assert handbook(Path(sys.executable), "explain", "ACME01").returncode == 2


@pytest.mark.slow
def test_it_is_explained_as_every_other_rule(python: Path) -> None:
    done = handbook(python, "explain", "acme01")
    assert done.returncode == 0
    assert "ACME01: The README says in which channel alarms are answered." in done.stdout
    assert "the on-call tool reads this line" in done.stdout


@pytest.mark.slow
def test_a_package_that_cannot_be_loaded_is_named_with_what_to_do(
    tmp_path: Path, service: Path
) -> None:
    files = {"pyproject.toml": SHOWN["pyproject.toml"], "acme_rules.py": "import not_there\n"}
    with with_package(tmp_path, files) as python:
        for command in (["check", service], ["explain", "DOC03"]):
            done = handbook(python, *command)
            assert done.returncode == 2
            said = " ".join(done.stderr.split())
            assert "acme-handbook-rules 1.0: its entry point" in said
            assert "ModuleNotFoundError: No module named 'not_there'" in said
            assert "pip uninstall acme-handbook-rules" in said
