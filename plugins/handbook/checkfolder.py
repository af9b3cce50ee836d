"""Judge the service in a folder on disk: what ``handbook check`` does, fast the second time.

A whole report is kept under the name of all it depends on: the files and their times, the commit
and tags, the rules asked and the code of all rules, the day. Where that differs, what was read
from single files is used again for those that are the same.
"""

from __future__ import annotations

import gc
import hashlib
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from handbook.check import needs, rules
from handbook.model.catalog import Identity, slugify
from handbook.model.facts import Broken, Found, Problem
from handbook.model.limits import Limits
from handbook.model.readiness import Report
from handbook.model.service import Service, Snapshot
from handbook.tree import RepoTree, top_of, work_tree
from handbook.usercache import UserCache


class Judged(Struct, frozen=True):
    """What was found in a folder: the service, the report, mistakes in what it declares."""

    snapshot: Snapshot
    report: Report
    problems: tuple[Problem, ...] = ()


class Kept(Struct, frozen=True):
    """What was found, with the name of all it depends on."""

    key: str
    judged: Judged


def check_folder(
    folder: Path, ref: str, today: str, codes: frozenset[str], cache: Path | None = None
) -> Judged:
    """Judge the service in a folder of a repo on disk, by the rules of these codes.

    ``ref``: a commit, branch or tag to judge; "" for the files as they are. ``cache``: the folder
    that keeps what the next run can use; None to keep nothing.

    Raises:
        TreeError: the folder cannot be read, or there is no such ref.
    """
    top = top_of(folder)
    inside = folder.resolve().relative_to(top).as_posix()
    name = folder.resolve().name or "service"
    service = Service(name, slugify(name), str(top), path="" if inside == "." else inside)
    store = UserCache(cache)
    with work_tree(top, ref, Limits()) as tree:
        if cache is None:
            return _judge(service, tree, today, codes)
        code = _code()
        state = tree.state()
        key = _name(state, code, today, service.path, *sorted(codes)) if state else ""
        place = f"report-{_name(str(top), service.path, ref)}"
        if key and (kept := _kept(store.read(place))) and kept.key == key:
            return kept.judged
        from handbook.memo import FolderMemo  # noqa: PLC0415 - not needed where nothing changed

        with FolderMemo(store, str(top), code, _cores()) as memo, _no_collection():
            tree.memo = memo
            judged = _judge(service, tree, today, codes)
            memo.save()
        if key:
            store.write(place, msgspec.msgpack.encode(Kept(key, judged)))
    return judged


def _judge(service: Service, tree: RepoTree, today: str, codes: frozenset[str]) -> Judged:
    from handbook.catalog import read_identity  # noqa: PLC0415
    from handbook.check import check  # noqa: PLC0415
    from handbook.collect import collect, collect_for_rules  # noqa: PLC0415
    from handbook.collect.examples import begin_tests  # noqa: PLC0415
    from handbook.collect.source import begin_source  # noqa: PLC0415

    wanted = needs(codes)
    # Other processes begin with what takes longest, and this one goes on with the rest.
    if "source" in wanted:
        begin_source(tree, service, Limits())
    if "tests" in wanted:
        begin_tests(tree, service, Limits())
    snapshot = Snapshot(service, "", tree.commit)
    identity = read_identity(tree, service, Limits())
    facts = collect(snapshot, tree, Limits(), wanted - {"tests"})
    facts = collect_for_rules(replace(facts, identity=identity), tree, Limits(), wanted)
    facts = replace(facts, tests=collect(snapshot, tree, Limits(), wanted & {"tests"}).tests)
    known = identity.value if isinstance(identity, Found) else Identity()
    if named := known.title or known.name:
        snapshot = replace(snapshot, service=replace(service, name=named.value))
    declared = facts.declared.problems if isinstance(facts.declared, Found) else ()
    if isinstance(facts.declared, Broken):
        declared = (facts.declared.problem,)
    return Judged(snapshot, check(facts, today, codes), declared)


@contextmanager
def _no_collection() -> Iterator[None]:
    """Stop looking for garbage: a fifth of the time, in a process that ends soon."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def _kept(data: bytes | None) -> Kept | None:
    try:
        return msgspec.msgpack.decode(data, type=Kept) if data else None
    except (msgspec.DecodeError, RecursionError):
        return None


def _code() -> str:
    """Name the code that judges: this package, the modules of a company's rules, Python."""
    made = hashlib.sha256(sys.version.encode())
    for path in sorted({*_own_files(), *_rule_files()}):
        made.update(path.encode() + b"\0")
        made.update(Path(path).read_bytes())
    return made.hexdigest()


def _own_files() -> Iterator[str]:
    for folder, folders, names in os.walk(Path(__file__).parent):
        # What only the site needs: themes, fonts, templates.
        folders[:] = [name for name in folders if name not in ("__pycache__", "publish", "render")]
        yield from (f"{folder}{os.sep}{name}" for name in names if not name.endswith(".pyc"))


def _rule_files() -> Iterable[str]:
    modules = {sys.modules.get(rule.__module__) for rule in rules().values()}
    files = {getattr(module, "__file__", None) for module in modules}
    return (str(file) for file in files if file)


def _name(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogateescape")).hexdigest()


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
