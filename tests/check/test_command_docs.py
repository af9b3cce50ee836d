"""The examples of the page of commands work as they stand there."""

from __future__ import annotations

import re
import shlex
import subprocess
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner
from tests.test_docs_examples import blocks

from handbook.cli import main

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "reference/commands.md").read_text(encoding="utf-8")
SHOWN = dict(blocks(PAGE))
CI = (".github/workflows/readiness.yml", ".gitlab-ci.yml")
LINES = sorted(set(re.findall(r"handbook check (?:--[^`|>\n]+)", PAGE)))


@pytest.mark.parametrize("line", LINES)
def test_each_line_is_understood(
    line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An option that is not there would end it with 2."""
    (tmp_path / ".handbook-baseline.json").write_text("{}", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(main, shlex.split(line)[1:])
    assert done.exit_code in (0, 1), done.output


def test_the_lines_are_all_found() -> None:
    assert len(LINES) >= 4


@pytest.mark.parametrize("name", CI)
def test_a_pipeline_reports_before_it_fails(name: str, tmp_path: Path) -> None:
    """Run its script in a shell, with a handbook that finds something."""
    pipeline = yaml.safe_load(SHOWN[name])
    steps = pipeline["jobs"]["check"]["steps"] if "jobs" in pipeline else []
    lines = [step["run"] for step in steps if "run" in step] or pipeline["readiness"]["script"]
    tool = tmp_path / "bin" / "handbook"
    tool.parent.mkdir()
    tool.write_text('#!/bin/sh\necho "{} $*"\nexit "${CODE}"\n', encoding="utf-8")
    tool.chmod(0o755)
    script = "\n".join(line for line in lines if line.startswith("handbook"))
    codes = {}
    for code in (0, 1, 2):
        (tmp_path / "readiness.sarif").unlink(missing_ok=True)
        done = subprocess.run(
            ["bash", "-e", "-c", script],
            cwd=tmp_path,
            env={"PATH": f"{tool.parent}:/usr/bin:/bin", "CODE": str(code)},
            capture_output=True,
            text=True,
            check=False,
        )
        codes[code] = (done.returncode, "--level bronze" in done.stdout)
        assert "sarif" in (tmp_path / "readiness.sarif").read_text(encoding="utf-8")
    assert codes == {0: (0, True), 1: (1, True), 2: (1, False)}
