"""How much of an untrusted repo is read. Beyond a limit: cut or skipped, and said so."""

from __future__ import annotations

from msgspec import Struct


class Limits(Struct, frozen=True):
    """Sizes are in bytes, times in seconds of CPU unless said otherwise."""

    markdown_page: int = 512 * 1024
    front_matter: int = 16 * 1024
    line: int = 20 * 1024
    inline_openers: int = 500  # unclosed [ ( < * _ in one block
    nesting: int = 50
    table_cells: int = 100_000  # columns times rows of one Markdown table
    rendered_page: int = 5 * 1024 * 1024
    # GitHub's definition has 13 MB, Stripe's 7: reading them is cheap (0.1 s), what is shown is
    # bounded by the two numbers of nodes below.
    openapi_file: int = 16 * 1024 * 1024
    openapi_bundle: int = 32 * 1024 * 1024  # all files of one definition together
    openapi_values: int = 1_500_000  # in one file, and in one bundle
    openapi_search: int = 64 * 1024 * 1024  # read to find definitions by their text
    openapi_definitions: int = 50  # of one service
    openapi_operations: int = 5_000  # of one definition; GitHub's has 1,500
    openapi_schemas: int = 10_000
    openapi_text: int = 2 * 1024 * 1024  # descriptions rendered as Markdown, more as plain text
    openapi_refs: int = 20_000  # into other files
    openapi_depth: int = 32
    openapi_nodes: int = 50_000  # rendered per operation group
    docstring: int = 64 * 1024
    api_objects: int = 20_000  # classes, functions, attributes of one service's Python API
    api_page_objects: int = 1_000
    catalog: int = 5 * 1024 * 1024  # catalog.yml itself
    catalog_documents: int = 100  # of one catalog-info.yaml
    catalog_matches: int = 500  # services of one `paths` entry
    yaml_aliases: int = 100
    yaml_depth: int = 64
    manifest: int = 256 * 1024  # package metadata, owners files, catalog-info.yaml
    blob: int = 1024 * 1024
    image: int = 5 * 1024 * 1024
    tree_entries: int = 100_000
    tree_depth: int = 64
    path: int = 512
    pages: int = 2_000
    fetch_bytes: int = 200 * 1024 * 1024
    fetch_seconds: int = 120  # wall time
    page_seconds: int = 10
    service_seconds: int = 120
    worker_memory: int = 1024 * 1024 * 1024
    log: int = 100 * 1024
    history: int = 20_000  # commits read
