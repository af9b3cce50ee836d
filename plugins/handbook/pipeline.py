"""The whole machine on one page: which services exist, what is read, what is shown.

    plan(settings)             -> Fleet      the services, each at a commit
    build_service(snapshot, …) -> Built      one service: read, judged, rendered; in a worker
    check_links(records, …)    -> Problems   every link between services, once all are known

Only :func:`fetch` touches the network.
"""

from __future__ import annotations

import difflib
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from handbook.catalog import expand_or_recall, load_catalog, read_identity
from handbook.model.built import Built, Record
from handbook.model.catalog import Catalog
from handbook.model.collected import ServiceFacts
from handbook.model.facts import Broken, Fact, Found, Origin, Problem
from handbook.model.limits import Limits
from handbook.model.pages import CrossLink
from handbook.model.readiness import Report, RuleInfo
from handbook.model.repo import RepoState
from handbook.model.service import Service, Snapshot
from handbook.settings import Settings
from handbook.sync import SyncEvent, load_repos, sync_repos
from handbook.tree import GitTree, RepoTree, single_line

_SHOWN = 200  # characters of an address in a message
_GUESSES = 20  # names looked for among all services: hostile ones may be many

_log = logging.getLogger(__name__)

Notify = Callable[[SyncEvent], None]


class Fleet(Struct, frozen=True):
    """All services of the site, in the catalogue's order, and what was wrong on the way."""

    snapshots: tuple[Snapshot, ...]
    problems: tuple[Problem, ...] = ()


def fetch(
    settings: Settings,
    report: Notify | None = None,
    *,
    locked: bool = False,
    verify: bool = False,
) -> Fleet:
    """Fetch every repo of the catalogue and note the commits in the lock file.

    ``locked``: fetch the commits that the lock names, instead of what is newest. ``verify``:
    read every mirror whole, and make damaged ones anew.
    """
    catalog = load_catalog(Path(settings.catalog))
    states = sync_repos(_repos(catalog), settings, report=report, locked=locked, verify=verify)
    return _fleet(catalog, states, settings)


def plan(settings: Settings) -> Fleet:
    """List the services as they were last fetched, offline."""
    catalog = load_catalog(Path(settings.catalog))
    return _fleet(catalog, load_repos(_repos(catalog), settings), settings)


def build_service(
    snapshot: Snapshot,
    tree: RepoTree | None,
    settings: Settings,
    inventories: Mapping[str, bytes],
    today: str,
) -> Built:
    """Read one service and render its pages as of ``today`` (YYYY-MM-DD).

    ``inventories`` maps the slugs of services whose Python packages this one uses to their
    ``objects.inv``. Without a ``tree`` (never fetched) there is one page that says so.
    """
    # Only workers read and render; the parent, which starts each build, must be quick.
    from handbook.collect import collect, collect_for_rules  # noqa: PLC0415
    from handbook.render.service import render, render_unavailable  # noqa: PLC0415

    if tree is None:
        return render_unavailable(snapshot, settings.limits)
    identity = read_identity(tree, snapshot.service, settings.limits)
    facts = replace(collect(snapshot, tree, settings.limits), identity=identity)
    if not settings.show_committers and isinstance(facts.owners, Found):
        named = replace(facts.owners.value, committers=(), bots=())
        facts = replace(facts, owners=replace(facts.owners, value=named))
    facts = collect_for_rules(facts, tree, settings.limits)
    return render(facts, _judged(facts, settings, today), tree, settings.limits, inventories)


def _judged(facts: ServiceFacts, settings: Settings, today: str) -> Fact[Report]:
    """Ask the rules. Should asking itself fail, the rest of the service is shown all the same."""
    from handbook.check import check, rules  # noqa: PLC0415

    off, days = settings.rules_off, settings.rules_from
    service, commit = facts.snapshot.service, facts.snapshot.commit
    origin = Origin(service.repo, commit, service.path)
    try:
        return Found(check(facts, today, frozenset(rules()) - off, days), origin)
    except (MemoryError, KeyboardInterrupt):
        raise
    except Exception as exc:  # noqa: BLE001 - whatever a service's files make of the rules
        _log.warning("%s: could not be judged", service.slug, exc_info=True)
        message = f"It could not be judged by the rules: {type(exc).__name__}: {exc}"
        hint = "This is a bug of the handbook or of one of its rules: please report it."
        return Broken(Problem(message, origin, "error", hint))


def rules_asked(settings: Settings) -> tuple[RuleInfo, ...]:
    """Return what the site says of each rule, in the order of the reports.

    Raises:
        RuleError: a rule is not what a rule must be.
    """
    from handbook.check import rules  # noqa: PLC0415

    off, days = settings.rules_off, settings.rules_from
    infos = (rule.info() for rule in rules().values())
    return tuple(
        replace(info, off=info.code in off, counts_from=days.get(info.code, info.counts_from))
        for info in infos
    )


@contextmanager
def open_tree(snapshot: Snapshot, limits: Limits) -> Iterator[RepoTree | None]:
    """Open a service's repo at its commit; None if it was never fetched."""
    if not snapshot.commit:
        yield None
        return
    repo = snapshot.service.repo
    with GitTree(snapshot.git_dir, snapshot.commit, repo, limits=limits) as tree:
        yield tree


def check_links(
    records: Iterable[Record], handbook: Mapping[str, frozenset[str]], links: Iterable[CrossLink]
) -> tuple[Problem, ...]:
    """Return every link between services, and to or from the handbook, that leads nowhere.

    ``handbook`` maps the hand-written pages' uris to their anchors; ``links`` are theirs.
    """
    known: dict[str, frozenset[str]] = dict(handbook)
    records = tuple(records)
    for record in records:
        known |= {uri: frozenset(anchors) for uri, anchors in record.anchors.items()}
    every = [*links, *(link for record in records for link in record.links)]
    guess = _Guess(known)
    return tuple(problem for link in every if (problem := _broken(link, known, guess)))


def _broken(link: CrossLink, known: Mapping[str, frozenset[str]], guess: _Guess) -> Problem | None:
    anchors = known.get(link.uri)
    if anchors is not None and (not link.anchor or link.anchor in anchors):
        return None
    shown = single_line(link.target, _SHOWN)
    if anchors is None:
        place = single_line(link.uri, _SHOWN) or "home"
        what = f"{shown} leads to no page ({place} is not on this site)."
        hint = guess.of(link.uri) + "Mend the path, or take the link out."
    else:
        what = f"{shown} leads to a page that has no anchor #{single_line(link.anchor, _SHOWN)}."
        hint = "Copy the anchor from the page's heading."
    return replace(link.problem, message=what, hint=hint)


class _Guess:
    """Says which service may be meant, if there is none at an address."""

    def __init__(self, known: Iterable[str]) -> None:
        self._slugs = sorted({uri.split("/")[1] for uri in known if uri.startswith("services/")})
        self._said: dict[str, str] = dict.fromkeys(self._slugs, "")

    def of(self, uri: str) -> str:
        """Return a sentence, or "" where the service is there."""
        parts = uri.split("/")
        if parts[0] != "services" or len(parts) < 3:
            return ""
        slug = parts[1]
        if slug not in self._said:
            if len(self._said) > len(self._slugs) + _GUESSES:
                return "There is no such service. "
            near = difflib.get_close_matches(slug[:_SHOWN], self._slugs, n=1, cutoff=0.7)
            words = (
                f"Did you mean the service {near[0]}? " if near else "There is no such service. "
            )
            self._said[slug] = words
        return self._said[slug]


def _repos(catalog: Catalog) -> tuple[tuple[str, str], ...]:
    return tuple(dict.fromkeys((entry.repo, entry.ref) for entry in catalog.entries))


def _fleet(
    catalog: Catalog, states: Mapping[tuple[str, str], RepoState], settings: Settings
) -> Fleet:
    with _OneAtATime(states, settings.limits) as trees:
        commits = {key: state.commit for key, state in states.items()}
        expanded = expand_or_recall(
            catalog, commits, trees.of, settings.limits, Path(settings.cache)
        )
    shown = [s for s in expanded.services if s.visibility in settings.publish]
    return Fleet(
        tuple(_snapshot(service, states[service.repo, service.ref]) for service in shown),
        expanded.problems_for(settings.publish),
    )


class _OneAtATime:
    """Gives trees, and closes each when the next is asked for: a fleet has a thousand.

    A closed tree starts again by itself when it is read once more.
    """

    def __init__(self, states: Mapping[tuple[str, str], RepoState], limits: Limits) -> None:
        self._states = states
        self._limits = limits
        self._open: list[GitTree] = []

    def __enter__(self) -> _OneAtATime:
        return self

    def __exit__(self, *_: object) -> None:
        while self._open:
            self._open.pop().close()

    def of(self, repo: str, ref: str) -> RepoTree | None:
        """Return the tree of a repo; None if it was never fetched."""
        state = self._states[repo, ref]
        if not state.commit:
            return None
        self.__exit__()
        tree = GitTree(state.git_dir, state.commit, repo, limits=self._limits)
        self._open.append(tree)
        return tree


def _snapshot(service: Service, state: RepoState) -> Snapshot:
    return Snapshot(
        service=service,
        git_dir=state.git_dir,
        commit=state.commit,
        branch=state.branch,
        fetched=state.fetched,
        stale=state.stale,
        problem=state.problem,
    )
