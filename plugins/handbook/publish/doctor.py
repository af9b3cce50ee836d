"""What this machine and configuration can do: for ``handbook doctor``."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from mkdocs.config import load_config
from mkdocs.exceptions import MkDocsException
from msgspec import Struct

from handbook.errors import HandbookError
from handbook.extensions import installed
from handbook.pipeline import plan, rules_asked
from handbook.publish.config import settings_of
from handbook.publish.plugin import ServicesPlugin
from handbook.publish.vendor import machine_cache, vendor_files
from handbook.sync import check_git

_SPACE_WANTED = 1024**3  # bytes free before a sync is likely to succeed


class Finding(Struct, frozen=True):
    """One line of the report."""

    state: Literal["ok", "notice", "fail"]
    text: str


def examine(config_file: Path) -> Iterator[Finding]:
    """Look at Python, git, the configuration, the catalogue and the last sync."""
    yield Finding("ok", f"Python {sys.version.split()[0]}")
    for line in check_git():
        state, _, text = line.partition(": ")
        yield Finding("ok" if state == "ok" else "fail", text)
    with tempfile.TemporaryDirectory() as folder:
        missing = vendor_files(Path(folder), machine_cache()).missing
    yield from (Finding("notice", reason) for reason in missing)
    if not config_file.is_file():
        where = "Run this in the handbook's folder, or name it with -f."
        yield Finding("fail", f"{config_file} not found. {where}")
        return
    try:
        config = load_config(config_file=str(config_file))
    except (MkDocsException, OSError) as exc:
        yield Finding("fail", f"{config_file}: {exc}")
        return
    plugin = config.plugins.get("handbook/services")
    if not isinstance(plugin, ServicesPlugin):
        yield Finding("fail", f"{config_file}: add `- handbook/services` to its plugins")
        return
    if not config.site_url:
        yield Finding("notice", "site_url is not set: instant navigation and the sitemap need it")
    free = shutil.disk_usage(Path(str(config.config_file_path)).parent).free
    yield Finding(
        "ok" if free > _SPACE_WANTED else "notice", f"{free // 1024**2} MB free on this disk"
    )
    for name in installed():
        yield Finding("ok", f"own: {name}")
    try:
        settings = settings_of(plugin.config, config)
        rules_asked(settings)
        fleet = plan(settings)
    except HandbookError as exc:
        yield Finding("fail", str(exc))
        return
    yield Finding("ok", f"services in the catalogue: {len(fleet.snapshots)}")
    for snapshot in fleet.snapshots:
        if snapshot.problem:
            yield Finding("notice", f"{snapshot.service.declared}: {snapshot.problem}")
