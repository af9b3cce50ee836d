"""How much of an untrusted repo is read. Beyond a limit: cut or skipped, and said so."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct


class Limits(Struct, frozen=True):
    """Each description says of what the limit is, with its unit; the docs show it.

    Times are in seconds of CPU unless said otherwise.
    """

    markdown_page: Annotated[int, Meta(description="bytes of one Markdown page")] = 512 * 1024
    front_matter: Annotated[int, Meta(description="bytes of front matter")] = 16 * 1024
    line: Annotated[int, Meta(description="bytes of one line")] = 20 * 1024
    inline_openers: Annotated[int, Meta(description="unclosed inline marks in one block")] = 500
    nesting: Annotated[int, Meta(description="levels of nested blocks")] = 50
    table_cells: Annotated[int, Meta(description="cells of one Markdown table")] = 100_000
    rendered_page: Annotated[int, Meta(description="bytes of one finished page")] = 5 * 1024 * 1024
    # GitHub's definition has 13 MB, Stripe's 7: reading them is cheap (0.1 s), what is shown is
    # bounded by the two numbers of nodes below.
    openapi_file: Annotated[int, Meta(description="bytes of one file of an API definition")] = (
        16 * 1024 * 1024
    )
    openapi_bundle: Annotated[int, Meta(description="bytes of all files of one definition")] = (
        32 * 1024 * 1024
    )
    openapi_values: Annotated[int, Meta(description="values in one definition")] = 1_500_000
    openapi_search: Annotated[
        int, Meta(description="bytes read to find definitions by their text")
    ] = 64 * 1024 * 1024
    openapi_definitions: Annotated[int, Meta(description="definitions of one service")] = 50
    openapi_operations: Annotated[int, Meta(description="operations of one definition")] = 5_000
    openapi_schemas: Annotated[int, Meta(description="schemas of one definition")] = 10_000
    openapi_text: Annotated[int, Meta(description="bytes of text of one definition")] = (
        2 * 1024 * 1024
    )
    openapi_refs: Annotated[int, Meta(description="references into other files")] = 20_000
    openapi_depth: Annotated[int, Meta(description="levels of nested schemas")] = 32
    openapi_nodes: Annotated[
        int, Meta(description="nodes rendered for one group of operations")
    ] = 50_000
    docstring: Annotated[int, Meta(description="bytes of one docstring")] = 64 * 1024
    api_objects: Annotated[
        int, Meta(description="classes, functions and attributes of one service's Python API")
    ] = 20_000
    api_page_objects: Annotated[int, Meta(description="of these, on one page")] = 1_000
    catalog: Annotated[int, Meta(description="bytes of `catalog.yml`")] = 5 * 1024 * 1024
    catalog_documents: Annotated[int, Meta(description="documents in one `catalog-info.yaml`")] = (
        100
    )
    catalog_matches: Annotated[int, Meta(description="services of one `paths` entry")] = 500
    yaml_aliases: Annotated[int, Meta(description="aliases in one YAML file")] = 100
    yaml_depth: Annotated[int, Meta(description="levels of nested YAML")] = 64
    manifest: Annotated[
        int, Meta(description="bytes of package metadata and of files about owners")
    ] = 256 * 1024
    blob: Annotated[int, Meta(description="bytes of any other file that is read")] = 1024 * 1024
    image: Annotated[int, Meta(description="bytes of one image")] = 5 * 1024 * 1024
    tree_entries: Annotated[int, Meta(description="files in a repo")] = 100_000
    tree_depth: Annotated[int, Meta(description="levels of folders")] = 64
    path: Annotated[int, Meta(description="bytes of one path")] = 512
    pages: Annotated[int, Meta(description="pages of one service")] = 2_000
    fetch_bytes: Annotated[int, Meta(description="bytes one fetch may bring")] = 200 * 1024 * 1024
    fetch_seconds: Annotated[int, Meta(description="seconds (wall) one fetch may take")] = 120
    page_seconds: Annotated[int, Meta(description="seconds of CPU for one page")] = 10
    service_seconds: Annotated[int, Meta(description="seconds of CPU for one service")] = 120
    worker_memory: Annotated[int, Meta(description="bytes of memory of one worker")] = (
        1024 * 1024 * 1024
    )
    log: Annotated[int, Meta(description="bytes of log of one repo")] = 100 * 1024
    record: Annotated[
        int, Meta(description="bytes of all anchors, links and notices of one service")
    ] = 64 * 1024 * 1024
    history: Annotated[int, Meta(description="commits that are read")] = 20_000
