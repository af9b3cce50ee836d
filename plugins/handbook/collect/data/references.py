"""Data that code or settings take from a system that keeps its versions."""

from __future__ import annotations

import re
from collections.abc import Iterator

from handbook.collect.data.reader import Reader, spot_in
from handbook.model.data import Framework, Reference
from handbook.model.source import Call, Source

_MOST = 100
_MODULES = {
    "lakeFS": ("lakefs", "lakefs_client", "lakefs_sdk", "lakefs_spec"),
    "Delta Lake": ("deltalake", "delta"),
    "Apache Iceberg": ("pyiceberg",),
    "Pachyderm": ("python_pachyderm", "pachyderm_sdk"),
    "Apache Hudi": ("hudi",),
    "Quilt": ("quilt3",),
    "LanceDB": ("lance", "lancedb"),
    "Dolt": ("doltcli", "doltpy"),
    "DVC": ("dvc.api",),
}
_TRAVEL = re.compile(
    r"\b(?:version|timestamp|system_time)\s+as\s+of\b|\bfor\s+(?:system_)?(?:version|time)\s+as\s+of\b",
    re.I,
)
_ARTIFACT = re.compile(r":(?:v\d+|[0-9a-f]{8,})$")
_SPARK = frozenset({"versionAsOf", "timestampAsOf", "snapshot-id", "as-of-timestamp"})


def references_of(
    reader: Reader, source: Source, frameworks: tuple[Framework, ...]
) -> tuple[Reference, ...]:
    """Find each kind of reference; of an import the first only."""
    found: list[Reference] = []
    for name, modules in _MODULES.items():
        if modules and (used := next(source.imported(*modules), None)):
            found.append(Reference(name, used.spot, pinned=True))
    for call in source.calls:
        found += _of_call(call)
    for item in source.sql:
        if _TRAVEL.search(item.text):
            found.append(Reference("time travel in SQL", item.spot, pinned=True))
    if any(framework.name == "Kedro" for framework in frameworks):
        found += _kedro(reader)
    return tuple(dict.fromkeys(found))[:_MOST]


def _of_call(call: Call) -> Iterator[Reference]:
    last = call.name.rpartition(".")[2]
    if call.name in ("datasets.load_dataset", "datasets.load_from_disk"):
        if last == "load_dataset":
            yield Reference("Hugging Face dataset", call.spot, pinned="revision" in call.keywords)
    elif any(text.startswith("lakefs://") for text in call.texts):
        yield Reference("lakeFS", call.spot, pinned=True)
    elif _SPARK.intersection(call.texts):
        yield Reference("time travel", call.spot, pinned=True)
    elif last == "use_artifact" and call.texts:
        yield Reference("W&B Artifacts", call.spot, bool(_ARTIFACT.search(call.texts[0])))
    elif call.name == "clearml.Dataset.get":
        yield Reference("ClearML Data", call.spot, pinned=True)


def _kedro(reader: Reader) -> Iterator[Reference]:
    """Give the first dataset of each Kedro catalogue that keeps its versions."""
    for entry in reader.entries:
        if re.search(r"(?:^|/)conf/[^/]+/catalog[^/]*\.ya?ml$", entry.path):
            text = reader.text(entry.path)
            if found := re.search(r"^\s{1,8}versioned:\s{0,4}true\b", text, re.MULTILINE | re.I):
                line = text.count("\n", 0, found.start()) + 1
                yield Reference("Kedro versions", spot_in(text, entry.path, line), pinned=True)
