"""A hostile or careless repo: nothing of it runs, nothing of the host shows, nothing hangs."""

import os
import re
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from handbook.collect.python import collect_python
from handbook.model.facts import Found
from handbook.model.limits import Limits
from handbook.model.pages import Section
from handbook.model.service import Service, Snapshot
from handbook.render.context import RenderContext
from handbook.render.forge import Forge
from handbook.render.reference import render_reference
from handbook.tree import MemoryTree, RepoTree

SERVICE = Service(name="Risk", slug="risk", repo="https://github.com/acme/risk")


def build(tree: RepoTree, limits: Limits | None = None) -> Section:
    limits = limits or Limits()
    fact = collect_python(tree, SERVICE, limits)
    assert isinstance(fact, Found)
    ctx = RenderContext(
        Snapshot(SERVICE, "", tree.commit, branch="main"), Forge.of(SERVICE.repo), limits, {}
    )
    return render_reference(fact.value, ctx, tree)


def html(code: str, limits: Limits | None = None) -> str:
    section = build(MemoryTree({"risk/__init__.py": code}), limits)
    return "".join(page.html for page in section.pages)


def docstring(text: str, limits: Limits | None = None) -> str:
    return html(f"def f():\n    {text!r}\n", limits)


def test_py_import_side_effect(
    git_repo: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Names of modules that Python or our libraries import, each leaving a mark if it runs."""
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    mark = tmp_path / "ran"
    bomb = f"open({str(mark)!r}, 'a').write(__name__)\ndef shown(): ...\n"
    shadows = ("sitecustomize", "usercustomize", "conftest", "setup", "jinja2", "yaml", "griffe")
    packages = ("risk", "markdown", "mkdocstrings_handlers", "griffe_extension")
    files = {f"{name}.py": bomb for name in shadows}
    files |= {f"{name}/__init__.py": bomb for name in packages}
    files |= {f"{name}/extension.py": bomb for name in packages}
    files["x.pth"] = f"import os; open({str(mark)!r}, 'a')"
    files["pyproject.toml"] = (
        "[build-system]\nrequires = []\nbuild-backend = 'setup'\nbackend-path = ['.']\n"
        "[project]\nname = 'risk'\n"
        "[tool.griffe]\nextensions = ['griffe_extension/extension.py']\n"
    )
    files["mkdocs.yml"] = (
        "plugins:\n- mkdocstrings:\n    handlers:\n      python:\n        options:\n"
        "          extensions: [griffe_extension/extension.py]\n"
    )
    repo = git_repo()
    repo.commit(files)
    before, path = set(sys.modules), list(sys.path)
    with repo.open() as tree:
        section = build(tree)
    assert [page.uri for page in section.pages if "risk" in page.uri]
    assert not mark.exists()
    assert sys.path == path
    assert os.listdir(work) == []  # noqa: PTH208
    assert not [name for name in set(sys.modules) - before if name.startswith(("risk", "griffe_"))]


def test_a_package_named_like_an_installed_one_is_the_services_own() -> None:
    files = {
        "click/__init__.py": "from click.core import *\nfrom jinja2 import Template\n"
        "__all__ = ['ours', 'Template', 'command']",
        "click/core.py": "def ours(): ...",
    }
    section = build(MemoryTree(files))
    text = "".join(page.html for page in section.pages)
    assert "click.core.ours" in text
    assert "jinja2.Template" in text  # named, not looked up
    assert "made at run time" in text  # command: the installed click has it, this one does not
    assert "Creates a new" not in text


def test_directives_in_docstrings_do_nothing() -> None:
    text = "F.\n\n::: os\n    handler: evil\n    options:\n      extensions: [risk/__init__.py]\n"
    assert "::: os" in docstring(text)


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "</div></div></article><h1 id='__config'>x</h1>",
        "<autoref identifier='risk.f' onclick='alert(1)'>x</autoref>",
        '<autoref identifier="risk.f" domain=a role=b origin=c filepath=d lineno=z>x</autoref>',
        "<autoref>x</autoref>",
        '<span data-autorefs-identifier="risk.f">x</span>',
        "<backlinks identifier='x' handler='python' />",
        "{{ config }}{% include '/etc/passwd' %}",
    ],
)
def test_raw_html_in_docstrings_is_text(text: str) -> None:
    found = docstring(f"F.\n\n{text}\n\nmore")
    assert "<script" not in found
    assert "<img" not in found
    assert not re.search(r"<[^>]*\son\w+=", found)
    assert "<autoref" not in found
    assert 'id="__config"' not in found
    visible = re.sub("<[^>]+>", "", found)
    assert re.split(r"[\s>]", text.replace("<", "&lt;"), maxsplit=1)[0] in visible


@pytest.mark.parametrize(
    "text",
    [
        "[x](javascript:alert(1))",
        "[x](data:text/html,x)",
        "[a]\n\n[a]: javascript:alert(1)",
        "`x <javascript:alert(1)>`_",
        "<javascript:alert(1)>",
    ],
)
def test_links_with_script_lead_nowhere(text: str) -> None:
    assert not re.search(r'href="\s*(?:javascript|data):', docstring(text))


def test_links_from_the_root_of_another_site_are_left_out() -> None:
    found = docstring("See [streaming](/quickstart#streaming) and [docs](https://risk.example/).")
    assert "streaming" in found
    assert "/quickstart" not in found
    assert 'href="https://risk.example/"' in found


def test_text_that_looks_like_a_reference_stays_text() -> None:
    assert "a[0][1]" in docstring("Returns a[0][1].")
    assert "[x][y &quot;z&quot;]" in docstring('See [x][y "z"].') or '[x][y "z"]' in docstring(
        'See [x][y "z"].'
    )


def test_markup_in_code_is_escaped() -> None:
    found = html(
        "def f(a='<script>alert(1)</script>', b: '</code><b>' = 1): ...\n"
        "X = '</pre><img src=x onerror=alert(1)>'\n"
    )
    assert "<script" not in found
    assert "<img" not in found
    assert "&lt;script&gt;" in found


def test_signature_with_more_short_names_than_there_are_marks() -> None:
    parameters = ", ".join(f"a{n}: T" for n in range(200))
    found = html(f"class T: ...\ndef f({parameters}) -> T: ...\n")
    assert found.count('href="#risk.T" title="risk.T"') == 201


def test_names_of_signatures_are_never_mixed_up() -> None:
    """mkdocstrings-python's own marks can be the same as a name in the signature."""
    names = ", ".join(f"_{letter}: T" for letter in "abcdefghijklmnopqrstuvwxyz0123456789")
    found = re.sub("<[^>]+>", "", html(f"class T: ...\ndef f({names}): ...\n"))
    assert "_a: T,\n    _b: T," in found


@pytest.mark.parametrize(
    "text",
    [
        "[" * 20_000,
        "*a **b _c __d " * 5_000,
        "".join("  " * n + "- x\n" for n in range(400)),
        "> " * 5_000 + "x",
        "|a" * 500 + "|\n" + "|-" * 500 + "|\n" + ("|b" * 500 + "|\n") * 50,
        "!!! note\n" * 200 + "    x",
        "".join("    " * n + "!!! note\n" for n in range(120)),
        "`" * 20_000,
        "x" * 200_000,
        "```\n" * 2_001,
    ],
    ids=[
        "brackets-20k",
        "emphasis",
        "nested-list-400",
        "quotes",
        "table-500-columns",
        "notes",
        "nested notes",
        "ticks",
        "long",
        "fences",
    ],
)
def test_hostile_docstrings_end_and_the_page_is_still_there(text: str) -> None:
    start = time.process_time()
    found = docstring(f"First line.\n\n{text}")
    assert time.process_time() - start < 6
    assert 'id="risk.f"' in found


def test_a_docstring_left_plain_is_said() -> None:
    section = build(MemoryTree({"risk/__init__.py": f"def f():\n    {'[' * 3000!r}\n"}))
    assert "docstring of risk.f" in section.problems[0].message
    assert section.problems[0].origin.path == "risk/__init__.py"


# The clock may strike within a callback of the garbage collector; it then strikes again.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_page_that_takes_too_long_is_left_out_and_said() -> None:
    files = {
        "risk/__init__.py": "def f(): ...",
        "risk/slow.py": "".join(f"def f{n}(): ...\n" for n in range(900)),
    }
    section = build(MemoryTree(files), Limits(page_seconds=0.05))  # type: ignore[arg-type]
    assert "risk.slow took too long" in section.problems[-1].message


CODE = {
    "unicode names": "def größe(ﬁ: int): ...\nclass Ünïcode: ...\n",
    "deep default": "def f(a=" + "-" * 500 + "1): ...\n",
    "deep annotation": "def f(a: " + "list[" * 90 + "int" + "]" * 90 + "): ...\n",
    "long constant": "X = [" + "1, " * 50_000 + "]\n",
    "long string": "X = " + repr("x" * 500_000) + "\n",
    "self base": "class A(A): ...\nclass B(C): ...\nclass C(B): ...\n",
    "odd bases": "class A(f(x)[0], *y, metaclass=z): ...\n",
    "overloads": "from typing import overload\n@overload\ndef f(a: int): ...\n"
    "@overload\ndef f(a: str): ...\ndef f(a): ...\n",
    "property setter": "class A:\n    @property\n    def x(self): ...\n"
    "    @x.setter\n    def x(self, v): ...\n",
    "all of odd things": "__all__ = ['f', 1, *x, y.z] + [n for n in dir()]\n"
    "__all__ += other.__all__\ndef f(): ...\n",
    "nested classes": "".join("    " * n + f"class A{n}:\n" for n in range(30))
    + "    " * 30
    + "x: int\n",
    "positional only": "def f(a, /, b, *, c): ...\nclass A:\n    def g(self, /, *a, **k): ...\n",
    "string annotations": "class A: ...\n"
    "def f(a: 'list[\"B\"]', b: '1 +', c: '<x>') -> 'A.b': ...\n",
    "annotated": "from typing import Annotated\n"
    "def f(a: Annotated[int, 'x<y'], b: Annotated): ...\n",
    "redefined": "class A: ...\ndef A(): ...\nA = 1\nimport A\nclass A: ...\n",
    "docstring only": "'''Only words.'''\n",
    "form feed and tabs": "\x0cdef f():\n\t'''F.\n\n\tMore.'''\n",
    "crlf": "def f():\r\n    '''F.\r\n\r\n    More.'''\r\n",
    "broken sections": "def f():\n"
    "    '''F.\n\n    Args:\n    x:\n      : y\n\n    Returns:\n    '''\n",
    "surrogates": "'''\\ud800 # h'''\n__all__ = ['\\udfff', '<b>', 'X', 'f']\n"
    "X = '\\ud800'\ndef f(a='\\udfff'):\n    '\\ud83d'\n",
}


@pytest.mark.parametrize("name", CODE)
def test_odd_code_is_shown(name: str) -> None:
    section = build(MemoryTree({"risk/__init__.py": CODE[name]}))
    assert section.problems == ()
    (page,) = section.pages
    assert 'id="risk"' in page.html
    assert len(page.html) < 100_000
    page.html.encode()
