"""Four things go wrong at once: the site is still built, they are marked, nothing else moves."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

HANDBOOK = str(Path(sys.executable).parent / "handbook")
SERVICES = ("gone", "rotten", "killed", "raising", "fine", "other")
LARGE_PAGE = "# Page\n\n" + "\n\n".join(f"## Part {n}\n\n- `a{n}` *b* **c**" for n in range(2_000))


@pytest.fixture
def fleet(project: Callable[..., Any], git_repo: Callable[..., Any]) -> tuple[Any, dict[str, Any]]:
    """Six services, built once; one worker, so that the order of building is known."""
    repos = {name: git_repo(name) for name in SERVICES}
    for name, repo in repos.items():
        repo.commit({"README.md": f"# {name}\n\nFirst words of {name}.\n"})
    site = project(jobs=1, limits="{nesting: 100000}")
    site.write("docs/index.md", "# Home\n")
    site.catalog(*(repos[name].url for name in SERVICES))
    site.build()
    return site, repos


def test_four_faults_at_once(fleet: tuple[Any, dict[str, Any]]) -> None:
    site, repos = fleet
    before = site.digests("services")
    shutil.rmtree(repos["gone"].path)
    _rot(repos["rotten"])
    repos["raising"].commit(
        {
            # Python-Markdown ends in a RecursionError on it; CommonMark's parser would not.
            "docs/index.md": "\n".join("    " * n + "- deep" for n in range(400)),
            "README.md": "# raising\n\nSecond words.\n",
            "mkdocs.yml": "site_name: raising\n",
        }
    )
    repos["killed"].commit({f"docs/{n}.md": LARGE_PAGE for n in range(12)})
    site.run("handbook", "sync")
    said = _build_and_kill(site.folder)
    after = site.digests("services")

    for name in ("gone", "rotten", "killed"):
        page = site.page(f"services/{name}")
        assert "hb-banner" in page, name
        assert f"First words of {name}." in page, "the last good pages stay"
    assert "its worker was killed" in said
    assert "could not be fetched" in site.page("services/gone")
    assert "Second words." in site.page("services/raising")
    raising = site.page("services/raising/docs")
    assert "hb-notice" in raising
    assert "- deep" in raising, "what cannot be converted is shown as it is written"
    status = site.page("services/status")
    for name in ("gone", "rotten", "killed", "raising"):
        assert f">{name}<" in status, name
    for name in ("fine", "other"):
        own = f"services/{name}/"
        assert {k: v for k, v in after.items() if k.startswith(own)} == {
            k: v for k, v in before.items() if k.startswith(own)
        }


def test_a_service_that_never_worked_has_a_page_that_says_so(
    project: Callable[..., Any], git_repo: Callable[..., Any], tmp_path: Path
) -> None:
    fine = git_repo("fine")
    fine.commit({"README.md": "# Fine\n"})
    site = project()
    site.write("docs/index.md", "# Home\n")
    site.catalog(fine.url, str(tmp_path / "nowhere"))
    site.build()
    assert "hb-banner" in site.page("services/nowhere")
    assert "hb-banner" not in site.page("services/fine")
    site.run("handbook", "sync")
    assert site.run("handbook", "sync", "--strict", check=False).returncode != 0


def test_a_damaged_cache_is_built_again(fleet: tuple[Any, dict[str, Any]]) -> None:
    site, _ = fleet
    before = site.digests("services")
    for page in (site.folder / ".handbook/cache/services").rglob("services/fine/index.html"):
        page.chmod(0o644)
        page.unlink()
        page.write_text("<script>poison()</script>")
    assert "1 built now" in site.build(sync=False)
    assert site.digests("services") == before


def _rot(repo: Any) -> None:
    """Damage every object of a repo, and move its branch so that a fetch must read them."""
    repo.commit({"README.md": "# rotten\n\nSecond words.\n"})
    for path in (repo.git_dir / "objects").rglob("*"):
        if path.is_file():
            path.chmod(0o644)
            path.write_bytes(b"rotten" + path.read_bytes()[6:])


def _build_and_kill(folder: Path) -> str:
    """Build, and kill the worker while it is on the large service, the first that changed."""
    build = subprocess.Popen(
        [HANDBOOK, "build"],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
    )
    killed = False
    deadline = time.monotonic() + 60
    while not killed and build.poll() is None and time.monotonic() < deadline:
        for worker in _workers(build.pid):
            if worker.cpu_times().user > 0.5:
                worker.kill()
                killed = True
        time.sleep(0.02)
    out, _ = build.communicate(timeout=120)
    assert killed, f"no worker was busy long enough to be killed:\n{out}"
    assert build.returncode == 0, out
    return out


def _workers(build: int) -> list[psutil.Process]:
    """Workers are forked by a server that is a child of the build."""
    try:
        servers = psutil.Process(build).children()
        return [worker for server in servers for worker in server.children()]
    except psutil.NoSuchProcess:
        return []
