"""A small site with templates: what is on their pages, and what is said of mistakes."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest

from handbook.forms import forms

MKDOCS = """\
site_name: Test Handbook
site_url: https://handbook.example/
nav: [index.md, forms/index.md, forms/runbook.md]
theme: {name: material, font: false}
plugins:
  - handbook/verified
  - handbook/forms: {examples: svc}
  - handbook/services: {jobs: 1, search: false}
markdown_extensions:
  - attr_list
  - md_in_html
  - tables
  - pymdownx.highlight
  - pymdownx.superfences
  - pymdownx.tabbed: {alternate_style: true}
"""
RUNBOOK = """\
<!-- template: runbook -->
# Parcels: runbook

<!-- --8<-- [start:calls] -->
## Whom to call

````text
```
team-parcels | `…`
````
<!-- --8<-- [end:calls] -->
"""
BLOCK = re.compile(r'<span class="filename">([^<]*)</span><pre>(.*?)</pre>', re.DOTALL)


@pytest.fixture
def site(project: Callable[..., Any]) -> Any:
    """A handbook with one template's page, and a service whose runbook is filled in."""
    made = project()
    made.write("mkdocs.yml", MKDOCS)
    made.write("docs/index.md", "# Home\n")
    (made.folder / "docs/practices/index.md").unlink()
    made.write("docs/forms/index.md", "# Templates\n\n<!-- handbook:forms -->\n")
    made.write("docs/forms/runbook.md", "# Runbook\n\nText.\n\n<!-- handbook:form runbook -->\n")
    made.write("tutorials/index.md", "# Tutorial\n\nBegin.\n")
    made.write("tutorials/uses.yml", '"*": [svc/**]\n')
    made.write("svc/README.md", "# Parcels\n\nScores them.\n")
    made.write("svc/docs/runbook.md", RUNBOOK)
    made.write(".gitignore", "site/\n.handbook/\n")
    made.catalog({"repo": ".", "path": "svc"})
    for words in (["init", "-q"], ["add", "."], ["commit", "-qm", "Begin"]):
        who = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
        git(made, *who, *words)
    return made


def git(site: Any, *words: str) -> None:
    subprocess.run(["git", *words], cwd=site.folder, check=True)


def blocks(html: str) -> dict[str, str]:
    """Return the text of each block of code with a title, as a browser would copy it."""
    return {title: unescape(re.sub(r"<[^>]+>", "", text)) for title, text in BLOCK.findall(html)}


def test_a_page_has_the_blank_and_the_filled_one(site: Any) -> None:
    assert "WARNING" not in site.build()
    form, page = forms()["runbook"], site.page("forms/runbook")
    shown = [unescape(re.sub(r"<[^>]+>", "", text)) for _, text in BLOCK.findall(page)]
    calls = RUNBOOK.split("<!-- --8<-- [start:calls] -->\n")
    filled = calls[0] + calls[1].partition("<!-- --8<--")[0]
    assert shown == [form.blank, filled]
    assert 'href="../../services/svc/docs/runbook/"' in page
    assert f'href="../blank/{form.name}.md" download="runbook.md"' in page
    assert (site.site / "forms/blank/runbook.md").read_bytes() == form.blank.encode()
    assert 'href="../../services/readiness/ship05/"' in page
    assert 'href="../../services/readiness/doc05/"' in page
    for field in form.fields:
        assert f"<td>{field.title}</td>" in page


def test_the_table_has_all_of_them_and_links_what_is_there(site: Any) -> None:
    site.build()
    page = site.page("forms")
    for form in forms().values():
        assert f"<code>{form.path}</code>" in page
        assert (form.name == "runbook") == (f'href="{form.name}/"' in page.partition("<h1")[2])


def test_it_is_built_again_when_an_example_changes(site: Any) -> None:
    site.run("handbook", "sync")
    site.run("handbook", "build")
    assert "up to date" in site.run("handbook", "build").stdout
    site.write("svc/docs/runbook.md", RUNBOOK.replace("team-parcels", "team-two"))
    assert "up to date" not in site.run("handbook", "build").stdout
    assert "team-two" in site.page("forms/runbook")


def test_without_examples_and_links_there_is_the_blank(site: Any) -> None:
    site.write(
        "mkdocs.yml",
        MKDOCS.replace("  - handbook/verified\n", "").replace(": {examples: svc}", ""),
    )
    assert "WARNING" not in site.build()
    assert list(blocks(site.page("forms/runbook"))) == ["docs/runbook.md"]


MISTAKES = {
    "no folder": ("examples: svc", "examples: none", "there is no folder none"),
    "no tabs": ("  - pymdownx.tabbed: {alternate_style: true}\n", "", "needs pymdownx.tabbed"),
}


@pytest.mark.parametrize(("old", "new", "said"), MISTAKES.values(), ids=MISTAKES)
def test_a_site_that_cannot_have_them_says_why(site: Any, old: str, new: str, said: str) -> None:
    site.write("mkdocs.yml", MKDOCS.replace(old, new))
    done = site.run("mkdocs", "build", check=False)
    assert done.returncode == 1
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_what_is_not_there_is_named(site: Any) -> None:
    site.write(
        "docs/forms/runbook.md",
        "# A\n\n<!-- handbook:form recipe -->\n\n<!-- handbook:form readme -->\n",
    )
    (site.folder / "svc/README.md").unlink()
    log = site.build()
    assert "forms/runbook.md: no template 'recipe'" in log
    assert re.search(r"the example of readme: .*svc/README\.md", log)
