"""Read ``catalog.yml``, and report all of its mistakes at once."""

from __future__ import annotations

from pathlib import Path

from handbook.catalog.entry import EXAMPLE, EntryReader
from handbook.catalog.mistakes import Mistakes
from handbook.catalog.values import did_you_mean
from handbook.catalog.whole import check_whole
from handbook.errors import YamlError
from handbook.model.catalog import Catalog, CatalogEntry
from handbook.model.limits import Limits
from handbook.yamlnodes import Mapping, Node, Scalar, Sequence, iter_documents


def load_catalog(path: str | Path, limits: Limits | None = None) -> Catalog:
    """Read and check the whole catalogue at ``path``.

    Local repos come out as absolute paths, read from the catalogue's folder on. Whether a
    repo is there at all is not looked at: one that is missing costs its own pages only.

    Raises:
        CatalogError: with every mistake of the file, in the order of its lines. Each names
            file and line, what was expected, and how to mend it.
    """
    file = Path(path).absolute()
    bounds = limits or Limits()
    mistakes = Mistakes(file.name)
    entries: list[CatalogEntry] = []
    document = _document(file, bounds, mistakes)
    if document is not None:
        for item in _services(document, mistakes):
            entry = EntryReader(item, str(file.parent), mistakes).entry()
            if entry is not None:
                entries.append(entry)
    check_whole(entries, mistakes)
    mistakes.raise_any()
    return Catalog(tuple(entries))


def _document(file: Path, limits: Limits, mistakes: Mistakes) -> Node | None:
    try:
        with file.open("rb") as stream:
            data = stream.read(limits.catalog + 1)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        mistakes.add(0, f"cannot be read ({reason}); create it with `services:` and {EXAMPLE}")
        return None
    if len(data) > limits.catalog:
        mistakes.add(0, f"is larger than {limits.catalog:,} bytes; split the catalogue")
        return None
    try:
        documents = list(iter_documents(data.decode("utf-8-sig"), limits))
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        mistakes.add(line, "is not UTF-8; save the file in that encoding")
        return None
    except YamlError as error:
        mistakes.add(error.line, f"is not valid YAML: {error.message}; check indents and quotes")
        return None
    if len(documents) > 1:
        mistakes.add(documents[1].line, "a second document; expected one, remove the '---'")
    return documents[0] if documents else Scalar(1, "", plain=True)


def _services(document: Node, mistakes: Mistakes) -> list[Node]:
    if not isinstance(document, Mapping):
        mistakes.add(document.line, f"expected the key 'services' with {EXAMPLE}")
        return []
    services: list[Node] = []
    found = False
    for key, value in document.pairs:
        if key.text != "services":
            hint = did_you_mean(key.text, ("services",))
            mistakes.add(key.line, f"unknown key '{key.text[:80]}'; expected 'services'{hint}")
        elif found:
            mistakes.add(key.line, "'services' is given twice; put all services in one list")
        elif not isinstance(value, Sequence):
            mistakes.add(key.line, f"'services' is not a list; expected {EXAMPLE}")
        else:
            services = value.items
        found = found or key.text == "services"
    if not found:
        mistakes.add(document.line, f"the key 'services' is missing; expected {EXAMPLE}")
    return services
