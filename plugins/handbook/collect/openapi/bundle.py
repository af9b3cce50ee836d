"""Make one self-contained definition out of a file and all it refers to in the same repo.

References into other files become references to components of the bundle; nothing is ever
fully dereferenced, so cycles and doubling references cost nothing. Only what has no place
among the components (path items, whole sections) is copied to where it is used, within a
budget. A reference that is not followed stays in the bundle as a note, and is reported.
"""

from __future__ import annotations

import posixpath
import re
from collections import deque
from collections.abc import Mapping
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from handbook.collect.openapi.pointers import (
    MISSING,
    Pointer,
    look_up,
    mapping,
    parse_pointer,
    reference,
    write_pointer,
)
from handbook.collect.openapi.positions import children
from handbook.collect.openapi.read import DEPTH, Document
from handbook.collect.openapi.references import References, Target
from handbook.model.facts import Origin, Problem
from handbook.model.limits import Limits
from handbook.tree import RepoTree

NOTE = "x-handbook-note"
"""Key of a bundle's values that stand for a reference that was not followed."""

_MOST = 50  # references reported one by one
_SECTIONS_3: dict[str, Pointer] = {
    kind: ("components", kind)
    for kind in (
        *("schemas", "parameters", "responses", "requestBodies", "headers"),
        *("examples", "links", "callbacks", "securitySchemes"),
    )
}
_SECTIONS_2: dict[str, Pointer] = {
    "schemas": ("definitions",),
    "parameters": ("parameters",),
    "responses": ("responses",),
}
_COMPONENTS = frozenset({"components", "definitions", "parameters", "responses"})


class Bundle(Struct, frozen=True):
    """A self-contained definition.

    ``documents`` are the files it was made of, itself first. ``placed`` maps places of the
    bundle to where they came from: (path, pointer there).
    """

    data: dict[str, Any]
    documents: Mapping[str, Document]
    placed: Mapping[Pointer, Target]
    repo: str
    commit: str
    problems: tuple[Problem, ...] = ()

    @property
    def section(self) -> Pointer:
        """Where the named schemas are."""
        return _SECTIONS_2["schemas"] if "swagger" in self.data else _SECTIONS_3["schemas"]

    def follow(self, value: Any, hops: int) -> tuple[dict[str, Any], Pointer]:
        """Return the mapping ``value`` is or refers to, and the pointer it was found at.

        The pointer is () for what is no reference. Keys beside a reference win. A reference
        that leads nowhere, or through more than ``hops`` others, gives an empty mapping.
        """
        at: Pointer = ()
        beside: dict[str, Any] = {}
        while ref := reference(value):
            pointer = parse_pointer(ref[1:]) if ref.startswith("#") else None
            found = MISSING if pointer is None or hops <= 0 else look_up(self.data, pointer)
            beside = {**{key: item for key, item in value.items() if key != "$ref"}, **beside}
            value, at, hops = found, pointer or (), hops - 1
        return {**mapping(value), **beside} if beside else mapping(value), at

    def origin(self, pointer: Pointer) -> Origin:
        """Return the file and line that the bundle's value at ``pointer`` came from."""
        length = len(pointer)
        while pointer[:length] not in self.placed:
            length -= 1
        target = self.placed[pointer[:length]]
        line = self.documents[target.path].lines.line((*target.pointer, *pointer[length:]))
        return Origin(self.repo, self.commit, target.path, line)


def bundle(tree: RepoTree, root: Document, limits: Limits) -> Bundle:
    """Bundle the file ``root``, whose data is a mapping."""
    references = References(tree, root, limits)
    bundler = _Bundler(root, references, limits)
    data, written = root.data, _references(root.data)
    if any(not ref.startswith("#") for _, ref in written):
        data = bundler.run()
        written = _references(data)
    refused = list(bundler.problems.items())
    refused += [
        (at, f"The reference {ref[:200]} was not followed: there is nothing at this place.")
        for at, ref in written
        if not _resolves(data, ref)
    ]
    made = Bundle(data, references.documents, bundler.placed, tree.repo, tree.commit)
    problems = [Problem(message, made.origin(at), hint=_HINT) for at, message in refused[:_MOST]]
    if len(refused) > _MOST:
        message = f"{len(refused) - _MOST:,} more references were not followed."
        problems.append(Problem(message, made.origin(())))
    return replace(made, problems=tuple(problems))


_HINT = "Refer to a file of this repo, relative to this one, and to a place that exists in it."


class _Spot(Struct, frozen=True):
    """Where the walk is: in the file ``path``, writing to ``at`` of the bundle.

    ``kind`` and ``many`` say what stands here (see :mod:`positions`); ``inside`` are the
    targets that are being copied to their place right now.
    """

    path: str
    at: Pointer
    kind: str | None = None
    many: bool = False
    inside: tuple[Target, ...] = ()


class _Bundler:
    def __init__(self, root: Document, references: References, limits: Limits) -> None:
        self.root, self.references, self.limits = root, references, limits
        self.placed: dict[Pointer, Target] = {(): Target(root.path)}
        self.problems: dict[Pointer, str] = {}
        self.sections = _SECTIONS_2 if "swagger" in root.data else _SECTIONS_3
        self.names: dict[tuple[str, Target], Pointer] = {}
        self.taken = {kind: self._own_names(at) for kind, at in self.sections.items()}
        self.counts: dict[tuple[str, str], int] = {}
        self.waiting: deque[tuple[str, Target]] = deque()
        self.values = 0

    def run(self) -> dict[str, Any]:
        result = dict(self.root.data)
        # Components first: what they refer to keeps the name it has there.
        todo = sorted(children(result, None, False), key=lambda child: child[0] not in _COMPONENTS)
        for key, value, kind, many in todo:
            result[str(key)] = self.convert(value, _Spot(self.root.path, (key,), kind, many))
        while self.waiting:
            kind, target = self.waiting.popleft()
            at = self.names[kind, target]
            self.placed[at] = target
            value = self.references.value(target)
            _put(result, at, self.convert(value, _Spot(target.path, at, kind)))
        return result

    def convert(self, value: Any, spot: _Spot) -> Any:
        """Copy a value, its references rewritten."""
        self.values += 1
        if reference(value):
            return self._reference(value, spot)
        if isinstance(value, dict) and spot.many and spot.at in self.sections.values():
            self._name_aliases(value, spot)
        return self._children(value, spot)

    def _children(self, value: Any, spot: _Spot) -> Any:
        copied: Any = value.copy() if isinstance(value, dict | list) else value
        for key, item, kind, many in children(value, spot.kind, spot.many):
            inner = _Spot(spot.path, (*spot.at, key), kind, many, spot.inside)
            copied[key] = self.convert(item, inner)
        return copied

    def _own_names(self, section: Pointer) -> set[str]:
        found = look_up(self.root.data, section)
        return set(found) if isinstance(found, dict) else set()

    def _name_aliases(self, section: dict[str, Any], spot: _Spot) -> None:
        """Let components that only refer to another file become what they refer to."""
        for name, value in section.items():
            if not reference(value) or len(value) > 1 or spot.kind is None:
                continue
            target = self.references.find(reference(value), spot.path)
            if isinstance(target, Target) and target.path != self.root.path:
                self.names.setdefault((spot.kind, target), (*spot.at, name))

    def _reference(self, value: dict[str, Any], spot: _Spot) -> Any:
        ref = reference(value)
        # What stands beside a reference may hold others.
        beside = self._children({key: value[key] for key in value if key != "$ref"}, spot)
        if self.values > self.limits.openapi_values:
            return {**beside, **self._refuse(ref, "the definition has too many values", spot)}
        target = self.references.find(ref, spot.path)
        if isinstance(target, str):
            if spot.path == self.root.path and ref.startswith("#"):
                return {**beside, "$ref": ref}  # reported with all others that lead nowhere
            return {**beside, **self._refuse(ref, target, spot)}
        if target.path == self.root.path:
            return {**beside, "$ref": write_pointer(target.pointer)}
        if spot.kind not in self.sections or spot.many:
            return self._copied(ref, target, beside, spot)
        named = self.names.get((spot.kind, target))
        if named == spot.at:
            return self._copied(ref, target, beside, spot)
        return {**beside, "$ref": write_pointer(named or self._component(spot.kind, target))}

    def _copied(self, ref: str, target: Target, beside: dict[str, Any], spot: _Spot) -> Any:
        """Put the target where the reference stands."""
        if target in spot.inside:
            return {**beside, **self._refuse(ref, "it leads back to itself", spot)}
        if len(spot.at) > DEPTH or len(spot.inside) >= self.limits.openapi_depth:
            return {**beside, **self._refuse(ref, "references nest too deeply here", spot)}
        self.placed[spot.at] = target
        inner = _Spot(target.path, spot.at, spot.kind, spot.many, (*spot.inside, target))
        copied = self.convert(self.references.value(target), inner)
        return {**copied, **beside} if isinstance(copied, dict) else copied

    def _component(self, kind: str, target: Target) -> Pointer:
        """Give the target a name among the components, and note it to be put there."""
        last = target.pointer[-1] if target.pointer else posixpath.basename(target.path)
        stem = str(last) if target.pointer else str(last).rpartition(".")[0]
        stem = re.sub(r"[^\w.-]+", "_", stem) or kind
        taken = self.taken[kind]
        name = stem
        while name in taken:
            # Where to go on counting: thousands of targets may end alike.
            self.counts[kind, stem] = number = self.counts.get((kind, stem), 1) + 1
            name = f"{stem}_{number}"
        taken.add(name)
        at = (*self.sections[kind], name)
        self.names[kind, target] = at
        self.waiting.append((kind, target))
        return at

    def _refuse(self, ref: str, why: str, spot: _Spot) -> dict[str, str]:
        shown = ref[:200]
        self.problems.setdefault(spot.at, f"The reference {shown} was not followed: {why}.")
        return {NOTE: f"Not followed: {shown} ({why})"}


def _resolves(data: dict[str, Any], ref: str) -> bool:
    pointer = parse_pointer(ref[1:])
    return pointer is not None and look_up(data, pointer) is not MISSING


def _references(data: dict[str, Any]) -> list[tuple[Pointer, str]]:
    """Return all references of one file with their places, in no particular order."""
    found: list[tuple[Pointer, str]] = []
    stack: list[tuple[Any, str | None, bool, Pointer]] = [(data, None, False, ())]
    while stack:
        value, kind, many, at = stack.pop()
        if ref := reference(value):
            found.append((at, ref))
        for key, item, item_kind, item_many in children(value, kind, many):
            stack.append((item, item_kind, item_many, (*at, key)))
    return found


def _put(data: dict[str, Any], at: Pointer, value: Any) -> None:
    """Set a component, adding its section where there is none."""
    for part in at[:-1]:
        inner = data.get(str(part))
        if not isinstance(inner, dict):
            data[str(part)] = inner = {}
        data = inner
    data[str(at[-1])] = value
