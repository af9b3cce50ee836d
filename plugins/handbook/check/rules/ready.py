"""RUN02: a service is ready when it says so."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import ClassVar

from handbook.check.rule import Rule, Verdict
from handbook.check.rules.shared import at
from handbook.model.deploy import Deploy
from handbook.model.facts import Fact, Found
from handbook.model.profile import Profile
from handbook.model.readiness import Evidence, Level
from handbook.model.source import Function, Route, Source

_READY = re.compile(r"/(?:[\w-]*[-_/])?(?:ready|readyz|readiness|is[-_]?ready)/?$", re.IGNORECASE)
Probed = list[tuple[str, Evidence]]
"""Paths that probes ask, with the line that says so."""
_SEARCHED = ("routes such as /ready, /readyz, /health/ready", "paths of readiness probes")


class ReadyWhenReady(Rule):
    """A service says that it is ready only when it is.

    ## What it does
    Finds the handler that answers the readiness probe, by its path, and looks whether it returns
    the same whatever happens: no call, no branch, only literals.

    ## Why
    Kubernetes sends traffic as soon as the answer is yes. A handler that always says yes sends
    users to a pod that has not loaded its model, or cannot reach its database.

    ## How to fix
    Ask what the process needs: is the model loaded, does the database answer, are the migrations
    there? Answer 503 until then. Liveness may stay a constant: that it answers is its answer.

    ## Equivalents
    Any handler that calls something or branches. Probes by gRPC, TCP or a command are not judged,
    and neither are handlers in other languages than Python.
    """

    code = "RUN02"
    level: ClassVar[Level] = "silver"
    statements = (26,)
    page = "build/health-checks/#readiness"

    def check(self, source: Fact[Source], deploy: Fact[Deploy], profile: Found[Profile]) -> Verdict:
        """Warn when the handler of readiness returns a constant."""
        if not profile.value.runs:
            return Verdict("na", f"It does not run: {profile.value.because}.")
        if not isinstance(source, Found) or not source.value.routes:
            return Verdict("na", "No handler of requests is found in its Python.")
        probed = list(_probed(deploy.value)) if isinstance(deploy, Found) else []
        paths = source.value.request_path
        routes = [route for route in source.value.routes if _asked(route, probed)]
        answers = [(route, found) for route in routes if (found := paths.candidates(route))]
        if not answers:
            return Verdict("na", "No Python handler answers whether it is ready.", (), _SEARCHED)
        constant = [item for item in answers if all(one.constant for one in item[1])]
        if not constant:
            places = tuple(dict.fromkeys(at(found[0].spot) for _, found in answers))
            return Verdict("pass", "Readiness is found out each time it is asked.", places)
        evidence = tuple(
            dict.fromkeys(place for item in constant for place in _places(item, probed))
        )
        names = ", ".join(dict.fromkeys(route.template for route, _ in constant))
        fix = (
            "Ask there what the process needs (model, database), and answer 503 until it is there."
        )
        return Verdict("warn", f"{names} says yes whatever happens.", evidence, fix=fix)


def _probed(deploy: Deploy) -> Iterator[tuple[str, Evidence]]:
    """Give the paths that probes of readiness ask, with the line that says so."""
    for workload in deploy.workloads:
        for container in workload.containers:
            probe = container.probe("readiness") or container.probe("healthcheck")
            if probe and probe.how in ("http", "exec") and (path := _path(probe.target)):
                yield path, at(probe.spot)


def _path(target: str) -> str:
    """Return the path of what a probe asks: a path, or a command with an address in it."""
    found = re.search(r"https?://[^/\s]{1,200}(/[^\s'\"?]{0,200})", target)
    path = found[1] if found else target.partition("?")[0].strip()
    return path.rstrip("/") if path.startswith("/") and path != "/" and " " not in path else ""


def _asked(route: Route, probed: Probed) -> bool:
    template = route.template.rstrip("/")
    if _READY.search(template):
        return True
    return len(template) > 1 and any(path.endswith(template) for path, _ in probed)


def _places(item: tuple[Route, list[Function]], probed: Probed) -> Iterator[Evidence]:
    """Give the handler, and the probe that asks it: one below the same folder."""
    route, functions = item
    spot = functions[0].spot
    yield at(spot)
    template, folder = route.template.rstrip("/"), posixpath.dirname(spot.path)
    for path, place in probed:
        if path.endswith(template) and place.path.startswith(folder):
            yield place
