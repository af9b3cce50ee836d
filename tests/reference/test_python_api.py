"""The pages that pdoc makes: whole, linked, and made once for each state of the sources."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest
from pdoc.doc import Class, Module

from _parts import python_api
from _parts.public import load_groups, module_path

PUBLIC = [name for group in load_groups() for name in group["modules"]]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return python_api.made(tmp_path_factory.mktemp("cache"))


@pytest.fixture(scope="module")
def pages(folder: Path) -> dict[str, str]:
    return {path.stem: path.read_text(encoding="utf-8") for path in folder.glob("*.md")}


def anchors(page: str) -> set[str]:
    """Return the anchors that its headings have."""
    return set(re.findall(r"^#+ .*\{ #(\S+) ", page, re.MULTILINE))


def test_each_public_module_has_a_page(pages: dict[str, str]) -> None:
    assert sorted(pages) == sorted(set(PUBLIC))
    assert len(PUBLIC) == len(set(PUBLIC)), "a module is in two groups"


@pytest.mark.parametrize("name", PUBLIC)
def test_a_page_has_all_that_the_module_makes_public(name: str, pages: dict[str, str]) -> None:
    """Told apart from what is imported by where it was made, or by ``__all__``."""
    module = importlib.import_module(name)
    exported = getattr(module, "__all__", None)
    made = exported or [
        key
        for key, value in vars(module).items()
        if not key.startswith("_") and getattr(value, "__module__", "") == name and callable(value)
    ]
    assert set(made) <= anchors(pages[name])


def test_methods_have_places_and_fields_stand_in_the_signature(pages: dict[str, str]) -> None:
    page = pages["handbook.model.readiness"]
    assert {"Report", "Report.blocking"} <= anchors(page)
    assert "Report.findings" not in anchors(page)
    signature = page.split('<span class="nc">Report</span>')[1].split("</pre>")[0]
    assert re.findall(r'<span class="n">(findings|day)</span>', signature) == ["findings", "day"]


def test_every_link_leads_to_a_place_that_is_there(pages: dict[str, str]) -> None:
    wrong = []
    count = 0
    for name, page in pages.items():
        for href in re.findall(r'href="(?!https?:)([^"]*)"', page):
            target, _, anchor = href.partition("#")
            module = target.removeprefix("../").strip("/") or (name if anchor else "")
            count += bool(anchor)
            if module and (
                module not in pages or (anchor and anchor not in anchors(pages[module]))
            ):
                wrong.append(f"{name}: {href}")
    assert wrong == []
    assert count > 200


def test_nothing_on_a_page_is_refused_by_the_policy(pages: dict[str, str]) -> None:
    for name, page in pages.items():
        assert not re.search(r"<script|\son\w+=|<style|<link|<h[1-6]|:class:`|\t", page), name


def test_all_modules_are_named_with_what_is_in_them(folder: Path) -> None:
    listed = python_api.module_list()
    for name in python_api.all_modules():
        assert f"`{name}`" in listed, name
    assert "(says nothing)" not in listed


def test_an_unchanged_source_is_documented_once(folder: Path) -> None:
    before = {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}
    assert python_api.made(folder.parent) == folder
    assert {path.name: path.stat().st_mtime_ns for path in folder.iterdir()} == before
    assert list(folder.parent.iterdir()) == [folder], "nothing half-made is left"


def test_a_module_that_is_not_there_is_named() -> None:
    with pytest.raises(LookupError, match=r"there is no module handbook\.nothing"):
        module_path("handbook.nothing")


def test_the_package_keeps_its_public_classes_documented() -> None:
    """A class without a docstring would be a heading with nothing below it."""
    bare = [
        f"{name}.{member.qualname}"
        for name in PUBLIC
        for member in Module.from_name(name).members.values()
        if isinstance(member, Class) and not member.name.startswith("_") and not member.docstring
    ]
    assert bare == []
