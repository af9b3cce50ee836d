"""All that was read of one service: each part found, absent or broken."""

from __future__ import annotations

from msgspec import Struct

from handbook.model.api import ApiChanges, ApiDefinition
from handbook.model.catalog import Identity
from handbook.model.code import PythonCode
from handbook.model.docs import Docs
from handbook.model.facts import Absent, Fact
from handbook.model.history import History
from handbook.model.package import PackageInfo
from handbook.model.people import Owners
from handbook.model.service import Snapshot


class ServiceFacts(Struct, frozen=True):
    """What collecting gives and rendering takes."""

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
