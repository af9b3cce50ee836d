"""Git LFS, and data files whose content is in Git itself."""

from __future__ import annotations

import posixpath
import re

from handbook.collect.data.reader import Reader
from handbook.collect.paths import PathPattern, compile_pattern
from handbook.errors import TreeError
from handbook.model.data import DataFile, RawFile
from handbook.model.source import Spot
from handbook.tree.records import TreeEntry

LARGE = 5 * 1024 * 1024
_ATTRIBUTES = 20
_POINTERS = 500
_POINTER = 1024  # bytes: no pointer has more
_MOST = 200
_DATA = re.compile(
    r"\.(?:csv|tsv|parquet|feather|arrow|orc|avro|np[yz]|jsonl|ndjson|h5|hdf5|tfrecords?|xlsx|libsvm"
    r"|sas7bdat|dta|rds|mat)(?:\.(?:gz|bz2|xz|zst|zip))?$",
    re.IGNORECASE,
)
_MODEL = re.compile(
    r"\.(?:pt|pth|ckpt|onnx|pb|tflite|safetensors|gguf|joblib|pkl|pickle|keras|bin|model|zip|tar\.gz"
    r"|mlmodel|weights)$",
    re.IGNORECASE,
)
RESULT = re.compile(
    r"report|result|metric|eval|output|plot|prediction|submission|figure|confusion", re.I
)
"""What runs give: no data to learn from."""
_FOLDER = re.compile(r"(?:^|/)(?:data|datasets?|raw|inputs?)/", re.I)
_OID = re.compile(r"^oid sha256:([0-9a-f]{64})$", re.MULTILINE)
_SIZE = re.compile(r"^size (\d{1,15})$", re.MULTILINE)


def lfs_files(reader: Reader) -> tuple[DataFile, ...]:
    """Read the pointers of data and models that Git LFS keeps."""
    patterns = _patterns(reader)
    found: list[DataFile] = []
    if not patterns:
        return ()
    for entry in reader.entries:
        if len(found) >= _POINTERS:
            break
        if not 0 <= entry.size < _POINTER or not _kept(entry.path, patterns):
            continue
        if _DATA.search(entry.path) or _MODEL.search(entry.path):
            found += _pointer(reader, entry)
    return tuple(found)


def lfs_patterns(reader: Reader) -> tuple[Spot, ...]:
    """Return the lines that hand files to Git LFS."""
    return tuple(spot for _, _, spot in _patterns(reader))


def _patterns(reader: Reader) -> list[tuple[str, PathPattern, Spot]]:
    around = {".gitattributes", reader.service.inside(".gitattributes")}
    nested = list(reader.named(".gitattributes"))[:_ATTRIBUTES]
    found = []
    for path in sorted(around | set(nested)):
        if not reader.tree.exists(path):
            continue
        for number, line in enumerate(reader.text(path).split("\n"), start=1):
            words = line[:500].split()
            if len(words) > 1 and "filter=lfs" in words[1:]:
                pattern = compile_pattern(words[0])
                found.append((posixpath.dirname(path), pattern, Spot(path, number, line.strip())))
    return found


def _kept(path: str, patterns: list[tuple[str, PathPattern, Spot]]) -> bool:
    for folder, pattern, _ in patterns:
        if not folder and pattern.matches(path):
            return True
        if folder and path.startswith(f"{folder}/") and pattern.matches(path[len(folder) + 1 :]):
            return True
    return False


def _pointer(reader: Reader, entry: TreeEntry) -> list[DataFile]:
    try:
        text = reader.tree.text(entry.path, _POINTER)
    except TreeError:
        return []
    oid, size = _OID.search(text), _SIZE.search(text)
    if not text.startswith("version https://") or oid is None or size is None:
        return []
    spot = Spot(entry.path, 2, f"oid sha256:{oid[1]}")
    return [DataFile(entry.path, "Git LFS", spot, int(size[1]), oid[1])]


def raw_files(reader: Reader) -> tuple[RawFile, ...]:
    """List large files of data by their size; what was too large to be fetched has none."""
    found = (RawFile(e.path, e.size) for e in reader.entries if e.size > LARGE or e.size == -1)
    return tuple(file for file in found if _DATA.search(file.path))[:_MOST]


def small_files(reader: Reader, trains: tuple[Spot, ...]) -> tuple[RawFile, ...]:
    """List files of data that Git keeps at no cost, where a model is trained.

    They are in a folder of data, or beside what trains; results of runs are no data.
    """
    beside = {posixpath.dirname(spot.path) for spot in trains}
    found = (
        RawFile(entry.path, entry.size)
        for entry in reader.entries
        if _POINTER <= entry.size <= LARGE
        and (posixpath.dirname(entry.path) in beside or _FOLDER.search(entry.path))
    )
    return tuple(
        file
        for file in found
        if trains and _DATA.search(file.path) and not RESULT.search(file.path)
    )[:_MOST]
