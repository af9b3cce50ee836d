"""What changed between two states of a service's API definitions, and what breaks clients.

Breaking is what makes a correct client of the old definition fail: an operation gone, more
asked of a request, less given by a response. The judgement is about what is described, not
about what the service does.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from handbook.collect.openapi.compare import Difference, Direction, SchemaComparison
from handbook.model.api import (
    ApiChange,
    ApiChanges,
    ApiDefinition,
    Body,
    Media,
    Operation,
    Parameter,
    Response,
    SchemeUse,
)

_Words = tuple[str, bool]
"""A difference in words, and whether it is breaking."""


def diff_apis(old: Sequence[ApiDefinition], new: Sequence[ApiDefinition]) -> ApiChanges:
    """Compare two states; ``new`` is the one whose anchors are given."""
    collected = _Collected()
    pairs, gone, added = _matched(old, new)
    for before, after in pairs:
        _Comparison(before, after, collected).run()
    for api in gone:
        collected.removed.append(ApiChange("the whole API is gone", api.title))
    for api in added:
        collected.added.append(ApiChange("a new API", api.title, api.uri))
    return collected.changes()


class _Collected:
    def __init__(self) -> None:
        self.added: list[ApiChange] = []
        self.removed: list[ApiChange] = []
        self.breaking: list[ApiChange] = []
        self.changed: list[ApiChange] = []
        self.deprecated: list[ApiChange] = []

    def changes(self) -> ApiChanges:
        return ApiChanges(
            added=tuple(self.added),
            removed=tuple(self.removed),
            breaking=tuple(dict.fromkeys(self.breaking)),
            changed=tuple(dict.fromkeys(self.changed)),
            deprecated=tuple(self.deprecated),
        )


class _Comparison:
    """Compares one definition with what it was."""

    def __init__(self, old: ApiDefinition, new: ApiDefinition, into: _Collected) -> None:
        self.old, self.new, self.into = old, new, into
        self.anchors = {item.name: item.anchor for item in new.schemas}
        self.schemas = SchemaComparison(
            {item.name: item.schema for item in old.schemas},
            {item.name: item.schema for item in new.schemas},
        )

    def run(self) -> None:
        before = {_key(operation): operation for operation in self.old.operations}
        after = {_key(operation): operation for operation in self.new.operations}
        for key, operation in before.items():
            if key not in after:
                words = "was deprecated and is gone" if operation.deprecated else "is gone"
                self.into.removed.append(ApiChange(words, operation.label))
        for key, operation in after.items():
            was = before.get(key)
            if was is None:
                words = operation.summary or "is new"
                self.into.added.append(self._change(operation, words))
                continue
            self._operation(was, operation)
        if self.old.servers != self.new.servers and self.new.servers:
            urls = ", ".join(server.url for server in self.new.servers[:3])
            words = f"is served at {urls}"
            self.into.changed.append(ApiChange(words, self.new.title, self.new.uri))

    def _operation(self, old: Operation, new: Operation) -> None:
        if new.deprecated and not old.deprecated:
            self.into.deprecated.append(self._change(new, "is deprecated"))
        for words, breaking in (*_parameters(old, new), *_security(old, new), *_bodies(old, new)):
            group = self.into.breaking if breaking else self.into.changed
            group.append(self._change(new, words))
        for words, breaking in _responses(old.responses, new.responses):
            group = self.into.breaking if breaking else self.into.changed
            group.append(self._change(new, words))
        self._contents(old, new)

    def _contents(self, old: Operation, new: Operation) -> None:
        before = {(p.place, p.name): p for p in old.parameters}
        for parameter in new.parameters:
            if was := before.get((parameter.place, parameter.name)):
                found = self.schemas.compare(was.schema, parameter.schema, "request")
                self._differences(new, f"parameter `{parameter.name}`: ", found)
        if old.body and new.body:
            self._media(new, "request: ", old.body.content, new.body.content, "request")
        statuses = {response.status: response for response in old.responses}
        for response in new.responses:
            if response.status in statuses:
                content = statuses[response.status].content
                what = f"response {response.status}: "
                self._media(new, what, content, response.content, "response")

    def _media(
        self,
        operation: Operation,
        what: str,
        old: Iterable[Media],
        new: Iterable[Media],
        way: Direction,
    ) -> None:
        before = {media.type: media.schema for media in old}
        for media in new:
            if media.schema and (was := before.get(media.type)):
                found = self.schemas.compare(was, media.schema, way)
                self._differences(operation, what, found)

    def _differences(self, operation: Operation, what: str, found: Iterator[Difference]) -> None:
        for item in found:
            group = self.into.breaking if item.breaking else self.into.changed
            if item.schema:
                anchor = self.anchors.get(item.schema, "")
                group.append(ApiChange(item.words, item.schema, self.new.uri, anchor))
            else:
                group.append(self._change(operation, what + item.words))

    def _change(self, operation: Operation, words: str) -> ApiChange:
        return ApiChange(words, operation.label, self.new.uri, operation.anchor)


def _matched(
    old: Sequence[ApiDefinition], new: Sequence[ApiDefinition]
) -> tuple[list[tuple[ApiDefinition, ApiDefinition]], list[ApiDefinition], list[ApiDefinition]]:
    """Pair definitions by file, then by title; one of each belong together anyway."""
    gone, added = list(old), list(new)
    pairs = []
    for same in (
        lambda a, b: a.origin.path == b.origin.path,
        lambda a, b: a.title == b.title,
        lambda _a, _b: len(old) == len(new) == 1,
    ):
        for after in list(added):
            before = next((item for item in gone if same(item, after)), None)
            if before is not None:
                pairs.append((before, after))
                gone.remove(before)
                added.remove(after)
    return pairs, gone, added


def _key(operation: Operation) -> tuple[str, str, str]:
    """What makes an operation the same: names of path parameters do not count."""
    path = re.sub(r"\{[^{}/]*\}", "{}", operation.path)
    return operation.kind, operation.method, path.rstrip("/") or "/"


def _parameters(old: Operation, new: Operation) -> Iterator[_Words]:
    before = {_parameter_key(p, old): p for p in old.parameters}
    after = {_parameter_key(p, new): p for p in new.parameters}
    for key, parameter in before.items():
        if key not in after:
            yield f"the {parameter.place} parameter `{parameter.name}` is gone", True
    for key, parameter in after.items():
        what = f"the {parameter.place} parameter `{parameter.name}`"
        was = before.get(key)
        if was is None:
            words = "is new and required" if parameter.required else "is new"
            yield f"{what} {words}", parameter.required
        elif was.required != parameter.required:
            words = "is required now" if parameter.required else "is no longer required"
            yield f"{what} {words}", parameter.required
        if was and parameter.deprecated and not was.deprecated:
            yield f"{what} is deprecated", False


def _parameter_key(parameter: Parameter, operation: Operation) -> tuple[str, str]:
    """Path parameters are the same by their place in the path, others by name."""
    placed = re.findall(r"\{([^{}/]*)\}", operation.path)
    if parameter.place == "path" and parameter.name in placed:
        return "path", str(placed.index(parameter.name))
    return parameter.place, parameter.name


def _security(old: Operation, new: Operation) -> Iterator[_Words]:
    before, after = set(map(_need, old.security)), set(map(_need, new.security))
    before, after = before or {frozenset()}, after or {frozenset()}
    if before == after:
        return
    # A client that sent what was enough before must still send enough.
    breaking = not all(any(need <= sent for need in after) for sent in before)
    if frozenset() in before and frozenset() not in after:
        yield f"it needs authentication now ({_schemes(after)})", True
    elif frozenset() in after and frozenset() not in before:
        yield "it needs no authentication any more", False
    else:
        yield f"it is authenticated by {_schemes(after)} instead of {_schemes(before)}", breaking


def _need(uses: tuple[SchemeUse, ...]) -> frozenset[str]:
    return frozenset(
        f"{use.scheme} {scope}".strip() for use in uses for scope in (use.scopes or ("",))
    )


def _schemes(needs: Iterable[frozenset[str]]) -> str:
    return " or ".join(sorted(" and ".join(sorted(need)) or "nothing" for need in needs))


def _bodies(old: Operation, new: Operation) -> Iterator[_Words]:
    if old.body is None and new.body is None:
        return
    if new.body is None:
        yield "it no longer takes a body", True
    elif old.body is None:
        words = "it needs a body now" if new.body.required else "it takes a body now"
        yield words, new.body.required
    else:
        if new.body.required != old.body.required:
            words = "the body is required now" if new.body.required else "the body is optional now"
            yield words, new.body.required
        yield from _types(old.body, new.body, "takes")


def _responses(old: Sequence[Response], new: Sequence[Response]) -> Iterator[_Words]:
    before = {response.status: response for response in old}
    after = {response.status: response for response in new}
    for status in before:
        if status not in after:
            yield f"the response {status} is gone", True
    for status, response in after.items():
        if status not in before:
            yield f"the response {status} is new", False
        else:
            yield from _types(before[status], response, f"answers {status} with")


def _types(old: Body | Response, new: Body | Response, verb: str) -> Iterator[_Words]:
    before, after = {m.type for m in old.content}, {m.type for m in new.content}
    for kind in sorted(before - after):
        yield f"it no longer {verb} {kind}", bool(after) or verb == "takes"
    for kind in sorted(after - before):
        yield f"it {verb} {kind} now", False
