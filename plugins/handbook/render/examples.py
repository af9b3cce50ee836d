"""Tests shown as examples, below the operation or Python object that they call."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Mapping
from types import MappingProxyType

from markupsafe import Markup
from msgspec import Struct

from handbook.errors import TreeError
from handbook.model.api import ApiDefinition
from handbook.model.code import PythonCode
from handbook.model.collected import ServiceFacts
from handbook.model.examples import Examples, Test, Tests
from handbook.model.facts import Found
from handbook.render.context import RenderContext
from handbook.render.highlight import code_block
from handbook.render.templates import environment
from handbook.routing import Target, examples_of, merged
from handbook.tree import RepoTree

_SHOWN = 3  # with their source, of one operation or object
_LINES = 30  # of one test
_CHARACTERS = 2_500
_PAGE = 400_000  # bytes of HTML of one page; further tests are links only
_HTML = 5  # bytes of HTML for a character of code, once it is coloured
_LANGUAGES = {"py": "python", "hurl": "http", "rest": "http", "mjs": "js", "cjs": "js"}


class Shown(Struct, frozen=True):
    """A test, ready to be shown; ``code`` is "" where only its place is, ``left`` lines are cut."""

    test: Test
    place: str
    url: str
    code: str = ""
    left: int = 0


class Panels:
    """Writes the tests of one service; ``shown`` by :func:`operation_key`, or name of the object.

    ``read`` gives the text of a file of the repo.
    """

    def __init__(
        self, shown: Mapping[str, Examples], read: Callable[[str], str], ctx: RenderContext
    ) -> None:
        self._shown = shown
        self._read = read
        self._ctx = ctx
        self._lines: dict[str, list[str]] = {}
        self._left = _PAGE

    def begin(self) -> None:
        """Start a page."""
        self._left = _PAGE

    def of(self, key: str) -> Markup:
        """Return the panel of an operation or object; nothing where no test is known."""
        found = self._shown.get(key)
        if found is None:
            return Markup("")
        tests = [self._test(test, whole=at < _SHOWN) for at, test in enumerate(found.tests)]
        html = (
            environment()
            .get_template("examples.html.j2")
            .render(
                count=found.count,
                tests=[item for item in tests if item.code],
                others=[item for item in tests if not item.code],
                more=found.count - len(tests),
            )
        )
        self._left -= len(html)
        return Markup(html)  # noqa: S704 - made by a template that escapes

    def size(self, key: str) -> int:
        """Estimate the bytes of a panel, on the high side."""
        found = self._shown.get(key)
        lines = sum(min(t.last - t.line + 1, _LINES) for t in found.tests[:_SHOWN]) if found else 0
        return 500 + lines * 50 * _HTML if found else 0

    def _test(self, test: Test, *, whole: bool) -> Shown:
        place = f"{test.path}:{test.line}"
        bare = Shown(test, place, self._ctx.view_url(test.path, test.line))
        if not whole or self._left < _CHARACTERS * _HTML:
            return bare
        lines = self._text(test.path)[test.line - 1 : test.last]
        kept, size = [], 0
        for line in lines[:_LINES]:
            size += len(line) + 1
            if size > _CHARACTERS:
                break
            kept.append(line)
        ending = test.path.rpartition(".")[2]
        source = textwrap.dedent("\n".join(kept)).strip("\n")
        if not source:
            return bare
        code = Markup(code_block(source, _LANGUAGES.get(ending, ending)))  # noqa: S704 - escaped
        return Shown(test, place, bare.url, code, len(lines) - len(kept))

    def _text(self, path: str) -> list[str]:
        if path not in self._lines:
            try:
                self._lines[path] = self._read(path).splitlines()
            except TreeError:
                self._lines[path] = []
        return self._lines[path]


def no_panels(ctx: RenderContext) -> Panels:
    """Return panels that show nothing."""
    return Panels(MappingProxyType({}), lambda _path: "", ctx)


def panels_of(facts: ServiceFacts, ctx: RenderContext, tree: RepoTree) -> Panels:
    """Find the tests of every operation and every Python object of a service."""
    if not isinstance(facts.tests, Found):
        return no_panels(ctx)
    tests = facts.tests.value
    apis = facts.apis.value if isinstance(facts.apis, Found) else ()
    shown = examples_of(tests.requests, _targets(apis))
    if isinstance(facts.code, Found):
        shown |= _objects(tests, facts.code.value)
    return Panels(shown, lambda path: tree.text(path, ctx.limits.blob), ctx)


def operation_key(slug: str, anchor: str) -> str:
    """Name an operation of a definition."""
    return f"{slug}#{anchor}"


def _targets(apis: tuple[ApiDefinition, ...]) -> list[Target]:
    return [
        Target(operation_key(api.slug, op.anchor), op.method, op.path, names=(op.id,))
        for api in apis
        for op in api.operations
        if op.kind == "operation"
    ]


def _objects(tests: Tests, code: PythonCode) -> dict[str, Examples]:
    """Return the tests of each documented object, however tests import it."""
    known = _names(code)
    found: dict[str, list[tuple[int, tuple[Test, ...]]]] = {}
    for use in tests.uses:
        name = use.name
        while name and name not in known:
            name = name.rpartition(".")[0]  # what follows is an attribute of its result
        if name:
            found.setdefault(known[name], []).append((use.count, use.tests))
    return {path: merged(parts) for path, parts in found.items()}


def _names(code: PythonCode) -> dict[str, str]:
    """Map every name that an object can be imported by to the one that it is documented by."""
    known = {item.path: item.path for module in code.modules for item in module.objects}
    for module in code.modules:
        for item in module.objects:
            if item.home:
                known.setdefault(item.home, item.path)
    for module in code.modules:
        for export in module.exports:
            if export.target in known:
                known.setdefault(f"{module.name}.{export.name}", known[export.target])
    return known
