"""The pages of a service's Python reference, from source in a tree to sanitised HTML."""

import re
from collections.abc import Callable, Mapping
from io import BytesIO
from textwrap import dedent
from urllib.parse import urljoin

import pytest
from mkdocstrings import Inventory

from handbook.collect.python import collect_python
from handbook.model.code import PythonCode
from handbook.model.facts import Found
from handbook.model.limits import Limits
from handbook.model.pages import NavItem, Page, Section
from handbook.model.service import Service, Snapshot
from handbook.render.context import RenderContext
from handbook.render.forge import Forge
from handbook.render.reference import imported_packages, inventory_of, render_reference
from handbook.tree import Commit, MemoryTree

REPO = "https://github.com/acme/risk"
SHA = "0123456789abcdef0123456789abcdef01234567"
Files = Mapping[str, str]


def read(files: Files, slug: str = "risk", limits: Limits | None = None) -> PythonCode:
    service = Service(name=slug, slug=slug, repo=REPO)
    fact = collect_python(MemoryTree(clean(files)), service, limits or Limits())
    assert isinstance(fact, Found)
    return fact.value


def clean(files: Files) -> dict[str, str]:
    return {path: dedent(text) for path, text in files.items()}


def render(
    files: Files,
    slug: str = "risk",
    inventories: Mapping[str, bytes] | None = None,
    *,
    limits: Limits | None = None,
    repo: str = REPO,
    dates: Mapping[str, tuple[Commit, Commit]] | None = None,
) -> Section:
    limits = limits or Limits()
    tree = MemoryTree(clean(files), repo=repo, dates=dates)
    service = Service(name=slug, slug=slug, repo=repo)
    fact = collect_python(tree, service, limits)
    assert isinstance(fact, Found)
    snapshot = Snapshot(service, "", SHA, branch="main")
    ctx = RenderContext(snapshot, Forge.of(repo), limits, {})
    return render_reference(fact.value, ctx, tree, inventories or {})


def pages(section: Section) -> dict[str, Page]:
    return {page.uri: page for page in section.pages}


def only(files: Files, **options: object) -> Page:
    (page,) = render(files, **options).pages  # type: ignore[arg-type]
    return page


SERVICE = {
    "src/risk/__init__.py": '''
        """Score transactions for fraud."""
        from risk._client import Client
        __all__ = ["Client", "score"]
        def score(amount: float, *, client: Client | None = None) -> float:
            """Score one transaction.

            Args:
                amount: In cents.
                client: Where to ask; see [`Client.get`][risk.Client.get].

            Returns:
                Between 0 and 1.
            """
        ''',
    "src/risk/_client.py": '''
        class Client:
            """Asks the service."""
            def __init__(self, url: str):
                """Connect.

                Args:
                    url: Address.
                """
            def get(self, key: "str") -> bytes:
                """Fetch with :meth:`~Client.get`, not `httpx`."""
        ''',
    "src/risk/model.py": '''
        """The model.

        Usage:

            model = Model()
        """
        from risk import Client
        class Model:
            weights: dict[str, Client]
            def fit(
                self, rows: list[tuple[int, str]], epochs: int = 3, shuffle: bool = True, seed=1
            ): ...
        ''',
    "src/risk/data/loaders.py": "from risk.data.loaders import x\ndef load() -> int: ...",
}


def test_one_page_per_public_module_and_an_index() -> None:
    section = render(SERVICE)
    assert list(pages(section)) == [
        "reference/",
        "reference/risk/",
        "reference/risk/data/loaders/",
        "reference/risk/model/",
    ]
    assert {page.kind for page in section.pages} == {"reference"}
    assert section.problems == ()


def test_navigation_follows_the_packages() -> None:
    assert render(SERVICE).nav == (
        NavItem(
            "Reference",
            "reference/",
            (
                NavItem("risk", "reference/risk/"),
                NavItem("data.loaders", "reference/risk/data/loaders/"),
                NavItem("model", "reference/risk/model/"),
            ),
        ),
    )


def test_navigation_of_several_packages() -> None:
    files = {f"{name}/__init__.py": "def f(): ..." for name in ("risk", "fraud")}
    files["risk/model.py"] = "def g(): ..."
    (nav,) = render(files).nav
    assert nav.children == (
        NavItem("fraud", "reference/fraud/"),
        NavItem("risk", "reference/risk/", (NavItem("model", "reference/risk/model/"),)),
    )


def test_a_single_module_is_the_reference() -> None:
    section = render({"risk/__init__.py": '"""Score."""\ndef f(): ...'})
    (page,) = section.pages
    assert (page.uri, page.title, page.description) == ("reference/", "risk", "Score.")
    assert section.nav == (NavItem("Reference", "reference/"),)


def test_index_lists_modules_with_their_summaries_or_contents() -> None:
    index = pages(render(SERVICE))["reference/"].html
    assert '<a href="risk/model/"><code>risk.<wbr>model</code></a></td><td>The model.</td>' in index
    assert "<td><code>load</code></td>" in index
    assert '<th scope="col">Module</th>' in index


def test_every_heading_and_table_head_is_accessible() -> None:
    for page in render(SERVICE).pages:
        assert "<th>" not in page.html
        assert page.html.count("<h1") == 1


def test_every_object_has_its_anchor_and_is_in_the_inventory() -> None:
    code = read(SERVICE)
    found = pages(render(SERVICE))
    inventory = Inventory.parse_sphinx(BytesIO(inventory_of(code, "risk")))
    for module in code.modules:
        for item in module.objects:
            uri, _, anchor = inventory[item.path].uri.partition("#")
            assert f'id="{anchor}"' in found[uri].html
            assert inventory[item.path].role == item.role
    assert inventory["risk._client.Client.get"].uri == "reference/risk/#risk.Client.get"
    assert inventory["risk.model"].uri == "reference/risk/model/#risk.model"


def test_inventory_is_an_asset_and_needs_only_the_facts() -> None:
    (asset,) = render(SERVICE).assets
    assert asset.uri == "objects.inv"
    assert asset.data == inventory_of(read(SERVICE), "risk")


def test_contents_name_every_object() -> None:
    page = pages(render(SERVICE))["reference/risk/model/"]
    assert [(item.level, item.anchor, item.title) for item in page.toc] == [
        (1, "risk.model", "model"),
        (2, "risk.model.Model", "Model"),
        (3, "risk.model.Model.weights", "weights"),
        (3, "risk.model.Model.fit", "fit"),
    ]


def test_signatures_are_broken_if_long_and_their_types_are_links() -> None:
    html = pages(render(SERVICE))["reference/risk/model/"].html
    text = re.sub("<[^>]+>", "", html)
    assert "fit(\n    rows: list[tuple[int, str]],\n    epochs: int = 3," in text
    assert '<a class="autorefs" href="../#risk.Client" title="risk.Client">' in html
    assert "score(amount: float, *, client: Client | None = None) -&gt; float" in re.sub(
        "<[^>]+>", "", pages(render(SERVICE))["reference/risk/"].html
    )


def test_docstrings_are_parsed_and_their_references_are_links() -> None:
    html = pages(render(SERVICE))["reference/risk/"].html
    assert "In cents." in html
    assert "Between 0 and 1." in html
    assert '<a class="autorefs" href="#risk.Client.get"' in html
    assert "[risk.Client.get]" not in html


def test_links_to_the_source_at_the_commit_shown() -> None:
    html = pages(render(SERVICE))["reference/risk/"].html
    assert f'href="{REPO}/blob/{SHA}/src/risk/_client.py#L2"' in html
    assert 'aria-label="Source of risk.Client"' in html
    assert f'href="{REPO}/blob/{SHA}/src/risk/__init__.py#L5"' in html


def test_pages_lead_to_their_file_and_say_when_it_changed() -> None:
    first = Commit(SHA, "", "2026-01-01T00:00:00+00:00", "", "", "")
    last = Commit(SHA, "", "2026-02-01T00:00:00+00:00", "", "", "")
    page = pages(render(SERVICE, dates={"src/risk/model.py": (first, last)}))[
        "reference/risk/model/"
    ]
    assert page.edit_url == f"{REPO}/edit/main/src/risk/model.py"
    assert page.view_url == f"{REPO}/blob/{SHA}/src/risk/model.py"
    assert page.updated == last.committed
    assert page.created == first.committed


def test_a_local_repo_has_no_links_to_source() -> None:
    page = only({"risk/__init__.py": "def f(): ..."}, repo="/srv/risk")
    assert "doc-source" not in page.html
    assert page.edit_url == ""


CORE = {
    "acme/core/__init__.py": "def f(): ...",
    "acme/core/client.py": "from acme.core import f\nclass Client:\n    def get(self): ...",
}
USER = {
    "acme/user/__init__.py": "from acme.user import x\n",
    "acme/user/app.py": '''
        from acme.core.client import Client
        def run(client: Client) -> None:
            """Runs [the client][acme.core.client.Client.get]."""
        ''',
    "acme/user/other.py": "def f(): ...",
}


def test_services_link_to_each_other_through_inventories() -> None:
    core = read(CORE, "core")
    assert core.packages == ("acme.core",)
    assert imported_packages(read(USER, "user")) & set(core.packages)
    section = render(USER, "user", {"core": inventory_of(core, "core")})
    page = pages(section)["reference/acme/user/app/"]
    hrefs = re.findall(r'class="autorefs" href="([^"]+)"', page.html)
    base = f"https://example.org/services/user/{page.uri}"
    assert {urljoin(base, href) for href in hrefs} == {
        "https://example.org/services/core/reference/acme/core/client/#acme.core.client.Client",
        "https://example.org/services/core/reference/acme/core/client/#acme.core.client.Client.get",
    }


def test_a_name_that_two_services_claim_is_no_link() -> None:
    inventory = inventory_of(read(CORE, "core"), "core")
    section = render(USER, "user", {"core": inventory, "fork": inventory})
    assert 'class="autorefs"' not in pages(section)["reference/acme/user/app/"].html


def test_without_inventories_names_stay_text() -> None:
    html = pages(render(USER, "user"))["reference/acme/user/app/"].html
    assert 'class="autorefs"' not in html
    assert "Runs the client." in html


def test_names_offered_from_elsewhere_are_listed() -> None:
    files = {
        "risk/__init__.py": "from risk.model import fit\nfrom torch import nn\n"
        "__all__ = ['fit', 'nn', 'lazy']\ndef __getattr__(name): ...",
        "risk/model.py": "def fit(): ...",
    }
    page = pages(render(files))["reference/risk/"]
    assert '<a href="model/#risk.model.fit"><code>risk.model.fit</code></a>' in page.html
    assert "<code>torch.nn</code>" in page.html
    assert "made at run time" in page.html
    assert ("Also in this module", "risk--also") in [(i.title, i.anchor) for i in page.toc]


@pytest.mark.parametrize(
    ("style", "docstring"),
    [
        ("google", "F.\n\nArgs:\n    x: The input.\n"),
        ("numpy", "F.\n\nParameters\n----------\nx : int\n    The input.\n"),
        ("sphinx", "F.\n\n:param x: The input.\n"),
    ],
)
def test_sections_of_each_style_become_tables(style: str, docstring: str) -> None:
    page = only({"risk/__init__.py": f"def f(x: int):\n    '''{docstring}'''\n"})
    assert "PARAMETER</span></th>" in page.html
    assert re.search(r"<td>\s*<code>x</code>\s*</td>", page.html), style


ROW = '''
    class Row:
        """A row.

        Attributes:
            key: Which one.
            key: Twice by mistake.
            value: What is in it.
            gone: Not there any more.
        """
        key: str = "k"
        value: int
        "Said here, too."
        other: int
    '''


def test_attributes_that_the_docstring_describes_are_rows_with_their_anchor() -> None:
    page = only({"risk/__init__.py": ROW})
    assert page.html.count('id="risk.Row.key"') == 1
    assert '<td><code id="risk.Row.key">key</code></td>' in page.html
    assert "<code>str = 'k'</code>" in page.html
    assert '<a href="#risk.Row.value"><code>value</code></a>' in page.html
    assert "<td><code>gone</code></td>" in page.html
    assert [item.title for item in page.toc] == ["risk", "Row", "value", "other"]


def test_summaries_are_without_markup_for_references() -> None:
    files = {
        "risk/__init__.py": "'''Uses :class:`~risk.model.Model`, [`x`][y] and `z`.'''",
        "risk/model.py": "class Model: ...",
    }
    found = pages(render(files))
    assert found["reference/risk/"].description == "Uses Model, x and z."
    assert "Uses <code>Model</code>, <code>x</code> and <code>z</code>." in found["reference/"].html


def test_dataclasses_have_a_signature() -> None:
    code = """
        from dataclasses import dataclass, field
        @dataclass
        class Row:
            key: str
            values: list[int] = field(default_factory=list)
        """
    text = re.sub("<[^>]+>", "", only({"risk/__init__.py": code}).html)
    assert "Row(key: str, values: list[int] = list())" in text


def test_permanent_links_and_labels() -> None:
    code = "class A:\n    @classmethod\n    async def f(cls): ...\n    x: int = 1\n"
    html = only({"risk/__init__.py": code}).html
    assert html.count("¶") == 4
    assert "classmethod" in html
    assert "async" in html
    assert "instance-attribute" not in html


def test_module_over_the_limit_says_so() -> None:
    files = {"risk/__init__.py": "".join(f"def f{n}(): ...\n" for n in range(20))}
    assert "15 more names are not shown" in only(files, limits=Limits(api_page_objects=5)).html


def test_page_over_the_limit_is_left_out_and_said() -> None:
    files = {
        "risk/__init__.py": "def f(): ...",
        "risk/big.py": "".join(f"def f{n}(): ...\n" for n in range(50)),
    }
    section = render(files, limits=Limits(rendered_page=10_000))
    assert "reference/risk/big/" not in pages(section)
    assert "too large" in section.problems[0].message


def test_rendering_is_repeatable() -> None:
    assert render(SERVICE) == render(SERVICE)


def test_every_internal_link_leads_somewhere(source_files: Callable[[str], Files]) -> None:
    files = {**source_files("sample_service/src"), **source_files("plugins/handbook/model")}
    found = pages(render(files))
    assert len(found) > 10
    broken = []
    for page in found.values():
        for href in re.findall(r'href="([^"]+)"', page.html):
            target = urljoin(f"/{page.uri}", href)
            if target.startswith("http"):
                continue
            uri, _, anchor = target.removeprefix("/").partition("#")
            if uri not in found or (anchor and f'id="{anchor}"' not in found[uri].html):
                broken.append((page.uri, href))
    assert broken == []
