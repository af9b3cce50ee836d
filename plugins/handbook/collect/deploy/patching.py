"""Changes to objects as kustomize makes them: strategic merges and JSON patches.

An object is never changed: each change gives a new one that shares what stayed.
"""

from __future__ import annotations

from handbook.collect.deploy.items import Item

_KEYS = {
    "containers": "name",
    "initContainers": "name",
    "ephemeralContainers": "name",
    "env": "name",
    "volumes": "name",
    "volumeMounts": "mountPath",
    "ports": "containerPort",
    "imagePullSecrets": "name",
}
_NODES = 100_000
_DEPTH = 64


class Budget:
    """How many values patches may touch in one service: aliases can make a short file long."""

    def __init__(self, nodes: int = _NODES) -> None:
        self.left = nodes

    def spend(self) -> bool:
        """Take one; tell whether there was one."""
        self.left -= 1
        return self.left >= 0


def merged(target: Item, patch: Item, budget: Budget, key: str = "") -> Item:
    """Return ``target`` with a strategic merge patch."""
    if not budget.spend():
        return target
    if isinstance(target.value, dict) and isinstance(patch.value, dict):
        if patch.get("$patch").text == "replace":
            kept = {name: item for name, item in patch.value.items() if name != "$patch"}
            return Item(kept, patch.path, patch.line)
        found = dict(target.value)
        for name, item in patch.value.items():
            if item.value is None:
                found.pop(name, None)
            elif name in found:
                found[name] = merged(found[name], item, budget, name)
            else:
                found[name] = item
        return Item(found, target.path, target.line)
    if isinstance(target.value, list) and isinstance(patch.value, list) and key in _KEYS:
        return _lists(target, patch, budget, _KEYS[key])
    return patch


def _lists(target: Item, patch: Item, budget: Budget, key: str) -> Item:
    found = list(target.items)
    at = {item.get(key).text: number for number, item in enumerate(found)}
    gone: set[int] = set()
    for item in patch.items:
        number = at.get(item.get(key).text)
        if number is None:
            found.append(item)
        elif item.get("$patch").text == "delete":
            gone.add(number)
        else:
            found[number] = merged(found[number], item, budget)
    kept = [item for number, item in enumerate(found) if number not in gone]
    return Item(kept, target.path, target.line)


def patched(target: Item, operation: Item) -> Item:
    """Return ``target`` with one operation of a JSON patch; those that cannot be are left out."""
    pointer = operation.get("path").text
    if not pointer.startswith("/"):
        return target
    keys = [part.replace("~1", "/").replace("~0", "~") for part in pointer[1:].split("/")]
    value = operation.get("value")
    match operation.get("op").text:
        case "add" | "replace" as kind:
            return _put(target, keys[:_DEPTH], value, insert=kind == "add")
        case "remove":
            return _put(target, keys[:_DEPTH], None, insert=False)
    return target


def _put(target: Item, keys: list[str], value: Item | None, *, insert: bool) -> Item:
    key, rest = keys[0], keys[1:]
    if isinstance(target.value, dict):
        found = dict(target.value)
        if rest:
            if key in found:
                found[key] = _put(found[key], rest, value, insert=insert)
        elif value is None:
            found.pop(key, None)
        else:
            found[key] = value
        return Item(found, target.path, target.line)
    if isinstance(target.value, list):
        return _put_in_list(target, keys, value, insert=insert)
    return target


def _put_in_list(target: Item, keys: list[str], value: Item | None, *, insert: bool) -> Item:
    key, rest = keys[0], keys[1:]
    found = list(target.items)
    if key == "-" and not rest and value is not None:
        return Item([*found, value], target.path, target.line)
    if not key.isascii() or not key.isdigit() or len(key) > 6 or int(key) >= len(found):
        return target
    number = int(key)
    if rest:
        found[number] = _put(found[number], rest, value, insert=insert)
    elif value is None:
        del found[number]
    elif insert:
        found.insert(number, value)
    else:
        found[number] = value
    return Item(found, target.path, target.line)
