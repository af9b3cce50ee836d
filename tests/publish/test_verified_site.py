"""A whole small site with tutorials: addresses, links, messages, and when it is built again."""

from __future__ import annotations

import contextlib
import re
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.publish.test_serve import Server

from handbook.tree import WorkingTree
from handbook.tutorial.pages import load_pages
from handbook.tutorial.report import (
    BackendReport,
    PageReport,
    Report,
    StepReport,
    merge,
    write_report,
)
from handbook.tutorial.uses import Uses

MKDOCS = """\
site_name: Test Handbook
site_url: https://handbook.example/
repo_url: https://github.com/acme/handbook
edit_uri: edit/main/docs/
nav:
  - Home: index.md
  - Tutorial:
      - tutorial/index.md
      - Write: tutorial/write.md
      - tutorial/how-to/mend.md
theme: {name: material, font: false}
plugins:
  - handbook/verified
  - handbook/services: {jobs: 1, search: false}
markdown_extensions:
  - pymdownx.highlight
  - pymdownx.superfences
"""
HOME = (
    "# Home\n\n[Write](../tutorials/01-write.md#run-hello), [Parcels](../svc/README.md)\n\n"
    "Not the table itself: `<!-- handbook:verified -->`.\n\n<!-- handbook:verified-line -->\n"
)
WRITE = """\
# Write it

As [the practice](../docs/practices/index.md#alerts) says, [first](index.md) look at
[the service](../svc/README.md), [its guide](../svc/docs/guide.md#set-up),
[its code](../svc/app.py), [the folder](../svc/src) and [another site](https://example.org/).
![A picture](seen.svg) Then [mend it](how-to/mend.md#how).

<!-- step: id=hello -->
```bash
echo hello
```

```text title="Output"
hel...
```
"""
MEND = (
    "# Mend it\n\nBack to [the step](../01-write.md#run-hello).\n\n## How\n\n```bash\ntrue\n```\n"
)


@pytest.fixture
def site(project: Callable[..., Any]) -> Any:
    """A handbook with two tutorial pages and a service, all in one repo."""
    made = project()
    made.write("mkdocs.yml", MKDOCS)
    made.write("docs/index.md", HOME)
    made.write("docs/verified.md", "# Verified\n\n<!-- handbook:verified -->\n")
    made.write("tutorials/index.md", "# Tutorial\n\nBegin.\n")
    made.write("tutorials/01-write.md", WRITE)
    made.write("tutorials/how-to/mend.md", MEND)
    made.write("tutorials/seen.svg", '<svg xmlns="http://www.w3.org/2000/svg"/>')
    made.write("tutorials/uses.yml", '"*": [svc/app.py]\n')
    made.write("svc/README.md", "# Parcels\n\nScores them.\n")
    made.write("svc/docs/guide.md", "# Guide\n\n## Set up\n\nTurn it on.\n")
    made.write("svc/app.py", "run = 1\n")
    made.write("svc/src/more.py", "")
    made.write(".gitignore", "site/\n.handbook/\nbuild/\n")
    made.catalog({"repo": ".", "path": "svc"})
    commit(made.folder)
    return made


def commit(folder: Path) -> str:
    who = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
    for words in (["init", "-q"], ["add", "."], [*who, "commit", "-qm", "Begin"]):
        subprocess.run(["git", *words], cwd=folder, check=True)
    head = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=folder, check=True, capture_output=True, text=True
    )
    return head.stdout.strip()


def record(folder: Path, path: str, seconds: float = 2, at: str = "2026-11-21") -> None:
    """Write the report of a run in which all went well."""
    head = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=folder, check=True, capture_output=True, text=True
    ).stdout.strip()
    pages = []
    with WorkingTree(folder) as tree:
        uses = Uses(folder, tree)
        for page in load_pages(folder / "tutorials"):
            steps = tuple(
                StepReport(step.id, step.line, step.kind, "passed", seconds, "", step.digest)
                for step in page.steps
            )
            pages.append(PageReport(page.path, page.digest, uses.digest(page.name), steps))
    run = BackendReport("process", head, False, at, tuple(pages))
    write_report(folder / path, merge(Report(), run))


def test_pages_have_addresses_links_and_marks(site: Any) -> None:
    record(site.folder, "tutorials/verified.json")
    log = site.build()
    assert "WARNING" not in log
    assert '<a href="verified/">What was verified</a>' in site.page("")
    page = site.page("tutorial/write")
    links = re.findall(r'<a href="([^"]+)">([^<]+)</a>', page)
    assert {words: link for link, words in links if words in WRITE} == {
        "the practice": "../../practices/#alerts",
        "first": "../",
        "the service": "../../services/svc/",
        "its guide": "../../services/svc/docs/guide/#set-up",
        "its code": "https://github.com/acme/handbook/blob/HEAD/svc/app.py",
        "the folder": "https://github.com/acme/handbook/tree/HEAD/svc/src",
        "another site": "https://example.org/",
        "mend it": "../how-to/mend/#how",
    }
    assert 'src="../seen.svg"' in page
    assert (site.site / "tutorial/seen.svg").is_file()
    assert 'href="https://github.com/acme/handbook/edit/main/tutorials/01-write.md"' in page
    assert '<a href="../../write/#run-hello">the step</a>' in site.page("tutorial/how-to/mend")
    assert '<a href="tutorial/write/#run-hello">Write</a>' in site.page("")
    assert '<a href="services/svc/">Parcels</a>' in site.page("")
    assert page.count("hb-tick--passed") == 1
    assert page.index("</h1>") < page.index("hb-proof--passed") < page.index("<p>As ")
    assert '<a href="../tutorial/write/">Write it</a>' in site.page("verified")


def test_a_commit_without_a_date_has_that_of_git(site: Any) -> None:
    record(site.folder, "tutorials/verified.json", at="")
    site.build()
    day = subprocess.run(
        ["git", "show", "-s", "--format=%cs"],
        cwd=site.folder, check=True, capture_output=True, text=True,
    ).stdout.strip()  # fmt: skip
    assert f'<time datetime="{day}">{day}</time>, commit' in site.page("tutorial/write")


def test_mistakes_are_named_with_file_and_line(site: Any) -> None:
    site.write(
        "tutorials/01-write.md",
        "# Write\n\nSee [a](gone.md),\n[b](../docs/gone.md) and [c](../../out.md).\n\n"
        "[d](../svc/docs/guide.md#gone) [e](../docs/index.md#gone)\n",
    )
    site.write("tutorials/how-to/mend.md", "# Mend\n\n```\nno language\n```\n")
    site.write("docs/practices/index.md", "# Practices\n\n## Alerts\n\n[Gone](../../gone.txt)\n")
    site.write("build/verified.json", "{")
    log = site.build()
    for said in (
        "tutorials/01-write.md:3: gone.md leads nowhere: there is no tutorials/gone.md",
        "tutorials/01-write.md:4: ../docs/gone.md leads nowhere: there is no docs/gone.md",
        "tutorials/01-write.md:4: ../../out.md leads out of the repo",
        "tutorials/01-write.md in the handbook: service:svc/docs/guide.md#gone",
        "docs/practices/index.md:5: ../../gone.txt leads nowhere: there is no gone.txt",
        "does not contain an anchor '#gone'",
        "tutorials/how-to/mend.md:3: the block has no language",
        "build/verified.json: not a report of tutorials",
    ):
        assert said in log, log
    assert "no language" in site.page("tutorial/how-to/mend")  # shown, if without marks


def test_the_site_is_built_again_when_what_it_says_may_change(site: Any) -> None:
    def build() -> str:
        done: str = site.run("handbook", "build").stdout
        return done

    site.run("handbook", "sync")
    build()
    assert "no report of a run" in site.page("tutorial/write")
    assert "up to date" in build()
    record(site.folder, "build/verified.json")
    assert "up to date" not in build()
    assert "hb-proof--passed" in site.page("tutorial/write")
    site.write("svc/app.py", "run = 2\n")
    assert "up to date" not in build()
    assert "hb-proof--changed" in site.page("tutorial/write")
    site.write("tutorials/01-write.md", WRITE + "\nMore.\n")
    assert "up to date" not in build()
    assert "up to date" in build()


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("- handbook/verified", "- handbook/verified: {folder: lessons}", "no folder lessons"),
        ("  - pymdownx.superfences\n", "", r"needs `pymdownx.superfences`"),
    ],
)
def test_a_site_that_cannot_have_them_says_why(site: Any, old: str, new: str, said: str) -> None:
    site.write("mkdocs.yml", MKDOCS.replace(old, new))
    done = site.run("mkdocs", "build", check=False)
    assert done.returncode == 1
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_files_of_a_repo_without_a_web_address_are_named_without_a_link(site: Any) -> None:
    site.write("mkdocs.yml", re.sub(r"(?m)^(?:repo_url|edit_uri).*\n", "", MKDOCS))
    assert "WARNING" not in site.build()
    page = site.page("tutorial/write")
    assert "<span>its code</span>" in page
    assert "github" not in page.partition("</article>")[0].partition("<article")[2]


def test_an_edit_and_a_report_are_shown_while_serving(site: Any) -> None:
    site.run("handbook", "sync")
    record(site.folder, "build/verified.json", seconds=2)
    with contextlib.closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = Server(site.folder, port)
    try:
        server.wait_for("tutorial/write/", "in 2 s")
        record(site.folder, "build/verified.json", seconds=9)
        server.wait_for("tutorial/write/", "in 9 s")
        site.write("tutorials/01-write.md", WRITE.replace("echo hello", "echo hello you"))
        server.wait_for("tutorial/write/", "Changed since it was verified")
    finally:
        server.process.terminate()
        server.process.wait(timeout=30)
