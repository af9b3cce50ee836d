"""Names of tools in settings, CI and tests: contract tests, and what documents code."""

from __future__ import annotations

import re
from collections.abc import Iterator

from handbook.model.interfaces import OWN_TEST, Practice
from handbook.model.source import Spot

# In tests: an import. What only a manifest names is not in use yet.
_CONTRACT_CODE = {
    "Schemathesis": r"^\s*(?:import|from)\s+schemathesis\b",
    "Pact": r"^\s*(?:import|from)\s+pact\b|@pact-foundation/pact|pact-foundation/pact-go"
    r"|au\.com\.dius\.pact",
    "openapi-core": r"^\s*(?:import|from)\s+openapi_core\b",
    "Dredd": r"^\s*(?:import|from)\s+dredd_hooks\b|require\(['\"]dredd-?\w*['\"]\)",
    "jest-openapi": r"['\"](?:jest-openapi|chai-openapi-response-validator)['\"]",
    "Spring Cloud Contract": r"org\.springframework\.cloud\.contract",
    "Hypothesis-JSONSchema on the definition": r"^\s*(?:import|from)\s+hypothesis_jsonschema\b",
}
_CONTRACT_COMMAND = {
    "Schemathesis": r"(?:^|[\s\"'`;&|/])(?:schemathesis|st)\s+(?:-\S+\s+){0,5}run\b"
    r"|schemathesis/(?:schemathesis|action)",
    "Dredd": r"(?:^|[\s\"'`;&|/])dredd(?:\s+\S+\.(?:ya?ml|json|apib)|\s*$)|\bapiaryio/dredd",
    "Pact": r"\bpact-(?:verifier|provider-verifier|broker)\b|\bpactfoundation/",
    "Portman": r"(?:^|[\s\"'`;&|/])portman\s+-",
}
# A test that opens the definition and compares with it, without a tool made for it.
_DEFINITION = re.compile(
    r"""["'/](?:openapi|swagger)\.(?:ya?ml|json)["']""",
    re.IGNORECASE,
)
_VALIDATES = re.compile(
    r"^\s*(?:import|from)\s+(?:jsonschema|fastjsonschema|openapi_spec_validator)"
    r"|openapi[-_](?:schema|response)[-_]validator|[\"']ajv[\"']|\bkin-openapi\b",
    re.MULTILINE,
)
_REFERENCES = {
    "mkdocstrings": r"^\s*-\s*mkdocstrings\b|^\s*\[(?:project\.plugins|plugins)\.mkdocstrings",
    "mkautodoc": r"^\s*-\s*mkautodoc\b",
    "mkdocs-autoapi": r"^\s*-\s*(?:mkdocs-autoapi|autoapi)\b",
    "Sphinx autodoc": r"sphinx\.ext\.autodoc|autoapi\.extension|sphinx_autoapi|autodoc2|breathe\b",
    "Sphinx apidoc": r"(?:^|[\s\"'`;&|/])sphinx-apidoc\s",
    "pdoc": r"(?:^|[\s\"'`;&|/])(?:pdoc3?|python3? -m pdoc)\s+(?!\d)[\w./$-]"
    r"|[\"']pdoc3?[\"'>=~]",
    "pydoctor": r"(?:^|[\s\"'`;&|/])pydoctor\s",
    "TypeDoc": r"[\"'\s/]typedoc(?:[\"'\s]|$)|typedoc-?\w*plugin|docusaurus-plugin-typedoc",
    "JSDoc": r"(?:^|[\s\"'`;&|/])jsdoc\s+-|\"jsdoc\s",
    "rustdoc": r"\bcargo(?:\s+\+\S+)?\s+doc\b",
    "godoc": r"\b(?:godoc|gomarkdoc|pkgsite)\b",
    "Doxygen": r"(?:^|[\s\"'`;&|/])doxygen\b|^DOXYFILE_ENCODING|^GENERATE_HTML",
    "Javadoc": r"maven-javadoc-plugin|\bdokka\b|^\s*javadoc\s*\{|javadocJar|withJavadocJar",
}
_BUILDS = {
    "mkdocs build": r"\bmkdocs\s+(?:build|gh-deploy)\b|\bmike\s+deploy\b|\bzensical\s+build\b",
    "sphinx-build": r"\bsphinx-build\b|\bsphinx-multiversion\b",
    "make docs": r"\bmake\s+(?:-\S+\s+\S+\s+){0,5}(?:docs?|html|dochtml|apidocs?)\b"
    r"|\bmake\s+-C\s+docs?\b|\b(?:tox|nox|hatch|just|task|uv|pdm|poetry|rye)\b[^\n#]{0,60}\bdocs?\b"
    r"|\b(?:npm|pnpm|yarn|bun)\s+(?:run\s+)?(?:build:)?docs?(?::\w+)?\b",
    "generate API reference": r"\bgenerate[-_]api[-_](?:reference|docs?)\b",
    "Read the Docs": r"^(?:sphinx|mkdocs):\s*$|^\s*(?:configuration|fail_on_warning):",
}


def _compiled(patterns: dict[str, str]) -> dict[str, re.Pattern[str]]:
    return {name: re.compile(text, re.MULTILINE) for name, text in patterns.items()}


_CODE, _COMMANDS = _compiled(_CONTRACT_CODE), _compiled(_CONTRACT_COMMAND)
_DOCS, _RUNS = _compiled(_REFERENCES), _compiled(_BUILDS)


def contracts_in(path: str, text: str, *, ci: bool) -> Iterator[Practice]:
    """Give what tests against a definition, in tests (imports) or in commands."""
    is_code = path.endswith((".py", ".js", ".ts", ".tsx", ".go", ".java", ".kt", ".rb"))
    found = _first(path, text, _CODE if is_code else _COMMANDS)
    yield from found
    if not is_code or found:
        return
    validates = _VALIDATES.search(text)
    if validates and (_DEFINITION.search(text) or "contract" in path):
        yield Practice(OWN_TEST, _spot(path, text, validates.start()))


def references_in(path: str, text: str) -> Iterator[Practice]:
    """Give what makes docs from code, and what builds docs."""
    yield from _first(path, text, _DOCS)
    if path.rpartition("/")[2] not in ("pyproject.toml", "package.json", "Makefile", "tox.ini"):
        yield from _first(path, text, _RUNS)


def _first(path: str, text: str, patterns: dict[str, re.Pattern[str]]) -> list[Practice]:
    found = []
    for name, pattern in patterns.items():
        if match := pattern.search(text):
            start = match.start() + len(match[0]) - len(match[0].lstrip())
            found.append(Practice(name, _spot(path, text, start)))
    return found


def _spot(path: str, text: str, start: int) -> Spot:
    return Spot.of(path, text, text.count("\n", 0, start) + 1)
