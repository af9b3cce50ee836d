"""What of a package is public, and on which module's page it is shown.

- A module is public if no part of its name starts with an underscore. One that has nothing to
  show gets no page.
- In a module, ``__all__`` decides where there is one. Otherwise everything defined there is
  public unless its name starts with an underscore. Undocumented loggers are left out.
- In a class, names without an underscore are public; special methods if they have a docstring
  (``__init__`` is shown with its class); what ``__init__`` sets without saying a type or a word
  about it is left out.
- What a module offers from elsewhere (through ``__all__``, or an ``__init__.py`` by importing
  it) is shown there if its own module is private, else it is listed with a link.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import griffe

from handbook.model.code import CodeModule, CodeObject, Export, Role
from handbook.model.limits import Limits
from handbook.python_source import PythonSource

_UNRESOLVED = (griffe.AliasResolutionError, griffe.CyclicAliasError, RecursionError)
_LOGGERS = frozenset({"log", "logger", "LOG", "LOGGER"})
_ORDER = (griffe.Kind.ATTRIBUTE, griffe.Kind.TYPE_ALIAS, griffe.Kind.CLASS, griffe.Kind.FUNCTION)
_SUMMARY = 300  # characters


def public_modules(source: PythonSource, limits: Limits) -> tuple[CodeModule, ...]:
    """Return the public modules that have something to show, in order of their names."""
    public = {name: module for name, module in source.modules.items() if _is_public_name(name)}
    homes = {name: name for name in public}
    for name, module in public.items():
        homes |= {item.path: item.path for item in _own(module, name)}
    found = []
    left = limits.api_objects
    for name in sorted(public, key=lambda name: (name.count("."), name)):
        module = public[name]
        objects = [*_own(module, name)]
        exports: list[Export] = []
        for alias in _offered(module):
            _take_over(alias, f"{name}.{alias.name}", homes, objects, exports)
        most = max(0, min(left, limits.api_page_objects))
        shown = tuple(objects[:most])
        left -= len(shown)
        exports += _made_at_run_time(module)
        described = CodeModule(
            name,
            str(module.filepath) if not isinstance(module.filepath, list) else "",
            _summary(module),
            shown,
            tuple(exports),
            len(objects) - len(shown),
        )
        if described.objects or described.exports or described.summary or described.left_out:
            found.append(described)
    return tuple(sorted(found, key=lambda module: module.name))


def _is_public_name(name: str) -> bool:
    return not any(part.startswith("_") for part in name.split("."))


def _own(module: griffe.Module, path: str) -> Iterator[CodeObject]:
    """Yield what is defined in a module and public, with all that is in it."""
    members = [
        member
        for member in module.members.values()
        if not member.is_alias and not member.is_module and _shown_in_module(member, module)
    ]
    for member in _sorted(members):
        yield from _with_members(member, f"{path}.{member.name}", "")


def _shown_in_module(member: griffe.Object | griffe.Alias, module: griffe.Module) -> bool:
    if member.name == "__all__":
        return False
    if module.exports:
        return member.name in module.exports
    if member.name.startswith("_"):
        return False
    return bool(member.docstring) or member.name not in _LOGGERS


def _with_members(item: griffe.Object | griffe.Alias, path: str, home: str) -> Iterator[CodeObject]:
    """Yield an object and, for a class, its public members. ``home`` is "" if ``path`` is it."""
    yield CodeObject(path, _role(item), home)
    if not item.is_class:
        return
    members = [member for member in item.members.values() if _shown_in_class(member)]
    for member in _sorted(members):
        inner = f"{home}.{member.name}" if home else ""
        yield from _with_members(member, f"{path}.{member.name}", inner)


def _shown_in_class(member: griffe.Object | griffe.Alias) -> bool:
    target = _target(member)
    if target is None or target.is_module or (target.is_alias and not member.inherited):
        return False
    if isinstance(target, griffe.Object) and target.parent and target.parent.is_module:
        return False  # imported into the body of the class
    if member.name == "__init__" or (not target.docstring and member.name.startswith("_")):
        return False
    if member.name.startswith("_"):
        return member.name.startswith("__") and member.name.endswith("__")
    silent = isinstance(target, griffe.Attribute) and not (target.annotation or target.docstring)
    return not silent or "class-attribute" in target.labels or "property" in target.labels


def _offered(module: griffe.Module) -> list[griffe.Alias]:
    """Return what a module imports for others to use."""
    aliases = [
        member
        for member in module.members.values()
        if isinstance(member, griffe.Alias) and member.runtime and not member.wildcard
    ]
    if module.exports:
        names = [name for name in module.exports if isinstance(name, str)]
        order = {name: number for number, name in reversed(list(enumerate(names)))}
        chosen = [alias for alias in aliases if alias.name in order]
        return sorted(chosen, key=lambda alias: order[alias.name])
    if not module.is_init_module:
        return []
    package = module.path.partition(".")[0]
    own = [alias for alias in aliases if alias.target_path.partition(".")[0] == package]
    return [alias for alias in own if not alias.name.startswith("_")]


def _take_over(
    alias: griffe.Alias,
    path: str,
    homes: dict[str, str],
    objects: list[CodeObject],
    exports: list[Export],
) -> None:
    """Show what an alias leads to here, or say where it is shown."""
    target = _target(alias)
    if target is None:
        exports.append(Export(alias.name, alias.target_path))
        return
    if target.is_module:  # it has its own page, or is private as a whole
        return
    home = target.path
    if home in homes:
        exports.append(Export(alias.name, homes[home]))
        return
    taken = list(_with_members(target, path, home))
    homes |= {item.home: item.path for item in taken}
    objects += taken


def _target(member: griffe.Object | griffe.Alias) -> griffe.Object | None:
    """Return the object itself; None if the source does not tell."""
    if isinstance(member, griffe.Object):
        return member
    try:
        return member.final_target
    except _UNRESOLVED:
        return None


def _made_at_run_time(module: griffe.Module) -> list[Export]:
    """Return names of ``__all__`` that the source does not define."""
    names = [name for name in module.exports or () if isinstance(name, str)]
    missing = [name for name in dict.fromkeys(names) if name not in module.members]
    return [Export(name, "") for name in missing]


def _sorted(
    members: Iterable[griffe.Object | griffe.Alias],
) -> list[griffe.Object | griffe.Alias]:
    """Group by kind; within one kind the order is that of the source."""
    return sorted(members, key=lambda member: _ORDER.index(member.kind))


def _role(item: griffe.Object | griffe.Alias) -> Role:
    in_class = bool(item.parent and item.parent.is_class)
    if item.is_class:
        return "class"
    if item.is_function:
        return "method" if in_class else "function"
    if item.is_type_alias:
        return "type"
    if not in_class:
        return "data"
    return "property" if "property" in item.labels else "attribute"


def _summary(module: griffe.Module) -> str:
    text = module.docstring.value if module.docstring else ""
    line = " ".join(text.strip().split("\n\n", 1)[0].split())
    return line if len(line) <= _SUMMARY else f"{line[:_SUMMARY].rsplit(' ', 1)[0]} …"
