"""TEST02: tests that show how the API is called."""

from __future__ import annotations

import re
from typing import ClassVar

from msgspec import Struct

from handbook.check.rule import Rule, Verdict
from handbook.check.rules.shared import at
from handbook.model.api import ApiDefinition
from handbook.model.examples import Examples, Request, Tests
from handbook.model.facts import Fact, Found
from handbook.model.package import PackageInfo
from handbook.model.readiness import Evidence, Level, Status
from handbook.model.source import Route, Source
from handbook.routing import Target, examples_of, unmatched

_READ = frozenset({"Python", "JavaScript", "TypeScript", "Go", "Java", "Kotlin"})
_PASS, _WARN = 80, 40  # per cent
_SHOWN = 20
_MANY = 10  # routes that tell of what an API is
_WORD = re.compile(r"(?<![{<:\w])[a-z][\w-]{2,60}(?![}>\w])", re.IGNORECASE)
_PREFIXES = frozenset({"prefix", "url_prefix"})
_BY_DEFINITION = ("schemathesis", "dredd_hooks", "openapi_core", "tavern")
_SEARCHED = (
    "requests in tests of Python, JavaScript, TypeScript, Go, Java, Kotlin",
    "*.http and *.hurl",
)


class TestsAsApiDocs(Rule):
    """Tests show how each operation is called.

    ## What it does
    Looks for a test that calls each operation of the API definition, by address or by the name of
    its route; without a definition, each route that the code declares. Nothing is run.

    ## Why
    A test is the example that cannot be out of date. Whoever calls the service copies the request
    from it, and sees beside it what comes back, also when the request is wrong.

    ## How to fix
    Write a short test for each operation: one call that works, one that is refused. Write the
    address out, so that people find the test by searching for it. The site shows the shortest
    tests below each operation.

    ## Equivalents
    TestClient, httpx, requests, Django's and Flask's clients, supertest, httptest, MockMvc, and
    files of requests (`.http`, `.hurl`). A test that calls a route's function counts too. Tests
    generated from the definition (schemathesis) find faults but show nobody how to call, and
    tables of paths show it to few: they make a warning of what would be a failure.

    ## Example
    ```python
    def test_score(client):
        answer = client.post("/v1/scores", json={"amount": 12})
        assert answer.json() == {"score": 0.02}
    ```
    """

    code = "TEST02"
    version = 2
    level: ClassVar[Level] = "silver"
    statements = (24,)
    page = "build/api-first/#tests"

    def check(
        self,
        apis: Fact[tuple[ApiDefinition, ...]],
        source: Fact[Source],
        tests: Fact[Tests],
        package: Fact[PackageInfo],
    ) -> Verdict:
        """Pass when tests call four fifths of the operations, warn from two fifths."""
        asked = _asked_of(_defined(apis), _declared(source))
        if not asked:
            return Verdict("na", "It has no API definition, and no route whose path is known.")
        known = tests.value if isinstance(tests, Found) else Tests()
        shown = examples_of(known.requests, [item.target for item in asked])
        called = _called(known)
        missing = [item for item in asked if item.target.key not in shown and not item.by(called)]
        share = 100 * (len(asked) - len(missing)) // len(asked)
        language = package.value.language if isinstance(package, Found) else ""
        foreign = f"It is written in {language}: tests in that are not read."
        if language in _READ or share >= _WARN:
            return _verdict(asked, missing, shown, _unsure(asked, missing, known))
        return _verdict(asked, missing, shown, foreign) if share else Verdict("na", foreign)


class _Asked(Struct, frozen=True):
    """An operation that a test should show; ``module`` and ``function`` answer it, if known."""

    target: Target
    place: Evidence
    module: str = ""
    function: str = ""
    framework: str = ""

    @property
    def words(self) -> list[str]:
        """What stands in its path, without versions and what is filled in."""
        return _WORD.findall(self.target.template)

    @property
    def label(self) -> str:
        """The method where it is known, and the path."""
        return f"{self.target.method.replace('*', '')} {self.target.template}".strip()

    def by(self, called: dict[str, list[str]]) -> bool:
        """Whether a test calls its function itself."""
        if self.framework == "Django":  # its view is in another module than its route
            views = called.get(self.function, ())
            return any(module.rpartition(".")[2].startswith("view") for module in views)
        return bool(self.function) and any(
            f".{self.module}".endswith(f".{module}") for module in called.get(self.function, ())
        )


def _asked_of(defined: list[_Asked], declared: list[_Asked]) -> list[_Asked]:
    """The definition's operations; the code's routes if it is of a service that is called."""
    known = {word for item in declared for word in item.words}
    own = [item for item in defined if item.words and item.words[-1] in known]
    foreign = len(declared) >= _MANY and len(own) * 2 < len(defined)
    return declared if foreign else defined or declared


def _verdict(
    asked: list[_Asked], missing: list[_Asked], shown: dict[str, Examples], unsure: str
) -> Verdict:
    """Judge; ``unsure`` says why more may be called than is seen, "" if nothing speaks for it."""
    share = 100 * (len(asked) - len(missing)) // len(asked)
    count = f"{len(asked) - len(missing)} of {len(asked)} operations"
    if share >= _PASS:
        best = [item.tests[0] for item in shown.values() if item.tests]
        places = tuple(Evidence(test.path, test.line, test.name) for test in best[:_SHOWN])
        return Verdict("pass", f"Tests call {count}.", places, _SEARCHED)
    fix = f"Write a test that calls `{missing[0].label}`, with the address written out."
    places = tuple(item.place for item in missing)
    message = f"Tests call {count}."
    status: Status = "warn" if share >= _WARN else "fail"
    if status == "fail" and unsure:
        status, message = "warn", f"{message} {unsure}"
    return Verdict(status, message, places, _SEARCHED, fix)


def _unsure(asked: list[_Asked], missing: list[_Asked], tests: Tests) -> str:
    """Say why more may be called than is seen; "" where nothing speaks for it."""
    targets = [item.target for item in missing]
    named = examples_of([Request("*", path, 1, ()) for path in tests.mentioned], targets)
    if 100 * (len(asked) - len(missing) + len(named)) >= _WARN * len(asked):
        return f"{len(named)} more stand in tests, but not in a call that could be told."
    if any(item.framework == "Django" for item in missing) and any(
        ".views" in use.name for use in tests.uses
    ):
        return "Tests use its views themselves: what they make them with is not followed."
    others = unmatched(tests.requests, [item.target for item in asked])
    if others >= len(asked):
        return f"{others} addresses that tests call are of no operation that is known."
    if tests.unclear >= len(missing):
        return f"{tests.unclear} requests go to addresses that only running the tests would tell."
    if tests.unread > tests.files:
        return f"{tests.unread} files of tests were not read."
    if any(use.name.startswith(_BY_DEFINITION) for use in tests.uses):
        return "Others are generated from the definition, and show nobody how to call it."
    return ""


def _defined(apis: Fact[tuple[ApiDefinition, ...]]) -> list[_Asked]:
    if not isinstance(apis, Found):
        return []
    return [
        _Asked(
            Target(f"{api.slug}#{op.anchor}", op.method, op.path, names=(op.id,)),
            Evidence(op.origin.path, op.origin.line, op.label),
        )
        for api in apis.value
        for op in api.operations
        if op.kind == "operation"
    ]


def _declared(source: Fact[Source]) -> list[_Asked]:
    """Return the routes of the code that have a word in their path."""
    if not isinstance(source, Found):
        return []
    prefixes = _prefixes(source.value)
    named = {call.spot: call.texts for call in source.value.calls if call.texts}
    found: dict[tuple[str, str], _Asked] = {}
    for route in source.value.routes:
        path = f"{prefixes.get(route.spot.path, '')}/{route.template.lstrip('/')}"
        names = (route.handler.rpartition(".")[2], *named.get(route.spot, ())[1:])
        target = Target(f"{route.method} {path}", route.method, path, mounted=True, names=names)
        slash = route.template.startswith("/") or not route.template
        if target.literal and (slash or route.framework == "Django"):
            found.setdefault((target.key, route.spot.path), _asked(target, route))
    return list(found.values())


def _asked(target: Target, route: Route) -> _Asked:
    module = route.spot.path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    function = route.handler.removesuffix("()").removesuffix(".as_view").rpartition(".")[2]
    return _Asked(target, at(route.spot), module, function, route.framework)


def _prefixes(source: Source) -> dict[str, str]:
    """Of each file with one router: the prefix that all of its routes have."""
    found: dict[str, set[str]] = {}
    for call in source.calls:
        if call.name.rpartition(".")[2] in ("APIRouter", "Blueprint") and call.texts:
            paths = {text.rstrip("/") for text in call.texts if text.startswith("/")}
            if _PREFIXES.intersection(call.keywords):
                found.setdefault(call.spot.path, set()).update(paths)
    return {path: next(iter(texts)) for path, texts in found.items() if len(texts) == 1}


def _called(tests: Tests) -> dict[str, list[str]]:
    """Of each last name that tests use: the modules they have it from."""
    found: dict[str, list[str]] = {}
    for use in tests.uses:
        module, _, name = use.name.rpartition(".")
        if module:
            found.setdefault(name, []).append(module)
    return found
