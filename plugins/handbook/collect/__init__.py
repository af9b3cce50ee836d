"""Read facts from a service's files. One file of this folder knows one format."""

from __future__ import annotations

import logging
from collections.abc import Callable, Container, Set
from typing import TypeVar

from msgspec.structs import replace

from handbook.collect.data import NEEDS as DATA_NEEDS
from handbook.collect.data import data_collector
from handbook.collect.database import database_collector
from handbook.collect.declared import collect_declared
from handbook.collect.dependencies import collect_dependencies
from handbook.collect.deploy import collect_deploy
from handbook.collect.docs import collect_docs
from handbook.collect.examples import collect_tests
from handbook.collect.forms import collect_forms
from handbook.collect.history import collect_history
from handbook.collect.interfaces import collect_interfaces
from handbook.collect.keydocs import collect_keydocs
from handbook.collect.leaks import collect_leaks
from handbook.collect.monitoring import collect_monitoring
from handbook.collect.openapi import collect_api_changes, collect_apis
from handbook.collect.own import own_facts
from handbook.collect.owners import collect_owners
from handbook.collect.owners.territory import collect_territory
from handbook.collect.package import collect_package
from handbook.collect.runtimes import collect_runtimes
from handbook.collect.source import collect_source
from handbook.collect.tooling import collect_tooling
from handbook.model.code import PythonCode
from handbook.model.collected import FACTS, ServiceFacts
from handbook.model.facts import Absent, Broken, Fact, Problem
from handbook.model.limits import Limits
from handbook.model.service import Service, Snapshot
from handbook.tree import RepoTree

__all__ = ["collect", "collect_for_rules"]

T = TypeVar("T")
Collector = Callable[[RepoTree, Service, Limits], Fact[T]]

_ALL = frozenset(FACTS)
_FACTS = {"python": "code"}  # the one collector that is called otherwise

_log = logging.getLogger(__name__)


def collect(
    snapshot: Snapshot, tree: RepoTree, limits: Limits, wanted: Container[str] = _ALL
) -> ServiceFacts:
    """Collect what the pages show; a collector that fails costs its own part of the service.

    ``wanted`` are the names of the facts to collect; the others are absent.
    """
    run = _Runner(tree, snapshot.service, limits, wanted)
    return ServiceFacts(
        snapshot=snapshot,
        docs=run(collect_docs),
        apis=run(collect_apis),
        api_changes=run(collect_api_changes),
        code=run(collect_python),
        owners=run(collect_owners),
        history=run(collect_history),
        package=run(collect_package),
        tests=run(collect_tests),
        refused=tree.refused(),
    )


def collect_for_rules(
    facts: ServiceFacts, tree: RepoTree, limits: Limits, wanted: Set[str] = _ALL
) -> ServiceFacts:
    """Add what only the readiness rules ask for; ``wanted`` as for :func:`collect`."""
    if "data" in wanted:
        wanted = wanted | DATA_NEEDS
    run = _Runner(tree, facts.snapshot.service, limits, wanted)
    found = replace(
        facts,
        declared=run(collect_declared),
        leaks=run(collect_leaks),
        keydocs=run(collect_keydocs),
        forms=run(collect_forms),
        tooling=run(collect_tooling),
        deploy=run(collect_deploy),
        monitoring=run(collect_monitoring),
        dependencies=run(collect_dependencies),
        runtimes=run(collect_runtimes),
        interfaces=run(collect_interfaces),
        territory=run(collect_territory),
    )
    # By now, other processes may have read the source: it takes longest.
    found = replace(found, source=run(collect_source))
    found = replace(found, data=run(data_collector(found.source, found.keydocs, found.deploy)))
    found = replace(found, database=run(database_collector(found.source)))
    return replace(found, extra=own_facts(tree, facts.snapshot.service, limits))


def collect_python(tree: RepoTree, service: Service, limits: Limits) -> Fact[PythonCode]:
    """Collect the Python API; griffe, which reads it, is loaded only where that is asked for."""
    from handbook.collect import python  # noqa: PLC0415

    return python.collect_python(tree, service, limits)


class _Runner:
    """Runs collectors; one that fails gives a fact that is broken.

    A collector is called ``collect_`` and the name of its fact.
    """

    def __init__(
        self, tree: RepoTree, service: Service, limits: Limits, wanted: Container[str]
    ) -> None:
        self._tree = tree
        self._service = service
        self._limits = limits
        self._wanted = wanted

    def __call__(self, collector: Collector[T]) -> Fact[T]:
        name = collector.__name__.removeprefix("collect_")
        if _FACTS.get(name, name) not in self._wanted:
            return Absent(())
        try:
            return collector(self._tree, self._service, self._limits)
        except (MemoryError, KeyboardInterrupt):
            raise
        except Exception as exc:  # noqa: BLE001 - whatever a hostile file makes a parser do
            _log.warning("%s: %s failed", self._service.slug, collector.__name__, exc_info=True)
            return Broken(self._failed(collector, exc))

    def _failed(self, collector: Collector[T], exc: Exception) -> Problem:
        what = collector.__name__.removeprefix("collect_").replace("_", " ")
        return Problem(
            f"The {what} could not be read: {type(exc).__name__}: {exc}",
            self._tree.origin(self._service.path),
            "error",
            "This is a bug of the handbook: please report it with the file that causes it.",
        )
