"""The two sides that must stay in step: the sample service, and what a new service is made of.

Both are read in the same words: the scaffold's names are replaced by words such as ``THE_package``,
so that what is the same is equal.
"""

from __future__ import annotations

import functools
import re
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from handbook.scaffold.parts import FROM_SAMPLE, LIST, SAMPLE, parts, renamed

ROOT = Path(__file__).parents[2]
DIFFERS = Path(__file__).with_name("differs.yml")
Files = Mapping[str, str]


def plain(text: str, names: Mapping[str, str]) -> str:
    """Return a text with its names replaced by words that are words in every language."""
    words = {name: "THE_" + re.sub(r"\W+", "", mark) for name, mark in names.items()}
    return renamed(text, words)


@functools.cache
def template() -> Files:
    """Return what a new service is made of: path to text."""
    return {
        plain(part.path, part.names): plain(part.source.read_text("utf-8"), part.names)
        for part in parts(ROOT)
    }


@functools.cache
def overlay() -> Files:
    """Return the part of the template that is not taken from the sample."""
    taken = {plain(path, FROM_SAMPLE) for path in takes()}
    return {path: text for path, text in template().items() if path not in taken}


@functools.cache
def sample() -> Files:
    """Return the sample's texts by path."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "."]
    listed = subprocess.run(command, cwd=ROOT / SAMPLE, capture_output=True, check=True).stdout
    paths = [path for path in listed.decode().split("\0") if (ROOT / SAMPLE / path).is_file()]
    return {
        plain(path, FROM_SAMPLE): plain((ROOT / SAMPLE / path).read_text("utf-8"), FROM_SAMPLE)
        for path in paths
    }


def takes() -> tuple[str, ...]:
    """Return the paths that the template takes from the sample."""
    return tuple(yaml.safe_load((ROOT / LIST).read_text("utf-8"))["take"])


def below(files: Files, *folders: str) -> list[str]:
    """Return the texts of all files whose path begins so."""
    return [text for path, text in files.items() if path.startswith(folders)]


def matches(pattern: str, texts: Iterable[str]) -> set[str]:
    """Return what a pattern's group (or all of it) matches, line by line."""
    return {found for text in texts for found in re.findall(pattern, text, re.M)}


def differs(subject: str) -> dict[str, str]:
    """Return what may differ on a subject, each with its reason."""
    known: dict[str, Any] = yaml.safe_load(DIFFERS.read_text("utf-8"))
    return dict(known.get(subject) or {})


def hold_subset(subject: str, ours: set[str], theirs: set[str], advice: str) -> None:
    """Assert that what a new service has, the sample has, except for what may differ.

    A difference that is allowed and no longer there fails as well, so that the list stays true.
    """
    assert theirs, f"found nothing of {subject!r} in {SAMPLE}/: mend the pattern of this test"
    assert ours, f"found nothing of {subject!r} in the template: mend the pattern of this test"
    allowed = set(differs(subject))
    more = sorted(ours - theirs - allowed)
    assert not more, f"{subject}: only the template has {more}. {advice}"
    stale = sorted(allowed - (ours - theirs))
    assert not stale, f"{DIFFERS.name}: {subject}: {stale} does not differ any more: remove it"
