"""Read ``catalog-info.yaml``, the file in which a repo says what it is.

Source: Backstage, "Descriptor Format of Catalog Entities". Several documents may be in one
file. Nothing in it can name a file of the host, run anything, or change who may see a service:
visibility is the catalogue's alone.
"""

from __future__ import annotations

from msgspec import structs

from handbook.catalog.entity import Document
from handbook.descriptor import FILES, MAIN_KINDS, find_descriptor, main_document
from handbook.errors import TreeError, YamlError
from handbook.model.catalog import Identity
from handbook.model.facts import Absent, Broken, Fact, Found, Problem
from handbook.model.limits import Limits
from handbook.model.service import Service
from handbook.tree import RepoTree
from handbook.yamlnodes import Mapping, Node, Scalar, iter_documents

_KINDS = (*MAIN_KINDS, "Group", "User", "Domain", "Location", "Template")
_HINT = "See https://backstage.io/docs/features/software-catalog/descriptor-format."


def read_identity(tree: RepoTree, service: Service, limits: Limits | None = None) -> Fact[Identity]:
    """Return what the repo says about ``service``, each value with its line.

    The file in the service's own folder is read; for a service of a monorepo without one, that
    at the root counts if it has a Component of the service's name or folder. In its own file
    the Component of that name speaks for the service, else the first Component, else the first
    API, Resource or System.
    """
    bounds = limits or Limits()
    path = FILES[0]
    try:
        place = find_descriptor(tree, service)
        if not place.path:
            return Absent(place.searched)
        path = place.path
        nodes, problems = _nodes(tree, path, bounds)
    except TreeError as error:
        return _broken(tree, path, 0, str(error))
    except YamlError as error:
        return _broken(tree, path, error.line, error.message)
    chosen = main_document(nodes, service, own=place.own)
    if chosen is None and not place.own:
        return Absent(place.searched)
    documents = [Document(node, tree, path) for node in nodes]
    main = next((document for document in documents if document.node is chosen), None)
    identity = main.identity() if main else Identity()
    entities = tuple(document.entity() for document in documents if document.kind)
    odd = [problem for document in documents for problem in document.problems]
    origin = tree.origin(path, main.node.line if main else 0)
    return Found(structs.replace(identity, entities=entities), origin, (*problems, *odd))


def _nodes(tree: RepoTree, path: str, limits: Limits) -> tuple[list[Mapping], list[Problem]]:
    """Read all documents that can be read; the first must be one of them."""
    problems: list[Problem] = []
    nodes: list[Node] = []
    try:
        for node in iter_documents(tree.text(path, limits.manifest), limits):
            if len(nodes) >= limits.catalog_documents:
                text = f"{path} is cut after {limits.catalog_documents} documents."
                problems.append(Problem(text, tree.origin(path, node.line), "notice"))
                break
            nodes.append(node)
    except YamlError as error:
        if not nodes:
            raise
        text = f"the rest of {path} is not read: {error.message}."
        problems.append(Problem(text, tree.origin(path, error.line), hint=_HINT))
    for node in nodes:
        problem = _not_an_entity(node)
        if problem:
            problems.append(Problem(problem, tree.origin(path, node.line), hint=_HINT))
    return [node for node in nodes if isinstance(node, Mapping)], problems


def _not_an_entity(node: Node) -> str:
    if isinstance(node, Scalar) and node.empty:
        return ""
    if not isinstance(node, Mapping):
        return "A document is not a mapping with apiVersion, kind, metadata and spec."
    first = node.first()
    doubles = {key.text for key, _ in node.pairs if first[key.text][0] is not key}
    if doubles:
        return f"'{min(doubles)[:80]}' is given twice; the first one counts."
    kind = node.get("kind")
    if not isinstance(kind, Scalar) or kind.text not in _KINDS:
        return f"A document has none of the kinds {', '.join(_KINDS)}."
    return ""


def _broken(tree: RepoTree, path: str, line: int, reason: str) -> Broken:
    text = f"{path} is not read: {reason.rstrip('.')}."
    return Broken(Problem(text, tree.origin(path, line), hint=_HINT))
