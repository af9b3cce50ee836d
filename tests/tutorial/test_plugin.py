"""The whole runner, as `pytest tutorials` in a repo of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import psutil
import pytest

from handbook.tutorial.report import BackendReport, read_report, schema

WRITE = """# Write

<!-- step: id=begin -->
```bash
cd "${WORKSPACE:-$HOME}" && mkdir svc && cd svc
```

Save as `greeting.txt`:

```text title="greeting.txt"
hello
```

<!-- step: id=serve -->
```bash
python3 -m http.server "$PORT" --bind 127.0.0.1 >log 2>&1 & echo $! >pid
url="http://127.0.0.1:$PORT/greeting.txt"
curl -sf --retry 30 --retry-connrefused --retry-delay 1 "$url"
```

```text title="Output"
hello
```
"""
DEV = """---
needs: [01-write]
---
# Dev

<!-- step: id=containers only=docker -->
```bash
docker ps
```

<!-- step: id=stop cleanup -->
```bash
kill $(cat svc/pid)
```
"""


class Project:
    """A repo with tutorials."""

    def __init__(self, root: Path, repo: Any) -> None:
        self.root = root
        self.repo = repo
        self.write("pytest.ini", "[pytest]\naddopts = -q\nfilterwarnings = error\n")
        self.write("tutorials/conftest.py", 'pytest_plugins = ["handbook.tutorial.runner.plugin"]')
        self.write("tutorials/uses.yml", '"*": [src/**]\n')
        self.write("src/a.txt", "a")
        self.write(".gitignore", "build/\n.pytest_cache/\n__pycache__/\n")
        self.write("tutorials/01-write.md", WRITE)
        self.write("tutorials/how-to/README.md", "```\nno page\n```\n")
        self.write("tutorials/02-dev.md", DEV)

    def write(self, path: str, text: str) -> None:
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")

    def edit(self, path: str, before: str, after: str) -> None:
        text = (self.root / path).read_text(encoding="utf-8")
        assert before in text
        self.write(path, text.replace(before, after))

    def start(self, *options: str, **variables: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "pytest", "tutorials", *options],
            cwd=self.root,
            env={**os.environ, **variables},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, *options: str, **variables: str) -> tuple[int, str]:
        process = self.start(*options, **variables)
        output, _ = process.communicate(timeout=120)
        return process.returncode, output

    @property
    def report(self) -> BackendReport:
        return read_report(self.root / "build/verified.json").backends["process"]

    @property
    def statuses(self) -> dict[str, list[str]]:
        return {p.page: [f"{s.id} {s.status}" for s in p.steps] for p in self.report.pages}


@pytest.fixture
def project(tmp_path: Path, git_repo: Callable[..., Any]) -> Project:
    repo = git_repo("clone", bare=False)
    project = Project(repo.path, repo)
    files = {
        path.relative_to(repo.path).as_posix(): path.read_bytes()
        for path in repo.path.rglob("*")
        if path.is_file() and ".git" not in path.parts
    }
    repo.commit(files)
    subprocess.run(["git", "reset", "-q"], cwd=repo.path, check=True)
    return project


def test_pages_are_run_in_order_and_reported(project: Project) -> None:
    code, output = project.run("--junitxml=build/junit.xml")
    assert code == 0, output
    lines = [line.split() for line in output.splitlines() if line.startswith(("  ", "tutorials/"))]
    assert [line[:2] for line in lines] == [
        ["tutorials/01-write.md"],
        ["passed", "begin"],
        ["passed", "step-2"],
        ["passed", "serve"],
        ["tutorials/02-dev.md"],
        ["skipped", "containers"],
        ["passed", "stop"],
        ["skipped", "1:"],
    ]
    report = project.report
    assert (report.dirty, report.leaked) == (False, ())
    assert report.commit == project.repo.head()[:12]
    write, dev = report.pages
    assert [(s.id, s.line, s.kind, s.why) for s in write.steps] == [
        ("begin", 4, "run", ""),
        ("step-2", 10, "file", ""),
        ("serve", 15, "run", ""),
    ]
    assert write.steps[2].seconds >= 0.7
    assert dev.steps[0].why == "only on docker"
    raw = json.loads((project.root / "build/verified.json").read_bytes())
    jsonschema.validate(raw, schema())
    found = ET.parse(project.root / "build/junit.xml").iter("testcase")  # noqa: S314 - our own
    names = [case.get("name") for case in found]
    assert names == ["begin", "step-2", "serve", "containers", "stop"]


def test_a_broken_page_fails_at_its_step_and_line_with_a_diff(project: Project) -> None:
    project.edit("tutorials/01-write.md", "hello\n```\n\n<!--", "good day\n```\n\n<!--")
    code, output = project.run()
    assert code == 1
    assert "-hello\n+good day\n" in output
    assert "01-write.md:15: " in output
    assert project.statuses == {
        "01-write.md": ["begin passed", "step-2 passed", "serve failed"],
        "02-dev.md": ["containers unreached", "stop unreached"],
    }
    assert project.report.pages[1].steps[0].why == "01-write: step serve failed"
    assert project.report.leaked == ()  # what it left is the failure's doing, and is ended


def test_mistakes_of_pages_are_told_before_anything_runs(project: Project) -> None:
    project.edit("tutorials/01-write.md", "id=begin", "id=begin timeot=3")
    project.edit("tutorials/02-dev.md", "only=docker", "only=podman")
    code, output = project.run()
    assert code == pytest.ExitCode.USAGE_ERROR
    assert "tutorials/01-write.md:3: step: no option is called 'timeot'" in output
    assert "tutorials/02-dev.md:6: step: only=podman: expected backends" in output
    assert not (project.root / "build").exists()


def test_what_runs_in_the_end_fails_a_run_that_passed(project: Project) -> None:
    project.edit("tutorials/02-dev.md", "id=stop cleanup", "id=stop")
    project.edit("tutorials/02-dev.md", "kill $(cat svc/pid)", "true")
    code, output = project.run()
    assert code == 1
    assert "left running, now ended: " in output
    assert "http.server" in output
    assert project.report.leaked == ("python3",)


def test_steps_are_chosen_by_id_and_the_others_reported_so(project: Project) -> None:
    code, output = project.run("-k", "begin or serve", "tutorials/01-write.md")
    assert code == 1, output  # greeting.txt was not written
    assert project.statuses["01-write.md"] == ["begin passed", "step-2 unreached", "serve failed"]
    assert project.report.pages[0].steps[1].why == "not selected in this run"


def test_a_page_without_those_it_goes_on_from_is_refused(project: Project) -> None:
    process = subprocess.run(
        [sys.executable, "-m", "pytest", "tutorials/02-dev.md"],
        cwd=project.root,
        capture_output=True,
        text=True,
        check=False,
    )
    assert process.returncode == pytest.ExitCode.USAGE_ERROR
    assert "02-dev goes on from 01-write: run tutorials/ as a whole" in process.stderr


def test_going_on_from_a_step(project: Project, tmp_path: Path) -> None:
    kept = str(tmp_path / "kept")
    project.edit("tutorials/01-write.md", "curl -sf", "curl -sf --no-such-option")
    assert project.run("--workdir", kept)[0] == 1
    project.edit("tutorials/01-write.md", "curl -sf --no-such-option", "curl -sf")
    assert "--workdir of a run before" in project.run("--from-step", "serve")[1]
    code, output = project.run("--workdir", kept, "--from-step", "serve", "--write")
    assert "passed    serve" in output
    assert project.statuses["01-write.md"] == ["begin skipped", "step-2 skipped", "serve passed"]
    # It is not the whole tutorial that was shown to work.
    assert (code, (project.root / "tutorials/verified.json").exists()) == (1, False)
    assert "only a run of all steps is written" in output


def test_the_committed_report_says_the_same_for_the_same(project: Project) -> None:
    path = project.root / "tutorials/verified.json"
    assert project.run("--write")[0] == 0
    first = path.read_text()
    time.sleep(1.1)
    assert project.run("--write")[0] == 0
    assert path.read_text() == first
    run = read_report(path).backends["process"]
    assert (run.at, run.dirty) == ("2026-01-02", False)
    assert all(step.seconds == int(step.seconds) for page in run.pages for step in page.steps)


def test_the_report_tells_which_files_the_pages_use(project: Project) -> None:
    project.run()
    before = project.report.pages[0].uses_digest
    project.write("other.txt", "not used")
    project.run()
    assert project.report.pages[0].uses_digest == before
    project.write("src/a.txt", "changed")
    project.run()
    assert project.report.pages[0].uses_digest != before
    assert project.report.dirty


def test_a_backend_that_is_missing_is_a_skip_beside_the_run_that_was(project: Project) -> None:
    assert project.run()[0] == 0
    code, output = project.run("--backend", "kind", PATH="/usr/bin:/bin")
    assert code == 0, output
    if "no kind on this machine: " not in output:
        pytest.skip("this machine has kind")
    backends = read_report(project.root / "build/verified.json").backends
    assert list(backends) == ["kind", "process"]
    steps = [step for page in backends["kind"].pages for step in page.steps]
    assert {(s.status, s.why.split(":")[0]) for s in steps} == {
        ("skipped", "no kind on this machine")
    }


def test_two_runs_at_the_same_time(project: Project) -> None:
    both = [project.start("--report", f"build/{name}.json") for name in "ab"]
    outputs = [process.communicate(timeout=120)[0] for process in both]
    assert [process.returncode for process in both] == [0, 0], outputs


def ended(pid: int) -> bool:
    """Whether it does not run; it may still wait for the system to take notice."""
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_a_run_that_is_stopped_leaves_nothing(project: Project, sent: signal.Signals) -> None:
    project.edit("tutorials/02-dev.md", "kill $(cat svc/pid)", "echo $$ >&2; sleep 600")
    process = project.start("--workdir", str(project.root / "build/kept"))
    pid = project.root / "build/kept/workspace/svc/pid"
    for _ in range(300):
        if pid.is_file() and (project.root / "build/kept/steps/01-write/serve.sh").is_file():
            break
        time.sleep(0.1)
    time.sleep(1)
    server = int(pid.read_text())
    # Where the tests run in the background, SIGINT may be ignored: pytest asks for it itself.
    process.send_signal(sent)
    output, _ = process.communicate(timeout=60)
    assert process.returncode == pytest.ExitCode.INTERRUPTED, output
    assert ended(server), output


def test_other_workers_are_refused(project: Project) -> None:
    code, output = project.run("-n", "2")
    assert code != 0
    assert "in one process: leave out -n" in output
