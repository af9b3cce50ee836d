"""Where on the site each documented Python object is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from io import BytesIO

from mkdocstrings import Inventory

from handbook.model.code import CodeModule, PythonCode
from handbook.render.context import relative_url

ROOT = "reference/"


def page_uri(code: PythonCode, module: str) -> str:
    """Return the uri of a module's page; the only page of a service is the reference itself."""
    return ROOT if len(code.modules) == 1 else f"{ROOT}{module.replace('.', '/')}/"


def inventory_of(code: PythonCode, slug: str) -> bytes:
    """Return the service's ``objects.inv``: the address of every object, from its folder.

    Needs the facts only, so that services can link to each other before any is rendered.
    """
    inventory = Inventory(project=slug, version="0")
    for module, address in _addresses(code):
        inventory.register(module.name, "py", "module", f"{address}#{module.name}")
        for item in module.objects:
            inventory.register(item.path, "py", item.role, f"{address}#{item.path}")
    for module, address in _addresses(code):
        for item in module.objects:
            if item.home and item.home not in inventory:
                uri = f"{address}#{item.path}"
                inventory.register(item.home, "py", item.role, uri, priority=2)
    return inventory.format_sphinx()


def imported_packages(code: PythonCode) -> frozenset[str]:
    """Return the dotted names that the service imports from elsewhere.

    A service one of whose ``packages`` is among them is one whose inventory is of use.
    """
    return frozenset(code.imports)


def _addresses(code: PythonCode) -> Iterator[tuple[CodeModule, str]]:
    return ((module, page_uri(code, module.name)) for module in code.modules)


class Places:
    """Finds the address of an object by any dotted name it is known by.

    ``slug`` is the service's own; ``inventories`` are those of other services by slug. A name
    that two of these claim leads nowhere: there is no telling which is meant.
    """

    def __init__(self, code: PythonCode, slug: str, inventories: Mapping[str, bytes]) -> None:
        self._code = code
        self._slug = slug
        self._inventories = inventories

    def link(self, name: str, page: str) -> str:
        """Return the address of ``name`` relative to ``page`` (a uri of this service), or ""."""
        address = self._own.get(name) or self._others.get(name, "")
        if not address:
            return ""
        uri, _, anchor = address.partition("#")
        here = f"{self._slug}/{page}"
        return f"#{anchor}" if uri == here else f"{relative_url(uri, here)}#{anchor}"

    @cached_property
    def _own(self) -> dict[str, str]:
        return dict(_entries(inventory_of(self._code, self._slug), self._slug))

    @cached_property
    def _others(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for slug, data in sorted(self._inventories.items()):
            if slug == self._slug:
                continue
            for name, address in _entries(data, slug):
                found[name] = "" if name in found else address
        return found


def _entries(inventory: bytes, slug: str) -> Iterable[tuple[str, str]]:
    """Yield (dotted name, address from the folder of all services)."""
    if not inventory:
        return
    for item in Inventory.parse_sphinx(BytesIO(inventory), domain_filter=["py"]).values():
        yield item.name, f"{slug}/{item.uri}"
