"""The pages of a definition: what is on them, and how they hold together."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from handbook.model.limits import Limits
from handbook.model.pages import NavItem, Section
from handbook.render.api import render_apis

Render = Callable[..., Section]
INFO = {"title": "Risk", "version": "1"}


def large(operations: int, schemas: int = 0, *, tags: int = 5, body: Any = None) -> dict[str, Any]:
    """Make a definition of many operations and schemas."""
    ok: dict[str, Any] = {"responses": {"200": {"description": "ok"}}}
    if body:
        ok["requestBody"] = {"content": {"application/json": {"schema": body}}}
    return {
        "openapi": "3.0.3",
        "info": INFO,
        "paths": {
            f"/p{n}/{{id}}": {
                "get": {
                    "operationId": f"get{n}",
                    "summary": f"Get {n}",
                    "tags": [f"Tag {n % tags}"],
                    "parameters": [
                        {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
                    ],
                    **ok,
                }
            }
            for n in range(operations)
        },
        "components": {
            "schemas": {
                f"{'abcdefgh'[n % 8]}Thing{n}": {
                    "type": "object",
                    "properties": {
                        f"property{p}": {"type": "string", "description": "Some words"}
                        for p in range(20)
                    },
                }
                for n in range(schemas)
            }
        },
    }


def test_no_definition_gives_no_section() -> None:
    assert render_apis((), None) == Section()  # type: ignore[arg-type]


def test_a_small_definition_is_one_page(rendered: Render, rich: dict[str, Any]) -> None:
    section = rendered(openapi=rich)
    (page,) = section.pages
    assert (page.uri, page.title, page.kind) == ("api/", "Fraud Score", "api")
    assert section.nav == (NavItem("API", "api/"),)
    assert page.edit_url == "https://github.com/acme/risk/edit/main/openapi.json"
    assert [(item.level, item.title) for item in page.toc][:6] == [
        (1, "Fraud Score"),
        (2, "Operations"),
        (2, "Authentication"),
        (2, "Try it interactively"),
        (2, "scores"),
        (3, "Score a payment"),
    ]


def test_all_of_an_operation_is_on_the_page(
    rendered: Render, rich: dict[str, Any], parse: Any
) -> None:
    parser = parse(rendered(openapi=rich).pages[0].html)
    words = " ".join("".join(parser.texts).split())
    for expected in (
        "POST /scores",
        "Score a payment",
        "Returns a probability between 0 and 1.",
        "Operation createScore",
        "X-Request-Id required header string (uuid)",
        "dry_run query boolean default false Do not store it",
        "amount number more than 0 required In the currency's unit",
        'one of "EUR" "USD"; default "EUR"',
        "application/json Payment",
        "Header X-Rate-Limit integer Calls left",
        "Authentication: apiKey, or oauth (read)",
        "Needs no authentication.",
        "Two models",
        "Callback POST {$request.body#/callback_url}",
        "curl --request POST",
        "Needs no authentication",
        "Served at: https://eu.example.com/v1 Production",
        "deprecated",
    ):
        assert expected in words
    assert {"op-createScore", "op-getScore", "op-get--models", "schema-Payment"} <= set(parser.ids)


def test_operations_link_to_their_line(rendered: Render, rich: dict[str, Any]) -> None:
    data = json.dumps(rich)
    html = rendered(openapi=json.loads(data)).pages[0].html
    commit = "0123456789abcdef0123456789abcdef01234567"
    assert f"https://github.com/acme/risk/blob/{commit}/openapi.json#L1" in html


def test_the_viewer_is_a_button_and_the_files_are_there(
    rendered: Render, rich: dict[str, Any]
) -> None:
    section = rendered(openapi=rich)
    html = section.pages[0].html
    assert '<div class="hb-swagger" data-spec="openapi.json">\n<button type="button"' in html
    assert '<a href="openapi.json" download>' in html
    assert '<a href="source/openapi.json" download>' in html
    assets = {asset.uri: asset for asset in section.assets}
    assert json.loads(assets["api/openapi.json"].data) == rich
    assert assets["api/source/openapi.json"].path == "openapi.json"


def test_files_it_refers_to_can_be_downloaded_up_to_a_number(rendered: Render, parse: Any) -> None:
    refs = {f"S{n}": {"$ref": f"f{n}.json"} for n in range(60)}
    spec = {"openapi": "3.0.0", "info": INFO, "paths": {}, "components": {"schemas": refs}}
    section = rendered(openapi=spec, **{f"f{n}": {"type": "string"} for n in range(60)})
    raw = [asset for asset in section.assets if asset.path]
    words = " ".join("".join(parse(section.pages[0].html).texts).split())
    assert len(raw) == 50
    assert "60 files it refers to" in words
    assert "11 files more, in the repo" in words


def test_a_large_definition_has_a_page_for_each_tag(rendered: Render) -> None:
    section = rendered(openapi=large(60, 200))
    uris = [page.uri for page in section.pages]
    assert uris[:6] == ["api/", *(f"api/tag-{n}/" for n in range(5))]
    assert "api/schemas/a/" in uris
    (nav,) = section.nav
    assert nav.uri == "api/"
    assert [child.title for child in nav.children] == [*(f"Tag {n}" for n in range(5)), "Schemas"]
    tag = next(page for page in section.pages if page.uri == "api/tag-1/")
    assert [item.anchor for item in tag.toc[1:4]] == ["op-get1", "op-get6", "op-get11"]


def test_anchors_of_all_operations_and_schemas_are_on_the_first_page(
    rendered: Render, parse: Any
) -> None:
    section = rendered(openapi=large(60, 200))
    ids = set(parse(section.pages[0].html).ids)
    assert {f"op-get{n}" for n in range(60)} <= ids
    assert {f"schema-{'abcdefgh'[n % 8]}Thing{n}" for n in range(200)} <= ids


def test_a_tag_too_large_for_a_page_goes_on(rendered: Render) -> None:
    words = {"type": "string", "description": "Some words"}
    body = {"properties": {f"property{n}": words for n in range(300)}}
    section = rendered(openapi=large(40, tags=1, body=body), limits=Limits(rendered_page=400_000))
    uris = [page.uri for page in section.pages]
    assert uris[:3] == ["api/", "api/tag-0/", "api/tag-0/2/"]
    assert all(len(page.html) <= 400_000 for page in section.pages)
    assert section.problems == ()
    titles = [child.title for child in section.nav[0].children]
    assert titles[:2] == ["Tag 0", "Tag 0 (2)"]


def test_what_fits_on_no_page_is_cut_aloud(rendered: Render) -> None:
    spec = large(1)
    spec["components"]["schemas"]["Wide"] = {"properties": {f"p{n}": {} for n in range(3_000)}}
    section = rendered(openapi=spec, limits=Limits(rendered_page=60_000))
    assert all(len(page.html) <= 60_000 for page in section.pages)
    assert any("more parts are not shown" in page.html for page in section.pages)
    assert [problem.level for problem in section.problems] == ["notice"]


def test_a_page_that_cannot_be_made_smaller_leads_to_the_file(rendered: Render) -> None:
    spec = large(1)
    spec["paths"]["/p0/{id}"]["get"]["description"] = "words " * 20_000
    section = rendered(openapi=spec, limits=Limits(rendered_page=30_000))
    page = next(page for page in section.pages if page.uri == "api/tag-0/")
    assert "too large to be shown" in page.html
    assert 'href="../openapi.json"' in page.html


def test_several_definitions_have_an_index(rendered: Render, rich: dict[str, Any]) -> None:
    section = rendered(openapi=rich, swagger=large(3))
    assert [page.uri for page in section.pages] == ["api/", "api/fraud-score/", "api/risk/"]
    assert [(item.title, item.uri) for item in section.nav[0].children] == [
        ("Fraud Score", "api/fraud-score/"),
        ("Risk", "api/risk/"),
    ]
    assert {asset.uri for asset in section.assets} == {
        "api/fraud-score/openapi.json",
        "api/fraud-score/source/openapi.json",
        "api/risk/openapi.json",
        "api/risk/source/swagger.json",
    }


@pytest.mark.parametrize(
    "tags", [["schemas", "Schemas"], ["", "é", "日本"], ["a/b", "a b", "A-B"], ["source", "2", "3"]]
)
def test_tags_of_any_name_have_pages_of_their_own(rendered: Render, tags: list[str]) -> None:
    spec = large(50, 60)
    for number, item in enumerate(spec["paths"].values()):
        item["get"]["tags"] = [tags[number % len(tags)]]
    section = rendered(openapi=spec)
    assert len({page.uri for page in section.pages}) == len(section.pages)
    assert len([p for p in section.pages if "schemas/" not in p.uri]) == 1 + len(tags)


def test_untagged_operations_are_grouped_by_path(rendered: Render) -> None:
    paths: dict[str, Any] = {
        f"/api/v1/{name}/{n}": {"get": {"responses": {}}}
        for name in ("users", "orders")
        for n in range(30)
    }
    section = rendered(openapi={"openapi": "3.0.0", "info": INFO, "paths": paths})
    assert [page.uri for page in section.pages] == ["api/", "api/users/", "api/orders/"]


def test_mistakes_are_shown_where_they_can_be_mended(rendered: Render) -> None:
    spec = large(1)
    del spec["info"]["version"]
    html = rendered(openapi=spec).pages[0].html
    spec["info"]["version"] = "1"
    assert "1 thing to mend in this definition" in html
    assert "info: &#34;version&#34; is missing." in html
    assert "openapi.json#L1" in html


def test_the_same_input_gives_the_same_bytes(rendered: Render, rich: dict[str, Any]) -> None:
    assert rendered(openapi=rich) == rendered(openapi=rich)


def test_many_operations_take_little_time(rendered: Render) -> None:
    spec = large(1_000, 500, tags=40)
    start = time.process_time()
    section = rendered(openapi=spec, check=False)
    assert time.process_time() - start < 8  # a second on a machine with nothing else to do
    assert len(section.pages) > 40


def test_the_definition_without_anything(rendered: Render) -> None:
    section = rendered(openapi={"openapi": "3.1.0", "info": INFO, "components": {}})
    assert "This definition has no operations." in section.pages[0].html


def test_hostile_values_anywhere_give_whole_pages(rendered: Render, rich: dict[str, Any]) -> None:
    hostile: list[Any] = [None, [], {}, "</script><b>", 5, {"$ref": "#/components/schemas/Score"}]
    places = _places(rich)[::4]
    for number, place in enumerate(places):
        inner: Any = rich
        for key in place[:-1]:
            inner = inner[key]
        before, inner[place[-1]] = inner[place[-1]], hostile[number % len(hostile)]
        section = rendered(openapi=rich)
        assert "<b>" not in "".join(page.html for page in section.pages)
        inner[place[-1]] = before


def _places(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    keys = (
        list(value)
        if isinstance(value, dict)
        else list(range(len(value) if isinstance(value, list) else 0))
    )
    below = [place for key in keys for place in _places(value[key], (*at, key))]
    return [at, *below] if at else below
