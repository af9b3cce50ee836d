"""What of a package is public, and on which module's page it is shown.

- A module is public if no part of its name starts with an underscore. One that has nothing to
  show gets no page.
- In a module, ``__all__`` decides where there is one. Otherwise everything defined there is
  public unless its name starts with an underscore. Undocumented loggers are left out.
- In a class, names without an underscore are public; special methods if they have a docstring
  (``__init__`` is shown with its class); what ``__init__`` sets without saying a type or a word
  about it is left out. What comes from a base class that is shown nowhere is shown here.
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
_KINDS = griffe.Kind
_IN_MODULE = (_KINDS.CLASS, _KINDS.FUNCTION, _KINDS.TYPE_ALIAS, _KINDS.ATTRIBUTE)
_IN_CLASS = (_KINDS.ATTRIBUTE, _KINDS.TYPE_ALIAS, _KINDS.FUNCTION, _KINDS.CLASS)
_SUMMARY = 300  # characters

Member = griffe.Object | griffe.Alias


def public_modules(source: PythonSource, limits: Limits) -> tuple[CodeModule, ...]:
    """Return the public modules that have something to show, in order of their names."""
    public = {name: module for name, module in source.modules.items() if _is_public_name(name)}
    places = _Places(public)
    found = []
    left = limits.api_objects
    # Packages first: they have the first say about what is shown where.
    for name in sorted(public, key=lambda name: (name.count("."), name)):
        module = public[name]
        objects = places.shown_in(name)
        shown = tuple(objects[: max(0, min(left, limits.api_page_objects))])
        left -= len(shown)
        described = CodeModule(
            name,
            "" if isinstance(module.filepath, list) else str(module.filepath),
            _summary(module),
            shown,
            (*places.listed_in(name), *_made_at_run_time(module)),
            len(objects) - len(shown),
        )
        if described.objects or described.exports or described.summary or described.left_out:
            found.append(described)
    return tuple(sorted(found, key=lambda module: module.name))


class _Places:
    """Decides for every object which module shows it."""

    def __init__(self, public: dict[str, griffe.Module]) -> None:
        self._public = public
        self._own = {
            name: [m for m in module.members.values() if _is_own(m, module)]
            for name, module in public.items()
        }
        # Path of an object's definition to the path it is shown by.
        self._homes = {m.path: m.path for members in self._own.values() for m in members}
        self._taken: dict[str, list[griffe.Alias]] = {name: [] for name in public}
        self._listed: dict[str, list[Export]] = {name: [] for name in public}
        for name in sorted(public, key=lambda name: (name.count("."), name)):
            for alias in _offered(public[name]):
                self._place(alias, name)

    def shown_in(self, name: str) -> list[CodeObject]:
        """Return all objects of a module's page: classes, functions, types, data."""
        members: list[Member] = [*self._own[name], *self._taken[name]]
        exports = [item for item in self._public[name].exports or () if isinstance(item, str)]
        order = {item: number for number, item in reversed(list(enumerate(exports)))}
        members.sort(key=lambda m: (_IN_MODULE.index(m.kind), order.get(m.name, 0)))
        return [item for m in members for item in self._described(m, f"{name}.{m.name}")]

    def listed_in(self, name: str) -> list[Export]:
        """Return the names a module offers that are shown elsewhere."""
        return [
            Export(item.name, self._homes.get(item.target, item.target))
            for item in self._listed[name]
        ]

    def _place(self, alias: griffe.Alias, name: str) -> None:
        target = _target(alias)
        if target is not None and target.is_module:
            return  # it has its own page, or is private as a whole
        if target is None or target.path in self._homes:
            path = alias.target_path if target is None else target.path
            self._listed[name].append(Export(alias.name, path))
            return
        self._homes[target.path] = f"{name}.{alias.name}"
        self._taken[name].append(alias)

    def _described(
        self, member: Member, path: str, *, nested: bool = False
    ) -> Iterator[CodeObject]:
        """Yield an object and, for a class, its public members.

        Only an outermost class takes over what it inherits: a nested one may be a member of
        its own base.
        """
        target = _target(member)
        if target is None:
            return
        yield CodeObject(path, _role(target), "" if target.path == path else target.path)
        if not isinstance(target, griffe.Class):
            return
        bases = [] if nested else self._hidden_bases(target)
        inner = {m.name: m for base in bases for m in base.members.values()} | target.members
        shown = [m for m in inner.values() if _is_shown_in_class(m)]
        for item in sorted(shown, key=lambda m: _IN_CLASS.index(m.kind)):
            yield from self._described(item, f"{path}.{item.name}", nested=True)

    def _hidden_bases(self, cls: griffe.Class) -> list[griffe.Class]:
        """Return base classes that no page shows, the most distant one first."""
        try:
            bases = cls.mro()
        except (ValueError, griffe.GriffeError, RecursionError):
            return []
        return [base for base in reversed(bases) if base.path not in self._homes]


def _is_public_name(name: str) -> bool:
    return not any(part.startswith("_") for part in name.split("."))


def _is_own(member: Member, module: griffe.Module) -> bool:
    """Whether a member is defined in this module, public, and no module itself."""
    if member.is_alias or member.is_module or member.name == "__all__":
        return False
    if module.exports:
        return member.name in module.exports
    if member.name.startswith("_"):
        return False
    return bool(member.docstring) or member.name not in _LOGGERS


def _is_shown_in_class(member: Member) -> bool:
    target = _target(member)
    if target is None or target.parent is None or not target.parent.is_class:
        return False  # unknown, or imported into the body of the class
    if member.name == "__init__":
        return False
    if member.name.startswith("_"):
        return _is_special(member.name) and bool(target.docstring)
    if not isinstance(target, griffe.Attribute) or target.annotation or target.docstring:
        return True
    return bool(target.labels & {"class-attribute", "property"})


def _is_special(name: str) -> bool:
    return name.startswith("__") and name.endswith("__")


def _offered(module: griffe.Module) -> list[griffe.Alias]:
    """Return what a module imports for others to use."""
    aliases = [
        member
        for member in module.members.values()
        if isinstance(member, griffe.Alias) and member.runtime and not member.wildcard
    ]
    if module.exports:
        return [alias for alias in aliases if alias.name in module.exports]
    if not module.is_init_module:
        return []
    package = module.path.partition(".")[0]
    own = [alias for alias in aliases if alias.target_path.partition(".")[0] == package]
    return [alias for alias in own if not alias.name.startswith("_")]


def _target(member: Member) -> griffe.Object | None:
    """Return the object itself; None if the source does not tell."""
    if isinstance(member, griffe.Object):
        return member
    try:
        return member.final_target
    except _UNRESOLVED:
        return None


def _made_at_run_time(module: griffe.Module) -> Iterable[Export]:
    """Return names of ``__all__`` that the source does not define."""
    exports = module.exports or ()
    names = (name for name in exports if isinstance(name, str) and name.isidentifier())
    return [Export(name, "") for name in dict.fromkeys(names) if name not in module.members]


def _role(item: griffe.Object) -> Role:
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
    text = text.encode("utf-8", "replace").decode("utf-8")  # "\ud800" is a valid literal
    line = " ".join(text.strip().split("\n\n", 1)[0].split())
    return line if len(line) <= _SUMMARY else f"{line[:_SUMMARY].rsplit(' ', 1)[0]} …"
