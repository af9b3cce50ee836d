"""The demo fleet is what it promises: varied, the same each time, spoilt where it says so."""

from __future__ import annotations

import ast
import os
import posixpath
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from benchmarks.demofleet.fleet import ROOT, make_fleet, spoil
from benchmarks.demofleet.services import DemoService, load_services
from mkdocs.config import load_config


def git(repo: Path, *arguments: str, check: bool = True) -> str:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    done = subprocess.run(
        ["git", "--git-dir", str(repo), *arguments],
        env=clean,
        capture_output=True,
        text=True,
        check=check,
    )
    return done.stdout.strip() if done.returncode == 0 else ""


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo")
    make_fleet(folder)
    return folder


def readable(fleet: Path) -> Iterator[tuple[DemoService, Path]]:
    for service in load_services():
        repo = fleet / "repos" / (service.repo or service.name)
        if service.condition not in ("corrupt", "empty", "unreachable"):
            yield service, repo


def test_it_is_varied() -> None:
    services = load_services()
    assert sum(s.visibility == "internal" and not s.condition for s in services) >= 30
    assert {s.language for s in services} == {"python", "typescript", "go", "rust", "r"}
    versions = {s.api.version[:3] if s.api else "" for s in services}
    assert versions == {"", "2.0", "3.0", "3.1"}
    assert {kind for s in services for kind in s.owners} == {
        "codeowners",
        "gitlab",
        "owners",
        "maintainers",
        "catalog-info",
    }
    conditions = {"", "corrupt", "stale", "sha256", "empty", "unreachable"}
    assert {s.condition for s in services} == conditions
    assert any(not s.docs for s in services)
    assert any(s.nav for s in services)
    assert any(s.repo for s in services)
    assert len({s.name for s in services}) == len(services)


def test_it_is_the_same_each_time(fleet: Path, tmp_path: Path) -> None:
    make_fleet(tmp_path)
    for service, repo in readable(fleet):
        again = tmp_path / "repos" / repo.name
        refs = git(repo, "for-each-ref")
        assert refs, service.name
        assert refs == git(again, "for-each-ref"), service.name


def test_special_repos_are_special(fleet: Path) -> None:
    by_condition = {s.condition: fleet / "repos" / s.name for s in load_services()}
    assert git(by_condition["empty"], "rev-list", "--all") == ""
    assert git(by_condition["sha256"], "rev-parse", "--show-object-format") == "sha256"
    assert not by_condition["unreachable"].exists()
    assert git(by_condition["corrupt"], "archive", "HEAD", check=False) == ""


def test_spoiling_takes_one_away_and_moves_one_on(tmp_path: Path) -> None:
    make_fleet(tmp_path)
    stale = next(s.name for s in load_services() if s.condition == "stale")
    before = git(tmp_path / "repos" / "drift-monitor", "rev-parse", "HEAD")
    spoil(tmp_path)
    after = git(tmp_path / "repos" / "drift-monitor", "rev-parse", "HEAD")
    assert not (tmp_path / "repos" / stale).exists()
    assert git(tmp_path / "repos" / "drift-monitor", "rev-parse", "HEAD^") == before != after
    spoil(tmp_path)
    assert git(tmp_path / "repos" / "drift-monitor", "rev-parse", "HEAD") == after


def test_only_the_broken_links_are_broken(fleet: Path) -> None:
    names = {service.name for service in load_services()}
    broken = set()
    for service, repo in readable(fleet):
        files = set(git(repo, "ls-tree", "-r", "--name-only", "HEAD").splitlines())
        root = f"services/{service.name}/" if service.repo else ""
        for page in (p for p in files if p.startswith(root) and p.endswith(".md")):
            text = git(repo, "show", f"HEAD:{page}")
            for link in re.findall(r"\]\(((?!https?:|#)[^)\s]*)", text):
                if link.startswith("service:"):
                    target = link.removeprefix("service:").partition("/")[0]
                    found = target in names
                elif link.startswith("handbook:"):
                    found = True  # checked where the handbook's pages are known
                else:
                    path = posixpath.join(posixpath.dirname(page), link.partition("#")[0])
                    target = posixpath.normpath(path)
                    found = target in files or any(f.startswith(f"{target}/") for f in files)
                if not found:
                    broken.add((service.name, link))
    assert broken == {
        ("geo-enrichment", "service:no-such-service/docs/"),
        ("geo-enrichment", "method.md"),
    }


def test_definitions_and_code_can_be_read(fleet: Path) -> None:
    for service, repo in readable(fleet):
        root = f"services/{service.name}/" if service.repo else ""
        files = git(repo, "ls-tree", "-r", "--name-only", "HEAD", root or ".").splitlines()
        for path in (p for p in files if p.endswith(".py")):
            ast.parse(git(repo, "show", f"HEAD:{path}"))
        if service.api:
            text = git(repo, "show", f"HEAD:{root}{service.api.file}")
            document = yaml.safe_load(text)
            assert len(document["paths"]) >= 1
            missing = [r for r in references(document) if not resolves(document, r)]
            assert bool(missing) == service.broken_api, (service.name, missing)


def references(node: Any) -> list[str]:
    if isinstance(node, list):
        return [found for item in node for found in references(item)]
    if not isinstance(node, dict):
        return []
    own = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
    return own + [found for item in node.values() for found in references(item)]


def resolves(document: Any, reference: str) -> bool:
    if not reference.startswith("#/"):
        return reference.startswith("./schemas/")
    for part in reference.removeprefix("#/").split("/"):
        if part not in document:
            return False
        document = document[part]
    return True


def test_the_catalogue_lists_every_repo_once(fleet: Path) -> None:
    own, *entries = yaml.safe_load((fleet / "catalog.yml").read_text(encoding="utf-8"))["services"]
    assert (fleet / own["repo"] / own["path"] / "catalog-info.yaml").is_file()
    repos = [entry["repo"].removeprefix("repos/") for entry in entries]
    assert sorted(repos) == sorted({s.repo or s.name for s in load_services()})
    private = [entry["name"] for entry in entries if entry.get("visibility") == "private"]
    assert private == ["salary-forecast"]


def test_its_site_is_built_as_the_handbooks_own(fleet: Path) -> None:
    ours = load_config(str(ROOT / "mkdocs.yml"))
    theirs = load_config(str(fleet / "mkdocs.yml"))
    assert list(theirs.plugins) == list(ours.plugins)
    assert theirs.nav == ours.nav
    for name, option in (("handbook/verified", "folder"), ("handbook/forms", "examples")):
        assert (fleet / theirs.plugins[name].config[option]).is_dir(), name
