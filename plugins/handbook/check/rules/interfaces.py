"""DOC01, TEST01: definitions of interfaces, and tests that compare with them."""

from __future__ import annotations

import re
from typing import ClassVar

from handbook.check.rule import Rule, Verdict
from handbook.check.rules.shared import at, attested
from handbook.model.api import ApiDefinition
from handbook.model.declared import Declared
from handbook.model.dependencies import Dependencies
from handbook.model.deploy import Deploy
from handbook.model.facts import Fact, Found
from handbook.model.interfaces import OWN_TEST, Interfaces
from handbook.model.package import PackageInfo
from handbook.model.profile import Profile
from handbook.model.readiness import Evidence, Level
from handbook.model.source import Route, Source

_DEFINES_ITSELF = frozenset({"FastAPI", "Litestar", "BlackSheep", "Robyn"})
_DEFINERS = (
    "apiflask",
    "apispec",
    "connexion",
    "drf_spectacular",
    "drf_yasg",
    "flasgger",
    "flask_openapi3",
    "flask_restplus",
    "flask_restx",
    "flask_smorest",
    "ninja",
    "ninja_extra",
    "sanic_ext",
    "spectree",
)
_REST = ("rest_framework",)  # without it, Django's urls are pages
_ASIDE = re.compile(
    r"[\^/]*(?:api/)?(?:v\d/)?(?:(?:health|healthz|livez|readyz|ready|readiness|live|liveness"
    r"|ping|metrics|status|version|favicon\.ico|robots\.txt|static|docs|redoc|openapi\.json|admin"
    r"|login|logout)(?:/.{0,40})?)?/?\$?"
)
_PAGES = (
    "flask.render_template",
    "flask.redirect",
    "flask.send_file",
    "flask.send_from_directory",
    "django.shortcuts.render",
    "fastapi.responses.HTMLResponse",
    "fastapi.responses.RedirectResponse",
    "fastapi.responses.FileResponse",
    "starlette.responses.HTMLResponse",
    "starlette.responses.RedirectResponse",
    "starlette.responses.FileResponse",
    "bottle.template",
    "bottle.static_file",
    "?.TemplateResponse",
)
_API = re.compile(r"(?:^|[/^])(?:api|rest|v\d)(?:[/_-]|$)", re.IGNORECASE)
_FEW = 3  # routes of something that is not shipped as a service
_NO_API = "It has no API, as far as its files show."
_DECLARED = {"schemathesis": "Schemathesis", "pact-python": "Pact", "openapi-core": "openapi-core"}


class ApiByDefinition(Rule):
    """The API is documented by its definition.

    ## What it does
    Looks for a definition of the service's interface that parses and has at least one operation,
    and for routes in the code where there is none.

    ## Why
    A definition is the one text that callers, tests, mock servers and clients can all be made
    from. Prose about an API is wrong from the first change on.

    ## How to fix
    Write `openapi.yaml` at the root of the service. If the framework makes it while it runs,
    write it to a file, commit that, and let CI fail when the two differ.

    ## Equivalents
    OpenAPI 2 and 3, Protocol Buffers with a service, a GraphQL schema with a root type, AsyncAPI.
    FastAPI, Litestar, drf-spectacular, flask-smorest and their like make one while they run:
    without a committed file nobody sees a change of it in review, so that is a warning. Health
    checks, metrics and pages of HTML are no API.
    """

    code = "DOC01"
    version = 2
    level: ClassVar[Level] = "bronze"
    statements = (8,)
    page = "build/documentation/#api-documentation"

    def check(  # noqa: PLR0913, PLR0917 - facts
        self,
        apis: Fact[tuple[ApiDefinition, ...]],
        interfaces: Fact[Interfaces],
        source: Fact[Source],
        profile: Fact[Profile],
        package: Fact[PackageInfo],
        deploy: Fact[Deploy],
    ) -> Verdict:
        """Pass with an operation in a file, warn for run time only, fail for routes alone."""
        good, bad = _definitions(apis, interfaces)
        if good:
            count = sum(number for _, number in good)
            message = f"{count:,} operations are defined in {len(good)} files."
            return Verdict("pass", message, tuple(place for place, _ in good))
        routes = _api_routes(source.value) if isinstance(source, Found) else []
        shipped = _is_shipped(package, deploy)
        fix = "Write the definition to `openapi.yaml`, and let CI fail when it differs."
        if bad:
            message = f"No definition can be used: {bad[0].snippet}"
            sure = bool(routes) or shipped
            return Verdict("fail" if sure else "warn", message, tuple(bad), fix=fix)
        if not routes or not isinstance(source, Found):
            language = package.value.language if isinstance(package, Found) else ""
            said = f"No definition is committed; routes in {language} are not read."
            why = said if shipped and language and language != "Python" else _NO_API
            return Verdict("na", why, searched=("openapi.*", "*.proto", "routes in code"))
        if isinstance(profile, Found) and profile.value.declared and not profile.value.runs:
            return Verdict("na", f"It is a {profile.value.kind}: {profile.value.because}.")
        own = [route for route in routes if route.framework in _DEFINES_ITSELF]
        made = next(source.value.imported(*_DEFINERS), None)
        if own or made:
            by = own[0].framework if own else made.name if made else ""
            message = f"{by} makes a definition while it runs; none is committed."
            places = tuple(at(route.spot) for route in own) or ((at(made.spot),) if made else ())
            return Verdict("warn", message, places[:10], fix=fix)
        if not shipped and len(routes) < _FEW:
            return Verdict("na", f"It has {len(routes)} routes, and nothing ships it as a service.")
        message = f"{len(routes)} routes, and no definition."
        places = tuple(at(route.spot) for route in routes)
        searched = ("openapi.*", "swagger.*", "*.proto", "*.graphql", "asyncapi.*")
        return Verdict("fail" if shipped else "warn", message, places, searched, fix)


class ApiThenTests(Rule):
    """The API comes first, then its tests, then the code.

    ## What it does
    Looks for tests that compare the service with the definition of its API.

    ## Why
    In which order something was written, files do not show. That a test fails as soon as code and
    definition differ, they do: from then on the definition leads.

    ## How to fix
    Let Schemathesis run against the service with `openapi.yaml` in CI. Or attest in
    `.handbook.yml` how the definition leads, with link, who and until.

    ## Equivalents
    Schemathesis, Pact, Dredd, openapi-core, Portman, jest-openapi, Spring Cloud Contract; a test
    of your own that validates against the committed definition. ML engineers write nothing above
    the model all the same: it is the backend engineer of the team who writes the API.
    """

    code = "TEST01"
    level: ClassVar[Level] = "gold"
    statements = (23,)
    page = "build/api-first/#definition"

    def check(  # noqa: PLR0913, PLR0917 - facts, and the day
        self,
        apis: Fact[tuple[ApiDefinition, ...]],
        interfaces: Fact[Interfaces],
        source: Fact[Source],
        dependencies: Fact[Dependencies],
        declared: Fact[Declared],
        today: str,
    ) -> Verdict:
        """Pass with contract tests, manual where attested, warn otherwise."""
        good, bad = _definitions(apis, interfaces)
        routes = _api_routes(source.value) if isinstance(source, Found) else []
        if not (good or bad or routes):
            return Verdict("na", _NO_API, searched=("openapi.*", "*.proto", "routes in code"))
        found = interfaces.value.contracts if isinstance(interfaces, Found) else ()
        if found:
            tools = [item for item in found if item.name != OWN_TEST] or found
            names = ", ".join(dict.fromkeys(item.name for item in tools))
            places = tuple(at(item.spot) for item in tools)
            return Verdict("pass", f"Contract tests: {names}.", places)
        if said := attested("TEST01", declared, today):
            return said
        fix = "Let a contract test compare the service with its definition, or attest it."
        named = dependencies.value.named(*_DECLARED) if isinstance(dependencies, Found) else ()
        if named:
            message = f"{_DECLARED[named[0].name]} is a dependency, but no test uses it."
            return Verdict("warn", message, (at(named[0].spot),), fix=fix)
        searched = ("tests: schemathesis, pact, openapi_core …", "CI", ".handbook.yml: attest")
        message = "No test compares the service with a definition, and nobody attests the order."
        return Verdict("warn", message, tuple(place for place, _ in good)[:3], searched, fix)


def _is_shipped(package: Fact[PackageInfo], deploy: Fact[Deploy]) -> bool:
    """Whether there is an image, or something that runs it."""
    if isinstance(deploy, Found) and deploy.value.deployed:
        return True
    return isinstance(package, Found) and bool(package.value.images)


def _definitions(
    apis: Fact[tuple[ApiDefinition, ...]], interfaces: Fact[Interfaces]
) -> tuple[list[tuple[Evidence, int]], list[Evidence]]:
    """Files with operations, each with how many; and those that cannot be used, with why."""
    good: list[tuple[Evidence, int]] = []
    bad: list[Evidence] = []
    for api in apis.value if isinstance(apis, Found) else ():
        place = Evidence(api.origin.path, api.origin.line, api.title)
        if api.operations:
            good.append((place, len(api.operations)))
        else:
            bad.append(Evidence(place.path, place.line, "it has no operation"))
    for item in interfaces.value.items if isinstance(interfaces, Found) else ():
        if item.problem:
            bad.append(Evidence(item.spot.path, item.spot.line, item.problem))
        elif item.operations:
            good.append((Evidence(item.spot.path, item.spot.line, item.form), item.operations))
    return good, bad


def _api_routes(source: Source) -> list[Route]:
    """Routes that are neither pages nor about the service itself."""
    pages = {(call.spot.path, call.function) for call in source.called(*_PAGES)}
    rest = next(source.imported(*_REST, *_DEFINERS), None) is not None
    found = [
        route
        for route in source.routes
        if not _ASIDE.fullmatch(route.template[:200])
        and (route.spot.path, route.function) not in pages
        and (rest or route.framework != "Django")
    ]
    # Django has pages beside the API, mostly: where addresses tell them apart, go by these.
    named = {route.spot for route in found if _API.search(route.template[:200])}
    django = [route for route in found if route.framework == "Django" and route.spot in named]
    if not django:
        return found
    return [route for route in found if route.framework != "Django" or route.spot in named]
