"""All repos of a catalogue: fetched side by side, or read from the lock without a network."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from handbook.errors import SyncError
from handbook.model.repo import RepoState, check_url, is_local
from handbook.settings import Settings
from handbook.sync.fetch import Fetcher, Outcome
from handbook.sync.lock import Key, read_lock, write_lock
from handbook.sync.mirror import Fetched, Mirror
from handbook.sync.process import GitFailed, Runner, network_environment, redact
from handbook.sync.remote import Target, Unresolved, is_commit

_AT_ONCE = 8  # repos; the network is what we wait for, not this machine
_RETRY_AFTER = (1.0, 4.0)  # seconds
_NEVER = "Not fetched yet. Run `handbook sync`."
_NOT_HERE = (
    "Commit {commit} of handbook.lock is not on this machine. Run `handbook sync` to fetch the"
    " newest, or `handbook sync --locked` for the very same."
)

Kind = Literal["unchanged", "fetched", "stale", "failed"]


class SyncEvent(Struct, frozen=True):
    """One repo is done: ``done`` of ``total``, and how it went.

    "unchanged", "fetched" (new commits), "stale" (failed; last good copy kept), "failed"
    (nothing to show). ``message`` says what went wrong, with one line for each ref.
    """

    repo: str
    kind: Kind
    message: str
    done: int
    total: int


class Plan(Struct, frozen=True):
    """How to sync: see :func:`sync_repos`."""

    settings: Settings
    old: Mapping[Key, RepoState]
    runner: Runner
    locked: bool = False
    verify: bool = False
    retry_after: Sequence[float] = _RETRY_AFTER


def sync_repos(  # noqa: PLR0913 - keywords, most of them rarely given
    repos: Sequence[Key],
    settings: Settings,
    *,
    report: Callable[[SyncEvent], None] | None = None,
    locked: bool = False,
    verify: bool = False,
    prune: bool = True,
    retry_after: Sequence[float] = _RETRY_AFTER,
) -> dict[Key, RepoState]:
    """Fetch repos, given as (repo, ref), and write the lock. Nothing else uses the network.

    A repo that cannot be fetched never stops the others: its state says so, and has the last
    good commit if there is one. ``locked``: fetch the commits that the lock names instead of
    what refs mean now. ``verify``: read every mirror whole and make damaged ones anew.
    ``prune``: drop repos that are not given from the lock; leave it off to sync a few only.

    Raises:
        SyncError: the lock file has a mistake.
    """
    old = read_lock(settings.lock)
    runner = Runner(network_environment())
    plan = Plan(settings, old, runner, locked, verify, retry_after)
    states = _sync_all(repos, plan, report or (lambda event: None))
    kept = {} if prune else old
    home = Path(settings.lock).parent
    found = {**kept, **states}.values()
    write_lock(settings.lock, [state for state in found if _belongs_into_lock(state, home)])
    return states


def load_repos(repos: Sequence[Key], settings: Settings) -> dict[Key, RepoState]:
    """Return the state of repos, given as (repo, ref), from lock and mirrors, offline.

    Local repos need no network and are brought up to date at once; the lock is not written.

    Raises:
        SyncError: the lock file has a mistake.
    """
    old = read_lock(settings.lock)
    runner = Runner(network_environment())
    plan = Plan(settings, old, runner, retry_after=())
    local = [key for key in repos if is_local(key[0])]
    states = _sync_all(local, plan, lambda event: None)
    for key in repos:
        if key not in states:
            states[key] = _load(key, plan)
    return states


def _belongs_into_lock(state: RepoState, home: Path) -> bool:
    if check_url(state.repo):
        return False  # it may hold a credential
    # A repo cannot hold the name of its own newest commit: the next commit would undo it.
    return not (is_local(state.repo) and home.is_relative_to(state.repo))


def _sync_all(
    repos: Iterable[Key], plan: Plan, report: Callable[[SyncEvent], None]
) -> dict[Key, RepoState]:
    refs: dict[str, list[str]] = {}
    for repo, ref in dict.fromkeys(repos):
        refs.setdefault(repo, []).append(ref)
    if not refs:
        return {}
    Path(plan.settings.mirrors).mkdir(parents=True, exist_ok=True)
    states: dict[Key, RepoState] = {}
    pool = ThreadPoolExecutor(max_workers=plan.settings.jobs or _AT_ONCE)
    try:
        futures: dict[Future[dict[str, RepoState]], str] = {
            pool.submit(_sync_repo, repo, names, plan): repo for repo, names in refs.items()
        }
        for done, future in enumerate(as_completed(futures), 1):
            repo, found = futures[future], future.result()
            states.update({(repo, ref): state for ref, state in found.items()})
            report(_event(repo, found.values(), plan.old, (done, len(refs))))
    finally:
        plan.runner.cancel()  # for an interrupt; otherwise nothing runs any more
        pool.shutdown(cancel_futures=True)
    return states


def _sync_repo(repo: str, refs: Sequence[str], plan: Plan) -> dict[str, RepoState]:
    if problem := check_url(repo):
        return {ref: RepoState(repo, ref, problem=f"The url {problem}.") for ref in refs}
    fetcher = _fetcher(repo, plan)
    try:
        fetcher.mirror.recover(fetcher.deadline)
        outcome = _with_retries(fetcher, refs, plan)
    except (SyncError, OSError) as error:
        outcome = dict.fromkeys(refs, _words(error))
    return {ref: _state(fetcher, ref, outcome[ref], plan) for ref in refs}


def _with_retries(fetcher: Fetcher, refs: Sequence[str], plan: Plan) -> Outcome:
    for pause in plan.retry_after:
        try:
            return _attempt(fetcher, refs, plan)
        except GitFailed as error:
            if not error.transient or time.monotonic() + pause > fetcher.deadline:
                raise
        plan.runner.pause(pause)
    return _attempt(fetcher, refs, plan)


def _attempt(fetcher: Fetcher, refs: Sequence[str], plan: Plan) -> Outcome:
    repo = fetcher.mirror.repo
    if is_local(repo) and not Path(repo).is_dir():
        raise SyncError("There is no such folder. Mend `repo` in the catalogue.")
    pinned = _pinned(repo, refs, plan)
    known = fetcher.mirror.record()
    at_hand = {ref: fetched for ref, fetched in known.refs.items() if ref in refs}
    if (
        not plan.verify
        and not fetcher.mirror.is_doubtful(known)
        and {ref: fetched.commit for ref, fetched in at_hand.items()}
        == {ref: pinned.get(ref, ("", ""))[0] for ref in refs}
    ):
        return at_hand  # commits do not change: nothing to ask
    remote = fetcher.list_refs()
    resolved = {
        ref: remote.pin(*pinned[ref]) if ref in pinned else remote.resolve(ref) for ref in refs
    }
    targets = {ref: found for ref, found in resolved.items() if isinstance(found, Target)}
    missing = {ref: it.problem for ref, it in resolved.items() if isinstance(it, Unresolved)}
    return {**missing, **(fetcher.update(remote, targets, verify=plan.verify) if targets else {})}


def _pinned(repo: str, refs: Sequence[str], plan: Plan) -> dict[str, tuple[str, str]]:
    """Return commit and branch of refs that mean one commit for good."""
    pinned = {ref: (ref, "") for ref in refs if is_commit(ref)}
    if not plan.locked:
        return pinned
    states = {ref: plan.old[repo, ref] for ref in refs if (repo, ref) in plan.old}
    return pinned | {ref: (old.commit, old.branch) for ref, old in states.items() if old.commit}


def _state(fetcher: Fetcher, ref: str, outcome: Fetched | str, plan: Plan) -> RepoState:
    mirror = fetcher.mirror
    old = plan.old.get((mirror.repo, ref))
    if isinstance(outcome, Fetched):
        same = old is not None and old.commit == outcome.commit and not old.stale
        return RepoState(
            mirror.repo,
            ref,
            git_dir=str(mirror.path),
            commit=outcome.commit,
            branch=outcome.branch,
            fetched=old.fetched if same and old and old.fetched else outcome.time,
        )
    known = mirror.record().refs.get(ref)
    if old and old.commit and _has(fetcher, old.commit):
        good = (old.commit, old.branch, known.seen if known else old.fetched)
    elif known and _has(fetcher, known.commit):
        good = (known.commit, known.branch, known.seen)
    else:
        return RepoState(mirror.repo, ref, problem=outcome)
    commit, branch, seen = good
    git_dir = str(mirror.path)
    return RepoState(mirror.repo, ref, git_dir, commit, branch, seen, stale=True, problem=outcome)


def _load(key: Key, plan: Plan) -> RepoState:
    old = plan.old.get(key, RepoState(*key, problem=_NEVER))
    if not old.commit:
        return old
    fetcher = _fetcher(key[0], plan)
    record = fetcher.mirror.record()
    known = record.refs.get(key[1])
    sure = known and known.commit == old.commit and not fetcher.mirror.is_doubtful(record)
    if sure or _has(fetcher, old.commit):
        return replace(old, git_dir=str(fetcher.mirror.path))
    return RepoState(*key, problem=_NOT_HERE.format(commit=old.commit[:10]))


def _has(fetcher: Fetcher, commit: str) -> bool:
    try:
        return fetcher.has(commit)
    except SyncError:
        return False  # a damaged mirror has nothing to show


def _fetcher(repo: str, plan: Plan) -> Fetcher:
    limits = plan.settings.limits
    mirror = Mirror(plan.settings.mirrors, repo)
    return Fetcher(mirror, plan.runner, limits, time.monotonic() + limits.fetch_seconds)


def _words(error: SyncError | OSError) -> str:
    if isinstance(error, OSError):
        return f"The state folder cannot be written: {error.strerror}."
    return str(error)


def _event(
    repo: str, states: Iterable[RepoState], old: Mapping[Key, RepoState], place: tuple[int, int]
) -> SyncEvent:
    found = tuple(states)
    before = [old.get((repo, state.ref)) for state in found]
    kind: Kind = "fetched"
    if not all(state.commit for state in found):
        kind = "failed"
    elif any(state.stale for state in found):
        kind = "stale"
    elif [known and known.commit for known in before] == [state.commit for state in found]:
        kind = "unchanged"
    message = "\n".join(dict.fromkeys(state.problem for state in found if state.problem))
    return SyncEvent(redact(repo), kind, message, *place)
