"""What ``handbook new`` writes: right for every name, and nothing left of where it comes from."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from handbook.scaffold.answers import LONGEST, Answers

SERVICES = [
    Answers("late-delivery", "team-logistics", "acme"),
    Answers("eta"),
    Answers("parcel2-eta7", "ml_tools", "parcel-works"),
    Answers("courier-load-forecast-for-2027", "platform"),
]
Make = Callable[[Answers], Path]

# What is about payments, or about the template itself. A data card and a model card are documents.
FOREIGN = re.compile(
    r"fraud|payment|the checkout|merchant|chargeback|(?<!data[ -])(?<!model[ -])\bcards?\b"
    r"|team-(?:risk|checkout)|risk-(?:ml|backend)"
    r"|new[-_. ]service(?!s? (?:repo|has))|newservice|\{@|@\}|TODO|FIXME|CHANGEME|lorem ipsum",
    re.IGNORECASE,
)
# Sentences that speak of a new service in general.
GENERAL = re.compile(r"\b(?:a|each|every|the) new service\b", re.IGNORECASE)


@pytest.fixture(params=SERVICES, ids=lambda answers: answers.name)
def answers(request: pytest.FixtureRequest) -> Answers:
    given: Answers = request.param
    return given


def test_the_longest_name_is_among_them() -> None:
    assert max(len(answers.name) for answers in SERVICES) == LONGEST


def test_nothing_is_left_of_where_it_comes_from(made: Make, answers: Answers) -> None:
    folder = made(answers)
    traces = [
        f"{path}:{number}: {match[0]!r} in {line.strip()[:80]!r}"
        for path, number, line in lines(folder)
        if not re.search(r"sha256:|[0-9a-f]{32}", line)
        for match in FOREIGN.finditer(GENERAL.sub("", line))
    ]
    advice = "say it so that it fits any service, in the sample's file or in the overlay's"
    assert not traces, f"{len(traces)} traces; {advice}:\n" + "\n".join(traces[:40])


def test_no_path_is_left_of_where_it_comes_from(made: Make, answers: Answers) -> None:
    folder = made(answers)
    paths = [path.relative_to(folder).as_posix() for path in folder.rglob("*")]
    assert not [path for path in paths if FOREIGN.search(path)]


def lines(folder: Path) -> Iterator[tuple[str, int, str]]:
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
                yield path.relative_to(folder).as_posix(), number, line


def test_every_file_of_a_format_can_be_read(made: Make, answers: Answers) -> None:
    folder = made(answers)
    for path in folder.rglob("*.py"):
        ast.parse(path.read_text("utf-8"), filename=str(path))
    for path in [*folder.rglob("*.yaml"), *folder.rglob("*.yml")]:
        assert list(yaml.safe_load_all(path.read_text("utf-8"))), path
    for script in [path for path in folder.rglob("*") if path.is_file() and shell(path)]:
        subprocess.run(["bash", "-n", str(script)], check=True)
        started = script.read_bytes().startswith(b"#!")
        assert started == bool(script.stat().st_mode & 0o111), f"{script}: executable or sourced?"


def shell(path: Path) -> bool:
    return path.suffix == ".sh" or path.read_bytes().startswith(b"#!/usr/bin/env bash")


def test_ruff_is_content_with_the_services_own_settings(made: Make, answers: Answers) -> None:
    for command in (["check"], ["format", "--check"]):
        ruff = [sys.executable, "-m", "ruff", *command, "--no-cache", "."]
        done = subprocess.run(ruff, cwd=made(answers), capture_output=True, text=True, check=False)
        assert not done.returncode, done.stdout + done.stderr


def test_names_are_those_asked_for(made: Make, answers: Answers) -> None:
    folder, name = made(answers), answers.name
    package, owner = name.replace("-", "_"), answers.owner or f"team-{name}"
    organisation = answers.organisation or "acme"
    project = tomllib.loads((folder / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["name"] == name
    assert project["scripts"] == {name: f"{package}.__main__:main"}
    packages = sorted(path.parent.name for path in folder.glob("src/*/__init__.py"))
    assert packages == sorted([package, f"{package}_features", f"{package}_model"])
    component = documents(folder / "catalog-info.yaml")[0]
    assert component["metadata"]["name"] == name
    assert component["spec"]["owner"] == f"group:{owner}"
    codeowners = (folder / ".github/CODEOWNERS").read_text("utf-8")
    assert re.search(rf"^\* +@{organisation}/{owner}$", codeowners, re.MULTILINE)
    assert documents(folder / "openapi.yaml")[0]["info"]["title"] == name


def test_kubernetes_takes_every_name(made: Make, answers: Answers) -> None:
    folder = made(answers)
    named = [
        document["metadata"]["name"]
        for path in folder.glob("deploy/base/*.yaml")
        for document in documents(path)
        if isinstance(document, dict) and "metadata" in document
    ]
    assert len(named) > 5
    # Kubernetes takes 63, and puts a hash of up to 17 characters behind a pod's name.
    assert not [
        name for name in named if not re.fullmatch(r"[a-z0-9]([-a-z0-9]{0,44}[a-z0-9])?", name)
    ]


def documents(path: Path) -> list[Any]:
    return list(yaml.safe_load_all(path.read_text("utf-8")))


def test_codeowners_and_pages_name_what_exists(made: Make, answers: Answers) -> None:
    folder = made(answers)
    rules = (folder / ".github/CODEOWNERS").read_text("utf-8").splitlines()
    patterns = [line.split()[0] for line in rules if line.strip() and not line.startswith("#")]
    missing = [pattern for pattern in patterns if not list(folder.glob(pattern.strip("/")))]
    assert not missing, f"CODEOWNERS names what is not there: {missing}"
    pages = yaml.safe_load((folder / "mkdocs.yml").read_text("utf-8"))["nav"]
    named = re.findall(r"[\w/-]+\.md", yaml.safe_dump(pages))
    there = [path.relative_to(folder / "docs").as_posix() for path in folder.glob("docs/**/*.md")]
    assert sorted(named) == sorted(there)


def test_links_lead_somewhere(made: Make, answers: Answers) -> None:
    folder = made(answers)
    broken = [
        f"{page.relative_to(folder)}: {target}"
        for page in [*folder.glob("*.md"), *folder.glob("docs/**/*.md"), *folder.glob("*/*.md")]
        for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text("utf-8"))
        if not re.match(r"[a-z]+:", target) and not leads(page, target)
    ]
    assert not broken, broken


def test_no_heading_stands_twice_on_a_page(made: Make, answers: Answers) -> None:
    for page in made(answers).glob("docs/**/*.md"):
        sections = re.findall(r"^## .+$", page.read_text("utf-8"), re.MULTILINE)
        assert len(sections) == len(set(sections)), f"{page}: {sections}"


def leads(page: Path, target: str) -> bool:
    path, _, anchor = target.partition("#")
    there = page.parent / path if path else page
    if not there.exists():
        return False
    return not anchor or anchor in {anchor_of(text) for text in headings(there)}


def headings(page: Path) -> list[str]:
    return re.findall(r"^#{1,6} (.+?)\s*$", page.read_text("utf-8"), re.MULTILINE)


def anchor_of(heading: str) -> str:
    plain = re.sub(r"[^\w\s-]", "", heading.lower())
    return re.sub(r"\s", "-", plain.strip())


def test_the_readme_lists_commands_settings_and_targets(made: Make, answers: Answers) -> None:
    folder, package = made(answers), answers.name.replace("-", "_")
    readme = (folder / "README.md").read_text("utf-8")
    main = (folder / "src" / package / "__main__.py").read_text("utf-8")
    commands = set(re.findall(r'commands\.add_parser\(\s*"(\w+)"', main))
    assert commands
    assert commands == set(re.findall(rf"^\| `{answers.name} (\w+)` \|", readme, re.MULTILINE))
    settings = (folder / "src" / package / "settings.py").read_text("utf-8")
    read = set(re.findall(r'read\.\w+\(\s*"([A-Z0-9_]+)"', settings))
    assert read
    assert read == set(re.findall(r"^\| `([A-Z0-9_]+)` \|", readme, re.MULTILINE))
    makefile = (folder / "Makefile").read_text("utf-8")
    targets = set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))
    assert set(re.findall(r"(?:`|^)make ([a-z]+)\b", readme, re.MULTILINE)) <= targets


def test_the_readme_counts_its_dependencies(made: Make, answers: Answers) -> None:
    folder = made(answers)
    document = tomllib.loads((folder / "pyproject.toml").read_text("utf-8"))
    said = re.search(r"(\d+) direct dependencies", (folder / "README.md").read_text("utf-8"))
    assert said
    assert int(said[1]) == len(document["project"]["dependencies"])
