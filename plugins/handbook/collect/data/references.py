"""Data that code or settings take from a system that keeps its versions."""

from __future__ import annotations

import re
from collections.abc import Iterator

from handbook.collect.data.files import RESULT
from handbook.collect.data.reader import Reader
from handbook.model.data import Framework, Reference
from handbook.model.source import Call, Source, Spot
from handbook.yamlnodes import Mapping

_MOST = 100
_CATALOGUE = re.compile(r"(?:^|/)conf/[^/]+/catalog[^/]*\.ya?ml$")
_OF_MODELS = re.compile(r"pickle|model|torch|keras|tensorflow|joblib", re.I)
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
_PUBLIC = re.compile(
    r"sklearn\.datasets\.(?:load|fetch)_(?!svmlight|files)\w+$|torchvision\.datasets\.(?!ImageFolder|DatasetFolder)[A-Z]\w+$"
    r"|(?:tensorflow\.)?keras\.datasets\.\w+\.load_data$|tensorflow_datasets\.load$"
)
"""Calls whose data is the same for everybody, by the version of a library or its digests."""
_NAMED = frozenset({"datasets.load_dataset", "clearml.Dataset.get"})
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
    public = source.calls_where(_PUBLIC.match)
    found += [Reference("A public dataset", call.spot, pinned=True, public=True) for call in public]
    for call in source.calls:
        if call.texts or call.name in _NAMED:
            found += _of_call(call)
    for item in source.sql:
        if _TRAVEL.search(item.text):
            found.append(Reference("time travel in SQL", item.spot, pinned=True))
    if any(framework.name == "Kedro" for framework in frameworks):
        found += _kedro(reader)
    return tuple(dict.fromkeys(found))[:_MOST]


def _of_call(call: Call) -> Iterator[Reference]:
    last = call.name.rpartition(".")[2]
    if call.name == "datasets.load_dataset":
        yield Reference("Hugging Face dataset", call.spot, pinned="revision" in call.keywords)
    elif any(text.startswith("lakefs://") for text in call.texts):
        yield Reference("lakeFS", call.spot, pinned=True)
    elif _SPARK.intersection(call.texts):
        yield Reference("time travel", call.spot, pinned=True)
    elif last == "use_artifact" and call.texts and "model" not in "".join(call.texts):
        yield Reference("W&B Artifacts", call.spot, bool(_ARTIFACT.search(call.texts[0])))
    elif call.name == "clearml.Dataset.get":
        yield Reference("ClearML Data", call.spot, pinned=True)


def _kedro(reader: Reader) -> Iterator[Reference]:
    """Give the datasets of Kedro catalogues that keep their versions; models are none."""
    for spot, model in _versioned(reader):
        if not model:
            yield Reference("Kedro", spot, pinned=True)


def kedro_models(reader: Reader) -> Iterator[Spot]:
    """Give the models of Kedro catalogues that keep their versions."""
    return (spot for spot, model in _versioned(reader) if model)


def _versioned(reader: Reader) -> Iterator[tuple[Spot, bool]]:
    for entry in reader.entries:
        if not _CATALOGUE.search(entry.path):
            continue
        node = reader.mapping(entry.path)
        for name, item in node.pairs if node else ():
            kept = item.scalar("versioned") if isinstance(item, Mapping) else None
            if RESULT.search(name.text):
                continue
            if isinstance(item, Mapping) and kept and kept.value is True:
                kind = item.scalar("type")
                model = bool(kind and _OF_MODELS.search(kind.text))
                yield Spot(entry.path, name.line, f"{name.text}:"), model
