"""What we rely on in mkdocstrings and griffe beyond their public interfaces.

Fails first, and says where, when a new version of one of them changes it.
"""

import inspect
from pathlib import Path

import griffe
import mkdocs_autorefs
import pytest
from griffe._internal.extensions import dataclasses
from jinja2 import TemplateNotFound
from markdown import Markdown
from mkdocstrings import BaseHandler
from mkdocstrings_handlers.python import PythonConfig, PythonHandler, PythonOptions

from handbook.model.limits import Limits
from handbook.render.reference.handler import _OPTIONS, ReferenceHandler


def handler() -> ReferenceHandler:
    return ReferenceHandler({}, lambda _path, _line: "", Limits())


def test_private_names_are_there() -> None:
    assert "md" in inspect.signature(BaseHandler._update_env).parameters
    assert callable(dataclasses._dataclass_parameters.cache_clear)


def test_we_set_what_the_original_sets(tmp_path: Path) -> None:
    original = PythonHandler(
        PythonConfig.from_data(),
        tmp_path,
        theme="material",
        custom_templates=None,
        mdx=[],
        mdx_config={},
    )
    assert set(vars(original)) <= set(vars(handler()))


def test_the_working_directory_does_not_matter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    assert handler().md


def test_our_filters_and_templates_take_the_place_of_the_originals() -> None:
    env = handler().env
    for name in ("format_signature", "format_attribute", "format_type_alias", "highlight"):
        assert name in env.filters
    loader = env.loader
    assert loader is not None
    for name in ("class", "function", "attribute", "type_alias"):
        source, _, _ = loader.get_source(env, f"{name}.html.jinja")
        assert "source_link" in source
        base, _, _ = loader.get_source(env, f"_base/{name}.html.jinja")
        assert "{% block signature scoped %}" in base
    for name in ("children", "expression", "labels", "docstring"):
        try:
            loader.get_source(env, f"{name}.html.jinja")
        except TemplateNotFound as error:
            raise AssertionError(name) from error


def test_originals_use_the_filters_we_replace() -> None:
    env = handler().env
    assert env.loader is not None
    for template, name in (
        ("function", "format_signature"),
        ("class", "format_signature"),
        ("attribute", "format_attribute"),
        ("type_alias", "format_type_alias"),
        ("class", 'include "expression.html.jinja"'),
        ("class", 'include "children.html.jinja"'),
        ("module", 'include "children.html.jinja"'),
        ("function", 'include "labels.html.jinja"'),
    ):
        source, _, _ = env.loader.get_source(env, f"_base/{template}.html.jinja")
        assert name in source, template


def test_options_are_known() -> None:
    options = PythonOptions.from_data(**_OPTIONS)
    assert options.allow_inspection is False
    assert options.show_source is False
    assert options.extensions == []


def test_nothing_is_searched_or_imported() -> None:
    made = handler()
    assert made._paths == []
    assert made._modules_collection.members == {}


def test_docstring_converter_has_no_raw_html_and_no_directives() -> None:
    inner = handler().md
    assert isinstance(inner, Markdown)
    assert "html_block" not in inner.preprocessors
    assert "html" not in inner.inlinePatterns
    assert "mkdocstrings" not in inner.parser.blockprocessors
    assert mkdocs_autorefs.AutorefsInlineProcessor.name in inner.inlinePatterns


def test_references_are_marked_as_expected() -> None:
    assert mkdocs_autorefs.AUTOREF_RE.groupindex == {"attrs": 1, "title": 2}


def test_griffe_visits_text_under_a_name_of_our_choice() -> None:
    parameters = inspect.signature(griffe.visit).parameters
    assert {"module_name", "filepath", "code", "parent", "extensions"} <= set(parameters)
