"""Tests of a service stand below the operations and objects they call, collapsed, as text."""

from __future__ import annotations

import re

from handbook.collect import collect
from handbook.model.limits import Limits
from handbook.model.service import Service, Snapshot
from handbook.render.api import render_apis
from handbook.render.context import RenderContext
from handbook.render.examples import Panels, no_panels, panels_of
from handbook.render.forge import Forge
from handbook.render.reference import render_reference
from handbook.tree import MemoryTree

FILES = {
    "openapi.yaml": """\
openapi: 3.0.3
info: {title: Risk, version: "1"}
paths:
  /scores/{id}:
    get: {operationId: read, responses: {"200": {description: ok}}}
    delete: {operationId: remove, responses: {"204": {description: ok}}}
""",
    "src/risk/__init__.py": 'from risk._core import Client\n\n__all__ = ["Client"]\n',
    "src/risk/_core.py": '''\
class Client:
    """Asks for scores."""

    def score(self, amount: int) -> float:
        """Return one."""
        return amount / 2
''',
    "tests/test_risk.py": """\
import risk
from risk import Client


class TestScores:
    def test_read(self, client):
        answer = client.get(f"/scores/{1}")
        assert answer.text != "<script>alert(1)</script>"


def test_client():
    assert Client().score(12) == 6


def test_much():
    client = risk.Client()
"""
    + "    client.score(1)\n" * 60,
}


def made(files: dict[str, str]) -> tuple[str, str]:
    """Return the API page and the reference of one service."""
    tree = MemoryTree(files, repo="https://github.com/acme/risk")
    service = Service("Risk", "risk", tree.repo)
    snapshot = Snapshot(service, "", tree.commit, "main")
    facts = collect(snapshot, tree, Limits())
    ctx = RenderContext(snapshot, Forge.of(tree.repo), Limits(), {})
    panels = panels_of(facts, ctx, tree)
    api = render_apis(facts.apis.value, ctx, panels)  # type: ignore[union-attr]
    reference = render_reference(facts.code.value, ctx, tree, {}, panels)  # type: ignore[union-attr]
    return "".join(p.html for p in api.pages), "".join(p.html for p in reference.pages)


def panel_of(html: str, anchor: str) -> str:
    """Return the first panel below an anchor, before the next heading of its kind."""
    below = html.partition(f'id="{anchor}"')[2]
    found = re.match(
        r"(?:(?!<h\d[^>]* id=).)*?(<details class=\"hb-fold\" data-pagefind-ignore.*?)</details>",
        below,
        re.S,
    )
    return found[1] if found else ""


def test_an_operation_has_its_tests_and_no_other() -> None:
    api, _ = made(FILES)
    panel = panel_of(api, "op-read")
    assert "Examples from tests (1)" in panel and " open" not in panel.partition(">")[0]
    assert "test_read" in panel
    assert re.search(r"github\.com/acme/risk/blob/[0-9a-f]+/tests/test_risk\.py#L6", panel)
    assert '<span class="k">def</span>' in panel  # coloured, without the class's indentation
    assert "<script>" not in panel and "&lt;script&gt;" in panel
    assert panel_of(api, "op-remove") == ""


def test_objects_are_found_under_any_name_that_they_are_imported_by() -> None:
    _, reference = made(FILES)
    panel = panel_of(reference, "risk.Client.score")
    assert "Examples from tests (2)" in panel
    first, second = panel.index("test_client"), panel.index("test_much")
    assert first < second, "the shortest comes first"
    assert "Examples from tests" in panel_of(reference, "risk.Client")


def test_a_long_test_is_cut_with_a_link() -> None:
    _, reference = made(FILES)
    panel = panel_of(reference, "risk.Client.score")
    assert "Cut here: 32 more lines in the repo." in panel


def test_a_page_full_of_tests_has_links_only() -> None:
    _, full = made(FILES)
    tree = MemoryTree(FILES)
    snapshot = Snapshot(Service("Risk", "risk", tree.repo), "", tree.commit, "main")
    ctx = RenderContext(snapshot, Forge.of(tree.repo), Limits(), {})
    panels = panels_of(collect(snapshot, tree, Limits()), ctx, tree)
    assert "<pre>" in panels.of("risk.Client.score") and "<pre>" in full
    while "<pre>" in panels.of("risk.Client.score"):
        pass
    assert "tests/test_risk.py:11" in panels.of("risk.Client.score")
    panels.begin()
    assert "<pre>" in panels.of("risk.Client.score")


def test_without_tests_there_is_no_panel() -> None:
    api, reference = made({path: text for path, text in FILES.items() if "tests" not in path})
    assert "Examples from tests" not in api + reference
    tree = MemoryTree(FILES)
    snapshot = Snapshot(Service("Risk", "risk", tree.repo), "", tree.commit, "main")
    assert isinstance(no_panels(RenderContext(snapshot, Forge.of(""), Limits(), {})), Panels)
