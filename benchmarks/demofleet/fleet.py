"""The demo fleet on disk: repos, catalogue, configuration; then some of it is spoilt."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import yaml

from benchmarks.demofleet.history import TODAY, author, history
from benchmarks.demofleet.services import DemoService, load_services
from benchmarks.gitrepo import Change, append, write_repo

ROOT = Path(__file__).parents[2]


def make_fleet(folder: Path) -> tuple[DemoService, ...]:
    """Make all repos below ``folder``, ``catalog.yml`` and ``mkdocs.yml``; replaces old ones.

    The same bytes and commit ids each time. ``folder`` can be built at once; :func:`spoil`
    then takes away what a real fleet would lose between two syncs.
    """
    services = load_services()
    shutil.rmtree(folder / "repos", ignore_errors=True)
    for service in services:
        if not service.repo:
            _make(folder / "repos" / service.name, service)
    for name in dict.fromkeys(s.repo for s in services if s.repo):
        _make_monorepo(folder / "repos" / name, name, [s for s in services if s.repo == name])
    _write(folder / "catalog.yml", _catalog(folder, services))
    _write(folder / "mkdocs.yml", _configuration(folder))
    return services


def spoil(folder: Path) -> None:
    """Make the stale repo unreachable, and move another one on by a commit.

    Call it after a first sync. Safe to call twice.
    """
    services = {service.name: service for service in load_services()}
    for name, service in services.items():
        repo = folder / "repos" / name
        if service.condition == "stale" and repo.exists():
            repo.rename(repo.with_name(f".{name}-gone"))
    moved = services["drift-monitor"]
    note = Change(
        TODAY - timedelta(hours=3),
        author(moved),
        "Mute holidays by themselves",
        {"docs/holidays.md": b"# Holidays\n\nThe calendar mutes features on public holidays.\n"},
    )
    marker = folder / "repos" / ".spoilt"
    if not marker.exists():
        append(folder / "repos" / moved.name, [note])
        marker.touch()


def _make(repo: Path, service: DemoService) -> None:
    if service.condition == "unreachable":
        return
    form = "sha256" if service.condition == "sha256" else "sha1"
    write_repo(repo, history(service), object_format=form)
    if service.condition == "corrupt":
        pack = next(repo.glob("objects/pack/*.pack"))
        content = pack.read_bytes()
        pack.chmod(0o644)
        pack.write_bytes(content[: len(content) // 3])


def _make_monorepo(repo: Path, name: str, services: Sequence[DemoService]) -> None:
    changes = [c for service in services for c in history(service, f"services/{service.name}")]
    changes.sort(key=lambda change: change.date)
    team = f"@acme/{services[0].team}"
    title = name.replace("-", " ").capitalize()
    listed = "\n".join(f"- [{s.title}](services/{s.name})" for s in services)
    owners = f"* {team}\n/services/uplift-model/ {team} @acme/team-science\n"
    root = {
        "README.md": f"# {title}\n\nAll services of one team in one repo.\n\n{listed}\n".encode(),
        ".github/CODEOWNERS": owners.encode(),
    }
    begin = Change(changes[0].date - timedelta(days=1), author(services[0]), "Begin", root)
    write_repo(repo, [begin, *changes])


def _catalog(folder: Path, services: Sequence[DemoService]) -> str:
    # The handbook's own pages link to the sample service.
    root = os.path.relpath(ROOT, folder)
    entries: list[dict[str, object]] = [
        {"repo": root, "path": "sample_service", "tags": ["example"]}
    ]
    for service in services:
        if service.repo:
            continue
        entry: dict[str, object] = {"repo": f"repos/{service.name}", "name": service.name}
        if "catalog-info" not in service.owners:
            entry |= {"system": service.system, "lifecycle": service.lifecycle}
            entry |= {"description": service.summary}
        # Half of the fleet says its owner in its own repo only.
        if not service.owners or service.owners == ("maintainers",):
            entry["owner"] = service.team
        if service.tags:
            entry["tags"] = list(service.tags)
        if service.visibility != "internal":
            entry["visibility"] = service.visibility
        entries.append(entry)
    for name in dict.fromkeys(s.repo for s in services if s.repo):
        system = next(s.system for s in services if s.repo == name)
        shared = {"system": system, "lifecycle": "production"}
        entries.append({"repo": f"repos/{name}", "paths": ["services/*"], **shared})
    return yaml.safe_dump({"services": entries}, sort_keys=False, allow_unicode=True)


def _configuration(folder: Path) -> str:
    def to(path: Path) -> str:
        return os.path.relpath(path, folder)

    options = {"catalog": "catalog.yml", "lock": "handbook.lock", "state": "state"}
    settings = {
        "INHERIT": to(ROOT / "mkdocs.yml"),
        "docs_dir": to(ROOT / "docs"),
        "site_dir": "site",
        # Inherited lists are replaced: each plugin is named, with paths as seen from here.
        "plugins": {
            "gen-files": {"scripts": [to(ROOT / "docs" / "_generate.py")]},
            "handbook/verified": {
                "folder": to(ROOT / "tutorials"),
                "reports": [to(ROOT / name / "verified.json") for name in ("build", "tutorials")],
            },
            "handbook/forms": {"examples": to(ROOT / "sample_service")},
            "handbook/services": options,
        },
    }
    return yaml.safe_dump(settings, sort_keys=False)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
