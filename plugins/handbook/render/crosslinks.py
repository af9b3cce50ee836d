"""What links between services, and to the handbook, mean: ``service:risk/docs/a.md#b``."""

from __future__ import annotations

from urllib.parse import unquote

from handbook.model.catalog import slugify
from handbook.model.docs import INDEX_NAMES, docs_uri


def cross_link(target: str) -> tuple[str, str]:
    """Return the page, from the site's root, and the anchor of a cross-link.

    Examples: ``service:risk/docs/a.md#b`` is ("services/risk/docs/a/", "b"),
    ``handbook:build/api.md`` is ("build/api/", "").
    """
    scheme, _, rest = target.partition(":")
    place, _, anchor = rest.partition("#")
    parts = [unquote(part) for part in place.split("?")[0].split("/") if part not in {"", "."}]
    if ".." in parts:
        return "..", ""  # leads nowhere: no page has this address
    if scheme.lower() == "service":
        name, *inside = parts or [""]
        return f"services/{slugify(name) or name}/{_service_page(inside)}", unquote(anchor)
    return _folder_of(parts), unquote(anchor)


def _service_page(parts: list[str]) -> str:
    if len(parts) > 1 and parts[0] == "docs" and "." in parts[-1]:
        return docs_uri("/".join(parts[1:]))
    return _folder_of(parts)


def _folder_of(parts: list[str]) -> str:
    if parts and parts[-1].lower().endswith((".md", ".markdown", ".rst")):
        stem = parts[-1].rpartition(".")[0]
        parts = parts[:-1] if stem.lower() in INDEX_NAMES else [*parts[:-1], stem]
    return "".join(f"{part}/" for part in parts)
