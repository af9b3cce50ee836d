"""DVC: data files (``*.dvc``, ``dvc.lock``), pipelines (``dvc.yaml``), remotes (``.dvc/config``).

Source: the file formats in DVC's user guide, "DVC Files and Directories" and "Project structure".
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import Literal

from handbook.collect.data.reader import Reader, names_of, spot_in
from handbook.model.data import DataFile, Pipeline, Remote, Stage, Tracked
from handbook.model.source import Spot
from handbook.yamlnodes import Mapping, Scalar, Sequence

_FILES = 1_000
_PIPELINES = 50
_STAGES = 200
_LINE = 500
_SECTION = re.compile(r"^\s*\[\s*'?(\w+)(?:\s+\"([^\"\]]{1,100})\")?\s*'?\s*\]")
_VALUE = re.compile(r"^\s*(\w+)\s*=\s*(.*?)\s*$")
_SECRET = re.compile(r"(://)[^/@\s]+@")
_BUCKETS = ("s3", "gs", "gcs", "azure", "abfs", "abfss", "wasb", "wasbs", "oss", "gdrive", "r2")


def remotes_of(reader: Reader) -> tuple[Remote, ...]:
    """Read ``.dvc/config`` of each DVC project in the service's folder, and of those around it."""
    found: list[Remote] = []
    for path in _configs(reader):
        found += _remotes(path, reader.text(path))
    return tuple(found)


def _configs(reader: Reader) -> Iterator[str]:
    folder = reader.service.path
    above = [folder]
    while folder:
        folder = posixpath.dirname(folder)
        above.append(folder)
    around = [posixpath.join(item, ".dvc/config") for item in above]
    yield from (path for path in around if reader.tree.exists(path))
    for folder in sorted(reader.folders - set(above)):
        path = f"{folder}/.dvc/config"
        if reader.tree.exists(path):
            yield path


def _remotes(path: str, text: str) -> list[Remote]:
    found: list[tuple[str, str, Spot]] = []
    section, name, default = "", "", ""
    for number, line in enumerate(text.split("\n"), start=1):
        if head := _SECTION.match(line[:_LINE]):
            section, name = head[1], head[2] or ""
        elif value := _VALUE.match(line[:_LINE]):
            if (section, value[1]) == ("core", "remote"):
                default = value[2]
            elif (section, value[1]) == ("remote", "url"):
                url = _SECRET.sub(r"\1…@", value[2])
                found.append((name, url, Spot(path, number, f"url = {url}")))
    urls = {name: url for name, url, _ in found}
    only = len(found) == 1
    return [
        Remote(name, url, _kind(url, urls), only or name == default, spot)
        for name, url, spot in found
    ]


def _kind(url: str, urls: dict[str, str], hops: int = 3) -> Literal["bucket", "server", "folder"]:
    scheme, sep, rest = url.partition("://")
    if scheme == "remote" and hops:
        return _kind(urls.get(rest.partition("/")[0], ""), urls, hops - 1)
    if not sep or scheme == "file":
        return "folder"
    return "bucket" if scheme in _BUCKETS else "server"


def files_of(reader: Reader) -> tuple[DataFile, ...]:
    """Read each ``.dvc`` file, and what stages make by ``dvc.lock``."""
    paths = [e.path for e in reader.entries if e.path.endswith(".dvc")]
    found = [item for path in paths[:_FILES] for item in _file(reader, path)]
    for path in list(reader.named("dvc.lock"))[:_PIPELINES]:
        found += _locked(reader, path)
    return tuple({item.path: item for item in found}.values())


def _file(reader: Reader, path: str) -> Iterator[DataFile]:
    node = reader.mapping(path)
    if node is None:
        return
    folder = posixpath.join(posixpath.dirname(path), _text(node, "wdir"))
    source = _source(node)
    yield from _outs(node, path, folder, source)


def _source(node: Mapping) -> str:
    """Where an import came from: another repo with its commit, or an address."""
    deps = node.get("deps")
    first = deps.items[0] if isinstance(deps, Sequence) and deps.items else None
    if not isinstance(first, Mapping):
        return ""
    repo = first.mapping("repo")
    place = _text(repo, "url") or _text(first, "path")
    revision = _text(repo, "rev") or _text(repo, "rev_lock")[:10]
    return _SECRET.sub(r"\1…@", f"{place}@{revision}" if revision else place)


def _locked(reader: Reader, path: str) -> Iterator[DataFile]:
    node = reader.mapping(path)
    folder = posixpath.dirname(path)
    for name, stage in node.mapping("stages").pairs[:_FILES] if node else ():
        if isinstance(stage, Mapping):
            for item in _outs(stage, path, folder, f"stage {name.text[:_LINE]}"):
                if item.path not in reader.tree.entries():  # ``cache: false``: it is in Git
                    yield item


def _outs(node: Mapping, path: str, folder: str, source: str) -> Iterator[DataFile]:
    outs = node.get("outs")
    for item in outs.items[:_FILES] if isinstance(outs, Sequence) else ():
        if not isinstance(item, Mapping) or not (name := _text(item, "path")):
            continue
        digest = next((d for kind in ("md5", "etag", "sha256") if (d := _text(item, kind))), "")
        yield DataFile(
            path=_inside(folder, name),
            system="DVC",
            spot=Spot(path, item.line, name),
            size=_number(item, "size", -1),
            version=digest,
            files=_number(item, "nfiles", 0),
            source=source,
        )


def pipelines_of(reader: Reader) -> tuple[Pipeline, ...]:
    """Read the stages of each ``dvc.yaml``."""
    found = []
    for path in list(reader.named("dvc.yaml"))[:_PIPELINES]:
        node = reader.mapping(path)
        stages = node.mapping("stages").pairs if node else []
        read = [_stage(path, name, item) for name, item in stages[:_STAGES]]
        if node is not None:
            found.append(Pipeline(path, "DVC", tuple(stage for stage in read if stage)))
    return tuple(found)


def _stage(path: str, name: Scalar, node: Scalar | Sequence | Mapping) -> Stage | None:
    if not isinstance(node, Mapping):
        return None
    many = isinstance(node.get("do"), Mapping)  # ``foreach`` and ``matrix`` repeat what is in it
    inner = node.mapping("do") if many else node
    folder = posixpath.normpath(posixpath.join(posixpath.dirname(path), _text(inner, "wdir")))

    def paths(key: str) -> tuple[str, ...]:
        return tuple(_inside(folder, text) for text, _ in names_of(inner.get(key)))

    label = name.text[:_LINE]
    return Stage(
        name=f"{label} (several)" if many or node.get("matrix") else label,
        spot=Spot(path, name.line, f"{label}:"),
        command=" && ".join(text for text, _ in _commands(inner))[:300],
        about=_text(inner, "desc")[:300],
        needs=paths("deps"),
        makes=paths("outs"),
        parameters=_parameters(inner, folder),
        metrics=paths("metrics"),
        plots=paths("plots"),
    )


def _commands(node: Mapping) -> tuple[tuple[str, int], ...]:
    command = node.get("cmd")
    return names_of(command) if not isinstance(command, Mapping) else ()


def _parameters(node: Mapping, folder: str) -> tuple[str, ...]:
    given = node.get("params")
    found: list[str] = []
    for item in given.items[:_STAGES] if isinstance(given, Sequence) else ():
        if isinstance(item, Scalar):
            found.append(item.text[:_LINE])
        elif isinstance(item, Mapping):
            for key, value in item.pairs[:_STAGES]:
                place = _inside(folder, key.text[:_LINE])
                inner = [text for text, _ in names_of(value)]
                found += [f"{place}: {text}" for text in inner] or [place]
    return tuple(found)


def models_of(reader: Reader) -> tuple[Tracked, ...]:
    """Give the models that ``dvc.yaml`` lists as artifacts."""
    found = []
    for path in list(reader.named("dvc.yaml"))[:_PIPELINES]:
        node = reader.mapping(path)
        for name, item in node.mapping("artifacts").pairs if node else ():
            if isinstance(item, Mapping) and _text(item, "type") == "model":
                spot = spot_in(reader.text(path), path, name.line)
                found.append(Tracked("DVC", "register", name.text[:_LINE], spot))
    return tuple(found)


def _inside(folder: str, name: str) -> str:
    """Return a path from the repo's root; addresses and templates stay as they are."""
    if "://" in name or name.startswith(("/", "${")):
        return name
    return posixpath.normpath(posixpath.join(folder, name))


def _text(node: Mapping, key: str) -> str:
    found = node.scalar(key)
    return found.text[:_LINE] if found else ""


def _number(node: Mapping, key: str, otherwise: int) -> int:
    found = node.scalar(key)
    return found.value if found and isinstance(found.value, int) else otherwise
