"""``handbook.lock``: the commit of each repo that the site is built from.

TOML, sorted by url and ref, one table for each. Local repos are written relative to the
folder of the lock. Times are those of the commit's fetch, so that a sync that brings nothing
new changes nothing.
"""

from __future__ import annotations

import json
import os
import re
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from handbook.errors import SyncError
from handbook.model.repo import RepoState, check_url, is_local
from handbook.sync.mirror import write_whole
from handbook.sync.remote import is_commit

_HEAD = """\
# Written by `handbook sync`: the commit of each repo that the site is built from.
# Commit this file. Do not edit it; deleted, the next sync writes it anew.
version = 1
"""
_FIELDS = ("commit", "branch", "fetched", "problem")
_MEND = "Mend it, or delete the file and run `handbook sync`."

Key = tuple[str, str]  # repo (url or absolute path) and ref


def read_lock(path: str) -> dict[Key, RepoState]:
    """Read the lock; an absent file is an empty one. ``git_dir`` is not filled in.

    Raises:
        SyncError: naming file and line, if the file is not as :func:`write_lock` writes it.
    """
    try:
        text = Path(path).read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise SyncError(f"{path}: the lock cannot be read: {error}. {_MEND}") from error
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SyncError(f"{path}:{_error_line(error, text)}: {error}. {_MEND}") from error
    if data.get("version") != 1:
        raise SyncError(f"{path}:1: expected version = 1, found {data.get('version')!r}. {_MEND}")
    tables = data.get("repo", [])
    lines = [number for number, line in enumerate(text.splitlines(), 1) if line == "[[repo]]"]
    states: dict[Key, RepoState] = {}
    for number, table in enumerate(tables if isinstance(tables, list) else [tables]):
        line = lines[number] if number < len(lines) else 1
        state = _state(table, f"{path}:{line}", Path(path).parent)
        states[state.repo, state.ref] = state
    return states


def write_lock(path: str, states: Iterable[RepoState]) -> None:
    """Write the lock in one step; a file that would not change is not touched."""
    folder = str(Path(path).parent)
    tables = {(_relative(state.repo, folder), state.ref): state for state in states}
    text = _HEAD + "".join(_table(url, tables[url, ref]) for url, ref in sorted(tables))
    target = Path(path)
    if target.is_file() and target.read_bytes() == text.encode():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    write_whole(target, text.encode())


def _table(url: str, state: RepoState) -> str:
    values = {"url": url, "ref": state.ref} | {
        name: getattr(state, name) for name in _FIELDS if getattr(state, name)
    }
    return "\n[[repo]]\n" + "".join(f"{name} = {_quoted(values[name])}\n" for name in values)


def _state(table: Any, place: str, folder: Path) -> RepoState:
    try:
        values: Mapping[str, str] = msgspec.convert(table, dict[str, str])
    except msgspec.ValidationError as error:
        raise SyncError(f"{place}: expected text for each field: {error}. {_MEND}") from error
    if unknown := values.keys() - {"url", "ref", *_FIELDS}:
        raise SyncError(f"{place}: unknown field {min(unknown)!r}. {_MEND}")
    url = values.get("url", "")
    if problem := check_url(url):
        raise SyncError(f"{place}: the url {problem}. {_MEND}")
    commit = values.get("commit", "")
    if commit and not is_commit(commit):
        raise SyncError(f"{place}: expected the full name of a commit, found {commit!r}. {_MEND}")
    problem = values.get("problem", "")
    return RepoState(
        repo=os.path.normpath(folder / url) if is_local(url) else url,
        ref=values.get("ref", ""),
        commit=commit,
        branch=values.get("branch", ""),
        fetched=values.get("fetched", ""),
        stale=bool(problem and commit),
        problem=problem,
    )


def _relative(repo: str, folder: str) -> str:
    if not is_local(repo):
        return repo
    path = os.path.relpath(repo, folder)
    return path if path.startswith(".") else f"./{path}"


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _error_line(error: tomllib.TOMLDecodeError, text: str) -> int:
    found = re.search(r"line (\d+)", str(error))
    return int(found[1]) if found else len(text.splitlines())
