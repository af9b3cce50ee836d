"""What is said of a whole tutorial page: the box at its top, and its row in the table of all."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from html import escape

from msgspec import Struct

from handbook.publish.verifiedblocks import anchor, duration, icon, prose
from handbook.publish.verifiedstanding import PageRun, PageStanding, StepStanding

COMMAND = "make tutorial"
"""What a reader of the repo runs to verify all pages."""

_UNSAID = "the report does not say why"

TABLE = "<!-- handbook:verified -->"
"""Where a hand-written page wants the table of all tutorial pages."""

LINE = "<!-- handbook:verified-line -->"
"""Where a hand-written page wants it in one sentence."""


class Shown(Struct, frozen=True):
    """What the box needs to know beside how the page stands.

    ``backends``: all that there are, the first one first. ``commit_url`` gives the address of a
    commit, "" if it has none. ``day_of`` gives a commit's day, "" if it is not known.
    """

    backends: tuple[str, ...]
    commit_url: Callable[[str], str]
    day_of: Callable[[str], str]


def box(standing: PageStanding, shown: Shown) -> str:
    """Return the box; "" for a page without steps."""
    if not standing.page.steps:
        return ""
    run = standing.main
    state = _state(run)
    lines = [f"<p>{icon(state)}{_headline(run, standing, shown)}</p>"]
    if run:
        lines += _left_out(run)
    lines += [f"<p>{line}</p>" for line in _others(standing, run, shown)]
    return (
        f'<div class="hb-proof hb-proof--{state}" role="note" aria-label="What was verified"'
        f' data-pagefind-ignore="all">{"".join(lines)}</div>'
    )


def _state(run: PageRun | None) -> str:
    if run is None:
        return "unknown"
    if run.count("failed"):
        return "failed"
    return "changed" if run.changes else "passed"


def _headline(run: PageRun | None, standing: PageStanding, shown: Shown) -> str:
    if run is None:
        return (
            f"<strong>Not verified.</strong> {_never(standing)} <code>{COMMAND}</code> runs every"
            " step of this page and notes what happened."
        )
    ran = f"{_amount(run)} ran as shown{_time(run)} ({run.backend} backend)"
    when = _when(run, shown)
    if run.count("failed"):
        first = next(step for step in run.steps if step.state == "failed")
        return f"<strong>A step failed</strong> {when}: {_link(first)}. {_sentence(ran)}."
    if run.changes:
        since = " and ".join(run.changes)
        return (
            f"<strong>Changed since it was verified</strong> {when}: {since}. Then,"
            f" {ran}. <code>{COMMAND}</code> runs it again."
        )
    return f"<strong>Verified</strong> {when}: {ran}."


def _amount(run: PageRun) -> str:
    steps, ran = len(run.steps), run.ran_count
    if steps == 1:
        return "its one step" if ran else "none of its steps"
    return f"all {steps} steps" if ran == steps else f"{ran} of {steps} steps"


def _time(run: PageRun) -> str:
    took = duration(run.seconds)
    return f" in {took}" if took else ""


def _never(standing: PageStanding) -> str:
    reasons = [f"{run.backend}: {why}" for run in standing.runs for why in run.reasons if why]
    if not reasons:
        return "There is no report of a run."
    return f"Nothing could be run ({prose('; '.join(dict.fromkeys(reasons)))})."


def _when(run: PageRun, shown: Shown) -> str:
    day = run.day or (shown.day_of(run.commit) if run.commit else "")
    parts = [f'on <time datetime="{escape(day)}">{escape(day)}</time>'] if day else []
    if run.commit:
        url = shown.commit_url(run.commit)
        code = f"<code>{escape(run.commit[:10])}</code>"
        parts.append(f'commit <a href="{escape(url)}">{code}</a>' if url else f"commit {code}")
        parts[-1] += " with changes not committed" if run.dirty else ""
    return ", ".join(parts) or "at an unknown time"


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _left_out(run: PageRun) -> list[str]:
    """Say which steps were not run, and why: one line for each reason."""
    items = [
        f"<li>{', '.join(_link(step) for step in steps)}: {prose(why or _UNSAID)}</li>"
        for why, steps in run.reasons.items()
    ]
    return [f"<p>Not run:</p><ul>{''.join(items)}</ul>"] if items else []


def _link(said: StepStanding) -> str:
    return _to(f"#{anchor(said.step)}", said.step.id)


def _others(standing: PageStanding, main: PageRun | None, shown: Shown) -> list[str]:
    """Say of each other backend whether the page was verified there."""
    if main is None:
        return []
    known = {run.backend: run for run in standing.runs}
    lines = []
    never = []
    for backend in shown.backends:
        run = known.get(backend)
        if backend == main.backend:
            continue
        if run and run.ran:
            lines.append(
                f"{_sentence(_state_words(run))} on {escape(backend)}, {_when(run, shown)}."
            )
            continue
        why = "; ".join(run.reasons) if run else ""
        never.append(escape(backend) + (f" ({prose(why)})" if why else ""))
    if never:
        lines.append(f"Not yet verified on {' or '.join(never)}.")
    return lines


def _state_words(run: PageRun) -> str:
    words = {"failed": "failed", "changed": "changed since it was verified", "passed": "verified"}
    return words[_state(run)]


def table(all_of_them: Sequence[tuple[PageStanding, str, str]], shown: Shown) -> str:
    """Return the table of all pages over all backends, and what was not run.

    ``all_of_them``: how a page stands, its title, and its address from this page.
    """
    with_steps = [entry for entry in all_of_them if entry[0].page.steps]
    if not any(entry[0].runs for entry in with_steps):
        return (
            '<p class="hb-empty">There is no report of a run yet.'
            f" <code>{COMMAND}</code> writes one.</p>"
        )
    head = "".join(f'<th scope="col">{escape(backend)}</th>' for backend in shown.backends)
    rows = "".join(_row(*entry, shown) for entry in with_steps)
    standings = [entry[0] for entry in with_steps]
    return (
        '<div class="hb-scroll"><table class="hb-proofs"><thead><tr><th scope="col">Page</th>'
        f'<th scope="col" class="hb-num">Steps</th>{head}</tr></thead><tbody>{rows}</tbody>'
        f"<tfoot>{_total(standings, shown)}</tfoot></table></div>"
        f'<dl class="hb-backends">{_backends(with_steps, shown)}</dl>'
    )


def line(standings: Sequence[PageStanding], shown: Shown, url: str) -> str:
    """Return how many steps of all pages ran, when, and for how many that no longer holds.

    ``url``: of the table.
    """
    steps = sum(len(one.page.steps) for one in standings)
    runs = [one.main for one in standings if one.main]
    if not runs:
        said = "The tutorial has not been run yet."
    else:
        ran = sum(run.ran_count for run in runs)
        changed = ran - sum(run.count("passed") for run in runs)
        when = ", ".join(dict.fromkeys(_when(run, shown) for run in runs))
        said = f"<strong>{ran} of {steps}</strong> steps of the tutorial ran as shown, {when}."
        if changed:
            many = "All" if changed == ran else changed
            said += f" {many} of them, or what they use, changed since."
    return f'<p class="hb-verified-line">{said} {_to(url, "What was verified")}</p>'


def _row(standing: PageStanding, title: str, url: str, shown: Shown) -> str:
    known = {run.backend: run for run in standing.runs}
    cells = "".join(_cell(known.get(backend)) for backend in shown.backends)
    return (
        f'<tr><th scope="row"><a href="{escape(url)}">{escape(title)}</a></th>'
        f'<td class="hb-num">{len(standing.page.steps)}</td>{cells}</tr>'
    )


def _cell(run: PageRun | None) -> str:
    if run is None or not run.ran:
        return f'<td><span class="hb-tick hb-tick--skipped">{icon("skipped")}Not run</span></td>'
    state = _state(run)
    words = {"passed": "", "changed": "changed since", "failed": f"{run.count('failed')} failed"}
    more = ", ".join(filter(None, (duration(run.seconds), words[state])))
    tick = f'<span class="hb-tick hb-tick--{state}">{icon(state)}{run.ran_count} ran</span>'
    return f"<td>{tick}{f'<br><small>{more}</small>' if more else ''}</td>"


def _total(standings: Sequence[PageStanding], shown: Shown) -> str:
    cells = []
    for backend in shown.backends:
        runs = [run for one in standings for run in one.runs if run.backend == backend]
        ran = sum(run.ran_count for run in runs)
        time = duration(sum(run.seconds for run in runs))
        cells.append(f"<td>{ran} ran{f' in {time}' if time else ''}</td>")
    steps = sum(len(one.page.steps) for one in standings)
    return f'<tr><th scope="row">All</th><td class="hb-num">{steps}</td>{"".join(cells)}</tr>'


def _backends(entries: Sequence[tuple[PageStanding, str, str]], shown: Shown) -> str:
    """Say of each backend when it ran, and what was not run there and why."""
    parts = []
    for backend in shown.backends:
        pages = [
            (run, title, url)
            for standing, title, url in entries
            for run in standing.runs
            if run.backend == backend
        ]
        ran = dict.fromkeys(f"Run {_when(run, shown)}." for run, *_ in pages if run.ran)
        lines = [*ran, *_reasons(pages)]
        parts.append(
            f"<dt>{escape(backend)}</dt>"
            + "".join(f"<dd>{line}</dd>" for line in lines or ["Never run."])
        )
    return "".join(parts)


def _reasons(pages: Sequence[tuple[PageRun, str, str]]) -> Iterator[str]:
    """Give a line for each reason, with the pages it holds for, or their steps."""
    left: dict[str, list[str]] = {}
    for run, title, url in pages:
        for why, steps in run.reasons.items():
            links = left.setdefault(why or _UNSAID, [])
            names = [_to(f"{url}#{anchor(said.step)}", said.step.id) for said in steps]
            some = f": {', '.join(names)}" if len(steps) < len(run.steps) else ""
            links.append(_to(url, title) + some)
    for why, links in left.items():
        yield f'Not run: {prose(why)} <span class="hb-muted">({"; ".join(links)})</span>'


def _to(url: str, words: str) -> str:
    return f'<a href="{escape(url)}">{escape(words)}</a>'
