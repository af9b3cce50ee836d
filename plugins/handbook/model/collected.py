"""All that was read of one service: each part found, absent or broken."""

from __future__ import annotations

from typing import Any

from msgspec import Struct, structs

from handbook.model.api import ApiChanges, ApiDefinition
from handbook.model.catalog import Identity
from handbook.model.code import PythonCode
from handbook.model.data import Data
from handbook.model.database import Database
from handbook.model.declared import Declared
from handbook.model.dependencies import Dependencies, Runtimes
from handbook.model.deploy import Deploy
from handbook.model.docs import Docs
from handbook.model.examples import Tests
from handbook.model.facts import Absent, Fact
from handbook.model.forms import FormDocument
from handbook.model.history import History
from handbook.model.interfaces import Interfaces
from handbook.model.keydocs import KeyDocs
from handbook.model.leaks import Leaks
from handbook.model.monitoring import Monitoring
from handbook.model.package import PackageInfo
from handbook.model.people import Owners
from handbook.model.service import Snapshot
from handbook.model.source import Source
from handbook.model.territory import Territory
from handbook.model.tooling import Tooling


class ServiceFacts(Struct, frozen=True):
    """What collecting gives, and checking and rendering take.

    ``extra`` holds what a company's own collectors found, by name.
    """

    snapshot: Snapshot
    docs: Fact[Docs]
    apis: Fact[tuple[ApiDefinition, ...]]
    api_changes: Fact[ApiChanges]
    code: Fact[PythonCode]
    owners: Fact[Owners]
    history: Fact[History]
    package: Fact[PackageInfo]
    refused: tuple[str, ...] = ()
    identity: Fact[Identity] = Absent(())
    declared: Fact[Declared] = Absent(())
    source: Fact[Source] = Absent(())
    keydocs: Fact[KeyDocs] = Absent(())
    forms: Fact[tuple[FormDocument, ...]] = Absent(())
    tooling: Fact[Tooling] = Absent(())
    database: Fact[Database] = Absent(())
    deploy: Fact[Deploy] = Absent(())
    data: Fact[Data] = Absent(())
    monitoring: Fact[Monitoring] = Absent(())
    tests: Fact[Tests] = Absent(())
    dependencies: Fact[Dependencies] = Absent(())
    runtimes: Fact[Runtimes] = Absent(())
    interfaces: Fact[Interfaces] = Absent(())
    territory: Fact[Territory] = Absent(())
    leaks: Fact[Leaks] = Absent(())
    extra: dict[str, Fact[Any]] = {}

    def by_name(self) -> dict[str, Fact[Any]]:
        """Return every fact under the name that rules ask for it by."""
        own = {name: getattr(self, name) for name in FACTS}
        return {**self.extra, **own}


FACTS = tuple(
    field.name
    for field in structs.fields(ServiceFacts)
    if field.name not in ("snapshot", "refused", "extra")
)
"""Names of the facts that the handbook itself collects."""
