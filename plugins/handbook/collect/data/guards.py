"""What keeps features the same in training and in serving."""

from __future__ import annotations

import posixpath
import re
from collections import defaultdict
from collections.abc import Iterator

from handbook.collect.data.own import own_modules
from handbook.collect.data.reader import Reader
from handbook.collect.scope import is_test
from handbook.model.data import Guard, Serving
from handbook.model.source import Import, Source, Spot

_MOST = 20
_FEATURES = re.compile(
    r"features?|preprocess|transform|encod|tokeni[sz]|clean|prepar|normali[sz]|vectori[sz]|featuri[sz]|schema|pipeline"
    r"|data_?module",
    re.I,
)
_STORES = {
    "feast": "Feast",
    "tecton": "Tecton",
    "hopsworks": "Hopsworks",
    "hsfs": "Hopsworks",
    "featureform": "Featureform",
    "butterfree": "Butterfree",
}
_INSIDE = re.compile(
    r"^(?:sklearn\.pipeline\.(?:Pipeline|make_pipeline)|sklearn\.compose\.(?:ColumnTransformer|make_column_transformer)"
    r"|(?:tensorflow\.)?keras\.layers\.(?:Normalization|StringLookup|TextVectorization|Hashing|CategoryEncoding|IntegerLookup)"
    r"|tensorflow_transform\.\w+|\?\.adapt)$"
)
_TEST = re.compile(
    r"skew|parity|same_features|train\w*_(?:and|vs|versus)_serv|consisten\w*_features|features?_(?:match|agree|equal)",
    re.I,
)
_TEST_LINE = re.compile(r"^\s{0,8}(?:async )?def (test_\w{1,200})", re.MULTILINE)
_TESTS = 400
_SERVING = re.compile(r"^(?:serv(?:e|ing|er|ice)|predict(?:or|ion)?|infer(?:ence)?)$")
_ASKING = re.compile(r"serv|predict|infer|api|app")


def guards_of(
    reader: Reader, source: Source, trains: tuple[Spot, ...], serves: frozenset[str]
) -> tuple[Guard, ...]:
    """Find each guard; ``serves`` are files that answer requests or ask a model."""
    found = [*_shared(source, {spot.path for spot in trains}, serves)]
    for module, name in _STORES.items():
        if used := next(source.imported(module), None):
            found.append(Guard("feature store", name, (used.spot,)))
    # Of the model that is trained here, not of any other.
    near = {posixpath.dirname(spot.path) for spot in trains}
    calls = source.calls_where(_INSIDE.match)
    inside = [call.spot for call in calls if posixpath.dirname(call.spot.path) in near]
    if inside:
        found.append(Guard("in the model", "preprocessing", tuple(inside[:3])))
    found += _tests(reader)
    return tuple(found)[:_MOST]


def serving_files(
    source: Source, predicts: tuple[Spot, ...], serving: tuple[Serving, ...]
) -> frozenset[str]:
    """Return the files that answer requests; of a model server, those that belong to it."""
    routes = {item.spot.path for item in source.routes}
    platforms = {item.spot.path for item in serving if item.spot.path.endswith(".py")}
    asking = {spot.path for spot in predicts}
    named = {
        item.spot.path
        for item in source.functions
        if (_ASKING if item.spot.path in asking else _SERVING).search(_stem(item.spot.path))
    }
    return frozenset(routes | platforms | named)


def _stem(path: str) -> str:
    return posixpath.splitext(posixpath.basename(path))[0]


def _shared(source: Source, training: set[str], serving: frozenset[str]) -> Iterator[Guard]:
    """Give the service's own modules that both sides import and that are about features."""
    taught = _imports(source, _side(training, serving))
    served = _imports(source, _side(set(serving), frozenset(training)))
    for name in sorted(set(taught) & set(served) & own_modules(source)):
        words = " ".join(item.name for item in (*taught[name], *served[name]))
        files = {item.spot.path for item in taught[name]}
        others = [item.spot for item in served[name] if item.spot.path not in files]
        if others and _FEATURES.search(words):
            yield Guard("shared code", name, (taught[name][0].spot, others[0]))


def _side(files: set[str], others: frozenset[str]) -> set[str]:
    """Widen files to the folders they are in, where the other side has none of its own in them."""
    away = {posixpath.dirname(path) for path in others}
    folders = {posixpath.dirname(path) for path in files} - away - {"", "src"}
    return files | {f"{folder}/" for folder in folders}


def _imports(source: Source, places: set[str]) -> dict[str, list[Import]]:
    """Map what files import to the imports, by the name given and by the module it is in."""
    folders = tuple(place for place in places if place.endswith("/"))
    found: dict[str, list[Import]] = defaultdict(list)
    for item in source.imports:
        if item.spot.path in places or (folders and item.spot.path.startswith(folders)):
            found[item.name].append(item)
            found[item.name.rpartition(".")[0]].append(item)
    return found


def _tests(reader: Reader) -> Iterator[Guard]:
    """Give the tests whose name says that both sides are compared."""
    count = 0
    for entry in reader.tree.under(reader.service.path):
        if not entry.path.endswith(".py") or not is_test(entry.path, reader.service):
            continue
        count += 1
        if count > _TESTS or entry.size > reader.limits.manifest:
            return
        text = reader.text(entry.path)
        for test in _TEST_LINE.finditer(text):
            if _TEST.search(test[1]):
                line = text.count("\n", 0, test.start()) + 1
                yield Guard("test", test[1], (Spot(entry.path, line, test[1]),))
