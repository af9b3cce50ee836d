"""Names of tools in settings, CI and tests: contract tests, and what documents code."""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct

from handbook.model.interfaces import OWN_TEST, Practice
from handbook.model.source import Spot


class _Sign(Struct, frozen=True):
    """What tells of a tool: words, one of which must be there, then the pattern itself.

    Looking for words is a hundred times faster, and in most files there are none.
    """

    name: str
    words: tuple[str, ...]
    pattern: re.Pattern[str]


def _sign(name: str, words: str, pattern: str) -> _Sign:
    return _Sign(name, tuple(words.split()), re.compile(pattern, re.MULTILINE))


_IMPORT = r"^[ \t]*(?:import|from)[ \t]+"
_RUN = r"(?:^|[\s\"'`;&|/])"  # before the name of a program

# In tests: an import. What only a manifest names is not in use yet.
_CONTRACT_CODE = (
    _sign("Schemathesis", "schemathesis", rf"{_IMPORT}schemathesis\b"),
    _sign(
        "Pact",
        "pact",
        rf"{_IMPORT}pact\b|@pact-foundation/pact|pact-foundation/pact-go|au\.com\.dius\.pact",
    ),
    _sign("openapi-core", "openapi_core", rf"{_IMPORT}openapi_core\b"),
    _sign("Dredd", "dredd", rf"{_IMPORT}dredd_hooks\b|require\(['\"]dredd[\w-]*['\"]\)"),
    _sign(
        "jest-openapi",
        "jest-openapi chai-openapi",
        r"['\"](?:jest-openapi|chai-openapi-response-validator)['\"]",
    ),
    _sign(
        "Spring Cloud Contract",
        "springframework.cloud.contract",
        r"org\.springframework\.cloud\.contract",
    ),
    _sign("hypothesis-jsonschema", "hypothesis_jsonschema", rf"{_IMPORT}hypothesis_jsonschema\b"),
)
_CONTRACT_COMMANDS = (
    _sign(
        "Schemathesis",
        "schemathesis st",
        rf"{_RUN}(?:schemathesis|st)[ \t]+run\b|schemathesis/(?:schemathesis|action)",
    ),
    _sign(
        "Dredd",
        "dredd",
        rf"{_RUN}dredd(?:[ \t]+\S{{1,100}}\.(?:ya?ml|json|apib)|[ \t]*$)|\bapiaryio/dredd",
    ),
    _sign("Pact", "pact", r"\bpact-(?:verifier|provider-verifier|broker)\b|\bpactfoundation/"),
    _sign("Portman", "portman", rf"{_RUN}portman[ \t]+-"),
)
# A test that opens the definition and compares with it, without a tool made for it.
_DEFINITION = re.compile(r"""["'/](?:openapi|swagger)\.(?:ya?ml|json)["']""", re.IGNORECASE)
_VALIDATES = _sign(
    OWN_TEST,
    "jsonschema openapi ajv",
    rf"{_IMPORT}(?:jsonschema|fastjsonschema|openapi_spec_validator)"
    r"|openapi[-_](?:schema|response)[-_]validator|[\"']ajv[\"']|\bkin-openapi\b",
)
_REFERENCES = (
    _sign(
        "mkdocstrings",
        "mkdocstrings",
        r"^[ \t]*-[ \t]*mkdocstrings\b|^[ \t]*\[(?:project\.plugins|plugins)\.mkdocstrings",
    ),
    _sign("mkautodoc", "mkautodoc", r"^[ \t]*-[ \t]*mkautodoc\b"),
    _sign("mkdocs-autoapi", "autoapi", r"^[ \t]*-[ \t]*(?:mkdocs-autoapi|autoapi)\b"),
    _sign(
        "Sphinx autodoc",
        "autodoc autoapi breathe",
        r"sphinx\.ext\.autodoc|autoapi\.extension|sphinx_autoapi|autodoc2|breathe\b",
    ),
    _sign("Sphinx apidoc", "sphinx-apidoc", rf"{_RUN}sphinx-apidoc\s"),
    _sign(
        "pdoc",
        "pdoc",
        rf"{_RUN}(?:pdoc3?|python3? -m pdoc)[ \t]+(?!\d)[\w./$-]|[\"']pdoc3?[\"'>=~]",
    ),
    _sign("pydoctor", "pydoctor", rf"{_RUN}pydoctor\s"),
    _sign(
        "TypeDoc",
        "typedoc",
        r"[\"'\s/]typedoc(?:[\"'\s]|$)|typedoc-\w{0,20}plugin|docusaurus-plugin-typedoc",
    ),
    _sign("JSDoc", "jsdoc", rf"{_RUN}jsdoc[ \t]+-|\"jsdoc\s"),
    _sign("rustdoc", "cargo", r"\bcargo(?:[ \t]+\+\S{1,40})?[ \t]+doc\b"),
    _sign("godoc", "godoc gomarkdoc pkgsite", r"\b(?:godoc|gomarkdoc|pkgsite)\b"),
    _sign(
        "Doxygen",
        "oxygen DOXYFILE GENERATE_HTML",
        rf"{_RUN}doxygen\b|^DOXYFILE_ENCODING|^GENERATE_HTML",
    ),
    _sign(
        "Javadoc",
        "avadoc dokka",
        r"maven-javadoc-plugin|\bdokka\b|^[ \t]*javadoc[ \t]*\{|javadocJar|withJavadocJar",
    ),
)
_BUILDS = (
    _sign(
        "mkdocs build",
        "mkdocs mike zensical",
        r"\bmkdocs[ \t]+(?:build|gh-deploy)\b|\bmike[ \t]+deploy\b|\bzensical[ \t]+build\b",
    ),
    _sign("sphinx-build", "sphinx-", r"\bsphinx-build\b|\bsphinx-multiversion\b"),
    _sign(
        "make docs",
        "doc html",
        r"\bmake[ \t]+(?:-C[ \t]+docs?\b|(?:docs?|html|dochtml|apidocs?)\b)"
        r"|\b(?:tox|nox|hatch|just|task|uv|pdm|poetry|rye)\b[^\n#]{0,60}\bdocs?\b"
        r"|\b(?:npm|pnpm|yarn|bun)[ \t]+(?:run[ \t]+)?(?:build:)?docs?(?::\w+)?\b",
    ),
    _sign("generate API reference", "generate", r"\bgenerate[-_]api[-_](?:reference|docs?)\b"),
    _sign(
        "Read the Docs",
        "sphinx: mkdocs: configuration:",
        r"^(?:sphinx|mkdocs):[ \t]*$|^[ \t]*(?:configuration|fail_on_warning):",
    ),
)


def contracts_in(path: str, text: str) -> Iterator[Practice]:
    """Give what tests against a definition, in tests (imports) or in commands."""
    is_code = path.endswith((".py", ".js", ".ts", ".tsx", ".go", ".java", ".kt", ".rb"))
    found = _first(path, text, _CONTRACT_CODE if is_code else _CONTRACT_COMMANDS)
    yield from found
    if is_code and not found and ("contract" in path or _DEFINITION.search(text)):
        yield from _first(path, text, (_VALIDATES,))


def references_in(path: str, text: str) -> Iterator[Practice]:
    """Give what makes docs from code, and what builds docs."""
    yield from _first(path, text, _REFERENCES)
    if path.rpartition("/")[2] not in ("pyproject.toml", "package.json", "Makefile", "tox.ini"):
        yield from _first(path, text, _BUILDS)


def _first(path: str, text: str, signs: tuple[_Sign, ...]) -> list[Practice]:
    found = []
    for sign in signs:
        if not any(word in text for word in sign.words):
            continue
        if match := sign.pattern.search(text):
            start = match.start() + len(match[0]) - len(match[0].lstrip())
            line = text.count("\n", 0, start) + 1
            found.append(Practice(sign.name, Spot.of(path, text, line)))
    return found
