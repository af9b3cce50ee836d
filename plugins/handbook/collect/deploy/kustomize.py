"""Kustomizations: what each overlay applies, put together without running kustomize.

Resources, bases, components, patches of every kind, images, replicas and prefixes are carried
out; generators, replacements, functions and what is on the network are not.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from functools import partial

from handbook.collect.deploy.files import Files
from handbook.collect.deploy.items import Item, read_items
from handbook.collect.deploy.kubernetes import key_of
from handbook.collect.deploy.patching import Budget, merged, patched
from handbook.errors import YamlError

NAMES = ("kustomization.yaml", "kustomization.yml", "Kustomization")

_DEPTH = 8
_OBJECTS = 2_000
_ALL = 10_000  # objects of all overlays together
_PATCHES = 200
_POD_LISTS = ("containers", "initContainers")
_PLAIN = re.compile(r"[\w.-]*(?:\|[\w.-]+|\([\w.|-]+\)[\w.-]*|\.\*[\w.-]*)*")


class Kustomize:
    """The kustomizations of a service."""

    def __init__(self, files: Files) -> None:
        self._files = files
        self._budget = Budget()
        self._left = _ALL
        own = [path for path in files.paths if posixpath.basename(path) in NAMES]
        self._at = {posixpath.dirname(path): path for path in own}
        self._read: dict[str, Item | None] = {}
        self.used = {path for folder in self._at for path in self._named(folder)}

    @property
    def roots(self) -> list[str]:
        """Folders of those that no other one builds on, and that are no components."""
        return [
            folder
            for folder in self._at
            if folder not in self.used and self._said(folder).get("kind").text != "Component"
        ]

    def path(self, folder: str) -> str:
        """Return the kustomization's file in a folder, "" if there is none."""
        if folder not in self._at:
            found = (posixpath.join(folder, name) for name in NAMES)
            path = next((name for name in found if self._files.tree.exists(name)), "")
            if not path:
                return ""
            self._at[folder] = path
        return self._at[folder]

    def line(self, folder: str) -> Item:
        """Return the kustomization itself, to show where it is."""
        return self._said(folder)

    def build(self, folder: str) -> list[Item]:
        """Return the objects that an overlay applies."""
        found = self._build(folder, [], ())
        self._left -= len(found)
        return found if self._left >= 0 else []

    def _said(self, folder: str) -> Item:
        path = self.path(folder)
        if path not in self._read:
            self._read[path] = next(iter(self._files.objects(path)), None) if path else None
        return self._read[path] or Item(None, path, 0)

    def _named(self, folder: str) -> Iterator[str]:
        """Give the files and folders that a kustomization names."""
        said = self._said(folder)
        for key in ("resources", "bases", "components", "patchesStrategicMerge", "crds"):
            for name in said.get(key).texts[:_OBJECTS]:
                yield _inside(folder, name)
        for key in ("patches", "patchesJson6902"):
            for patch in said.get(key).items[:_PATCHES]:
                if name := patch.get("path").text:
                    yield _inside(folder, name)

    def _build(self, folder: str, given: list[Item], above: tuple[str, ...]) -> list[Item]:
        if folder in above or len(above) >= _DEPTH or not self.path(folder):
            return given
        said = self._said(folder)
        found = given[:]
        for key in ("resources", "bases"):
            for name in said.get(key).texts:
                place = _inside(folder, name)
                if self.path(place):
                    found += self._build(place, [], (*above, folder))
                elif self._files.tree.exists(place):
                    found += self._files.objects(place)
                if len(found) > _OBJECTS:
                    return found[:_OBJECTS]
        for name in said.get("components").texts:
            found = self._build(_inside(folder, name), found, (*above, folder))
        return self._transformed(found, said, folder)

    def _transformed(self, objects: list[Item], said: Item, folder: str) -> list[Item]:
        found = objects
        for patch in said.get("patchesStrategicMerge").items[:_PATCHES]:
            found = self._apply(found, self._documents(patch, folder), Item(None, "", 0))
        for key in ("patches", "patchesJson6902"):
            for patch in said.get(key).items[:_PATCHES]:
                source = patch.get("path") or patch.get("patch")
                found = self._apply(found, self._documents(source, folder), patch.get("target"))
        images = {item.get("name").text: item for item in said.get("images").items}
        counts = {item.get("name").text: item for item in said.get("replicas").items}
        prefix, suffix = said.get("namePrefix").text, said.get("nameSuffix").text
        named = partial(_named, prefix=prefix, suffix=suffix)
        return [named(_counted(_imaged(item, images), counts)) for item in found]

    def _documents(self, source: Item, folder: str) -> list[Item]:
        """Return the patches in a file or in a text."""
        if "\n" not in source.text:
            place = _inside(folder, source.text)
            if place and self._files.tree.exists(place):
                return self._files.objects(place)
        try:
            # Of a block, the text begins on the line after its key.
            return list(read_items(source.text, source.path, self._files.limits, source.line))
        except YamlError:
            return []

    def _apply(self, objects: list[Item], patches: list[Item], target: Item) -> list[Item]:
        found = objects
        for patch in patches[:_PATCHES]:
            if patch.items:
                for operation in patch.items[:_PATCHES]:
                    found = [patched(o, operation) if _hit(o, target) else o for o in found]
            elif patch.get("$patch").text == "delete":
                found = [o for o in found if not _meant(o, patch, target)]
            else:
                found = [
                    merged(o, patch, self._budget) if _meant(o, patch, target) else o for o in found
                ]
        return found


def _inside(folder: str, name: str) -> str:
    """Return a name in a kustomization as a path of the repo, "" for what is elsewhere."""
    if "://" in name or name.startswith(("/", "git@")) or len(name) > 500:
        return ""
    path = posixpath.normpath(posixpath.join(folder, name))
    return "" if path.startswith("..") else path.removeprefix("./").removesuffix("/")


def _meant(item: Item, patch: Item, target: Item) -> bool:
    return _hit(item, target) if target else key_of(item) == key_of(patch)


def _hit(item: Item, target: Item) -> bool:
    """Whether a patch's target means an object; labels and annotations are not looked at."""
    kind, name = key_of(item)
    return bool(target) and all(
        not wanted or _matches(wanted, said)
        for wanted, said in ((target.get("kind").text, kind), (target.get("name").text, name))
    )


def _matches(pattern: str, text: str) -> bool:
    """Kustomize takes regular expressions; only harmless ones are used, others are names."""
    if len(pattern) < 200 and _PLAIN.fullmatch(pattern) and pattern.count("*") <= 2:
        return re.fullmatch(pattern, text[:253]) is not None
    return pattern == text


def _named(item: Item, prefix: str, suffix: str) -> Item:
    if not (prefix or suffix) or item.get("kind").text in ("Namespace", "CustomResourceDefinition"):
        return item
    meta = item.get("metadata")
    name = meta.get("name")
    renamed = Item(f"{prefix}{name.text}{suffix}", name.path, name.line)
    return _with(item, "metadata", _with(meta, "name", renamed))


def _counted(item: Item, counts: dict[str, Item]) -> Item:
    said = counts.get(key_of(item)[1])
    if said is None or not item.get("spec").pairs:
        return item
    return _with(item, "spec", _with(item.get("spec"), "replicas", said.get("count")))


def _imaged(item: Item, images: dict[str, Item]) -> Item:
    """Return an object with other images, wherever it has a pod."""
    if not images:
        return item
    for above in (
        ("spec",),
        ("spec", "template", "spec"),
        ("spec", "jobTemplate", "spec", "template", "spec"),
    ):
        pod = item.get(*above)
        for key in _POD_LISTS:
            if pod.get(key).items:
                listed = [_image(one, images) for one in pod.get(key).items]
                pod = _with(pod, key, Item(listed, pod.get(key).path, pod.get(key).line))
        if any(pod.get(key) for key in _POD_LISTS):
            item = _deep(item, above, pod)
    return item


def _image(container: Item, images: dict[str, Item]) -> Item:
    image = container.get("image")
    name, _, tag = image.text.partition("@")[0].partition(":")
    if "/" in tag:  # a registry's port
        name, tag = image.text, ""
    said = images.get(name) or images.get(image.text)
    if said is None:
        return container
    new = said.get("newName").text or name
    digest = said.get("digest")
    chosen = said.get("newTag") or digest
    end = f"@{digest.text}" if digest else f":{chosen.text or tag}" if chosen or tag else ""
    place = chosen if chosen else said
    return _with(container, "image", Item(f"{new}{end}", place.path, place.line))


def _with(item: Item, key: str, value: Item) -> Item:
    return Item({**item.pairs, key: value}, item.path, item.line)


def _deep(item: Item, keys: tuple[str, ...], value: Item) -> Item:
    key, rest = keys[0], keys[1:]
    return _with(item, key, _deep(item.get(key), rest, value) if rest else value)
