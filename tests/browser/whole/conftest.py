"""The whole site as its readers get it: a small fleet of real repos, fetched and built by our CLI.

The hand-written pages are the handbook's own, so these tests read them too.
"""

from __future__ import annotations

import itertools
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from benchmarks.gitrepo import Author, Change, write_repo

from handbook.tree import WorkingTree
from handbook.tutorial.pages import load_pages
from handbook.tutorial.report import (
    BackendReport,
    PageReport,
    Report,
    Status,
    StepReport,
    merge,
    write_report,
)
from handbook.tutorial.uses import Uses

HERE = Path(__file__).parent
# So that there is a trend to draw.
HISTORY = (
    '{"day":"2026-01-05","services":{"payments-scoring":["",4,12,"team-risk"]}}\n'
    '{"day":"2026-02-05","services":{"payments-scoring":["bronze",8,12,"team-risk"]}}\n'
)
ROOT = Path(__file__).parents[3]
# What becomes of the steps of the tutorials, in turn: status, seconds, why.
MARKS: tuple[tuple[Status, float, str], ...] = (
    ("passed", 0.2, ""),
    ("passed", 3.4, ""),
    ("skipped", 0, "no `promtool` on this machine"),
    ("passed", 75, ""),
)
Entry = dict[str, Any]


@pytest.fixture(scope="session")
def fleet() -> dict[str, Entry]:
    """The services and their histories, as ``fleet.yml`` has them."""
    services: dict[str, Entry] = yaml.safe_load((HERE / "fleet.yml").read_text("utf-8"))
    return services


@pytest.fixture(scope="session")
def site(
    tmp_path_factory: pytest.TempPathFactory, serve: Any, fleet: dict[str, Entry]
) -> Iterator[Any]:
    """The built and served site, below a folder as on a forge's page host."""
    root = tmp_path_factory.mktemp("whole")
    for name, service in fleet.items():
        write_repo(root / "repos" / name, _changes(service))
    _write(root / "catalog.yml", _catalog(fleet))
    _write(root / "mkdocs.yml", _configuration(root))
    (root / "readiness-history.jsonl").write_text(HISTORY, encoding="utf-8")
    write_report(root / "verified.json", _tutorials_report())
    folder = root / "served" / "handbook"
    folder.parent.mkdir()
    with serve(folder) as served:
        _handbook(root, served.address, "sync")
        for name, service in fleet.items():
            if service.get("fate") == "gone":
                shutil.rmtree(root / "repos" / name)
        _handbook(root, served.address, "sync")
        _handbook(root, served.address, "build")
        yield served


def _changes(service: Entry) -> list[Change]:
    changes = []
    for commit in service["commits"]:
        files = {path: text.encode() for path, text in commit["files"].items()}
        if service.get("operations"):
            files["openapi.json"] = _definition(service["operations"])
        changes.append(
            Change(
                datetime.fromisoformat(commit["date"]),
                Author(*commit["author"]),
                commit["message"],
                files,
                commit.get("tag", ""),
            )
        )
    return changes


def _definition(operations: int) -> bytes:
    """A definition of many operations without much to say, in three tags."""
    paths = {
        f"/v2/lanes/{number}": {
            "get": {
                "operationId": f"readLane{number}",
                "tags": [f"Lanes {number % 3}"],
                "responses": {"200": {"description": "The lane"}},
            }
        }
        for number in range(operations)
    }
    info = {"title": "Ranking", "version": "2"}
    return json.dumps({"openapi": "3.1.0", "info": info, "paths": paths}).encode()


def _catalog(fleet: Mapping[str, Entry]) -> Entry:
    # The handbook's own pages link to the sample service.
    entries: list[Entry] = [{"repo": str(ROOT), "path": "sample_service"}]
    entries += [{"repo": f"repos/{name}", **service["entry"]} for name, service in fleet.items()]
    return {"services": entries}


def _configuration(root: Path) -> Entry:
    options: Entry = {"catalog": "catalog.yml", "lock": "handbook.lock", "state": "state"}
    options["rules"] = {"CODE03": "2999-01-01"}
    options["moved"] = str(ROOT / "moved.yml")
    return {
        "INHERIT": os.path.relpath(ROOT / "mkdocs.yml", root),
        "docs_dir": str(ROOT / "docs"),
        "site_dir": "served/handbook",
        "plugins": {
            "gen-files": {"scripts": [str(ROOT / "docs/_generate.py")]},
            "handbook/verified": {"folder": str(ROOT / "tutorials"), "reports": ["verified.json"]},
            "handbook/forms": {"examples": str(ROOT / "sample_service")},
            "handbook/services": options,
        },
    }


def _tutorials_report() -> Report:
    """Return a report with every kind of mark: what the site shows of each is what is looked at."""
    marks = itertools.cycle(MARKS)
    pages = []
    with WorkingTree(ROOT) as tree:
        uses = Uses(ROOT, tree)
        for page in load_pages(ROOT / "tutorials"):
            steps = []
            for step in page.steps:
                status, seconds, why = next(marks)
                steps.append(
                    StepReport(step.id, step.line, step.kind, status, seconds, why, step.digest)
                )
            digest = uses.digest(page.name)
            # Of the how-tos something that they use has changed.
            stale = "" if page.path.startswith("how-to/") else digest
            pages.append(PageReport(page.path, page.digest, stale, tuple(steps)))
    return merge(Report(), BackendReport("process", "0" * 40, False, "2026-01-05", tuple(pages)))


def _write(path: Path, content: Entry) -> None:
    path.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")


def _handbook(root: Path, address: str, *arguments: str) -> None:
    done = subprocess.run(
        [str(Path(sys.executable).parent / "handbook"), *arguments],
        cwd=root,
        capture_output=True,
        text=True,
        timeout=300,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1", "HANDBOOK_SITE_URL": address},
        check=False,
    )
    assert done.returncode == 0, f"handbook {arguments}:\n{done.stdout}\n{done.stderr}"


@pytest.fixture(scope="session")
def uris(site: Any) -> tuple[str, ...]:
    """Every page's address below the site's ("services/"), the front page's ("") first."""
    files = (path.relative_to(site.folder).as_posix() for path in site.folder.rglob("*.html"))
    return tuple(sorted(name.removesuffix("index.html") for name in files))
