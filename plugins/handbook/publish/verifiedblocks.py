"""The code blocks of a tutorial page: each step gets a title bar that says whether it ran."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from html import escape, unescape

from handbook.publish.verifiedstanding import State, StepStanding
from handbook.tutorial.records import Step
from handbook.tutorial.steps import OUTPUT

# As `pymdownx.highlight` writes a block, with its title before it.
_BLOCK = re.compile(
    r'<div (?P<attributes>[^>]*\bclass="(?P<classes>[^"]*\bhighlight\b[^"]*)"[^>]*)>'
    r'(?:<span class="filename">(?P<title>[^<]*)</span>)?(?P<pre><pre\b[^>]*>.*?</pre>)</div>',
    re.DOTALL,
)
_TAG = re.compile(r"<[^>]+>")
_CODE = re.compile(r"`([^`<>]+)`")
_NUMBERED = re.compile(r"(<h[23] [^>]*>)(\d+\.)(?= )")

_ICONS = {
    "run": "M13 19v-3h8v3zm-4.5-6L2.47 7h4.24l4.96 4.95c.58.59.58 1.55 0 2.12L6.74 19H2.5z",
    "file": "M14 2H6a2 2 0 0 0-2 2v16a2 2 0 0 0 2 2h12a2 2 0 0 0 2-2V8zm4 18H6V4h7v5h5z",
    "passed": (
        "M12 2C6.5 2 2 6.5 2 12s4.5 10 10 10 10-4.5 10-10S17.5 2 12 2m-2 15-5-5 1.41-1.41L10"
        " 14.17l7.59-7.59L19 8z"
    ),
    "failed": (
        "M12 2c5.53 0 10 4.47 10 10s-4.47 10-10 10S2 17.53 2 12 6.47 2 12 2m3.59 5L12 10.59 8.41"
        " 7 7 8.41 10.59 12 7 15.59 8.41 17 12 13.41 15.59 17 17 15.59 13.41 12 17 8.41z"
    ),
    "skipped": (
        "M12 20c-4.41 0-8-3.59-8-8s3.59-8 8-8 8 3.59 8 8-3.59 8-8 8m0-18A10 10 0 0 0 2 12a10 10"
        " 0 0 0 10 10 10 10 0 0 0 10-10A10 10 0 0 0 12 2M7 13h10v-2H7"
    ),
    "changed": (
        "M11 7v6l5.2 3.1.8-1.2-4.5-2.7V7zm9 5v6h2v-6zm0 8v2h2v-2zm-2 0c-1.7 1.3-3.7 2-6 2-5.5"
        " 0-10-4.5-10-10S6.5 2 12 2c4.8 0 8.9 3.4 9.8 8h-2.1c-.9-3.4-4-6-7.7-6-4.4 0-8 3.6-8"
        " 8s3.6 8 8 8c2.4 0 4.5-1.1 6-2.7z"
    ),
}
_ICONS["unknown"] = _ICONS["skipped"]


def icon(name: str) -> str:
    """Return a small picture that takes the colour of the text beside it."""
    path = f'<path d="{_ICONS[name]}"/>'
    return f'<svg class="hb-icon" viewBox="0 0 24 24" aria-hidden="true">{path}</svg>'


def prose(text: str) -> str:
    """Return what a report says as HTML, with `code` as such."""
    return _CODE.sub(r"<code>\1</code>", escape(text))


def numbered(html: str) -> str:
    """Set the numbers of headings apart from their words."""
    return _NUMBERED.sub(r'\1<span class="hb-number">\2</span>', html)


def anchor(step: Step) -> str:
    """Return the anchor of a step on its page."""
    return f"run-{step.id}"


def mark_blocks(html: str, steps: Sequence[StepStanding]) -> tuple[str, tuple[Step, ...]]:
    """Put a title bar on each step, and tell what is printed from what is typed.

    A step's block is the next one that has its very text: so what the page shows is proven to
    be what is run.

    Returns:
        The page, and the steps of which no such block was found.
    """
    parts: list[str] = []
    done = 0
    waiting = list(steps)
    lost: list[Step] = []
    after_command = False
    blocks = list(_BLOCK.finditer(html))
    texts = [text_of(block["pre"]) for block in blocks]
    for number, block in enumerate(blocks):
        while waiting and not _is_ahead(waiting[0].step, texts[number:]):
            lost.append(waiting.pop(0).step)
        parts.append(html[done : block.start()])
        done = block.end()
        if waiting and _same(waiting[0].step.source, texts[number]):
            said = waiting.pop(0)
            after_command = said.step.kind == "run"
            parts.append(_step(block, said))
            continue
        is_output = after_command and block["title"] == OUTPUT
        parts.append(_output(block) if is_output else block[0])
        after_command = False
    lost += [said.step for said in waiting]
    return "".join((*parts, html[done:])), tuple(lost)


def text_of(pre: str) -> str:
    """Return the text of a block, as a browser has it."""
    return unescape(_TAG.sub("", pre))


def _is_ahead(step: Step, texts: Sequence[str]) -> bool:
    return any(_same(step.source, text) for text in texts)


def _same(source: str, shown: str) -> bool:
    """Whether the block shows the text; highlighting always ends it with one newline."""
    return source.removesuffix("\n") == shown.removesuffix("\n")


def _step(block: re.Match[str], said: StepStanding) -> str:
    step = said.step
    # Selecting single lines is for listings: of a step, all or nothing is copied.
    classes = f"{block['classes']} hb-step hb-step--{step.kind} no-select"
    attributes = block["attributes"].replace(block["classes"], classes, 1)
    name = f"<code>{escape(step.path)}</code>" if step.kind == "file" else "Terminal"
    return (
        f'<div {attributes} id="{anchor(step)}">'
        f'<div class="hb-bar" data-pagefind-ignore="all">'
        f'<span class="hb-bar__name">{icon(step.kind)}{name}</span>{_tick(said)}</div>'
        f"{block['pre']}</div>"
    )


def _tick(said: StepStanding) -> str:
    """Return the mark: a sign with a name; in words whatever a reader must know."""
    words, title = _words(said)
    name, sign = escape(title), icon(said.state)
    shape = f'class="hb-tick hb-tick--{said.state}" title="{name}"'
    if said.state != "passed":
        return f"<span {shape}>{sign}<span>{prose(words)}</span></span>"
    # The name has all of it, so that nobody needs a pointer to read the title.
    return f'<span {shape} role="img" aria-label="{name}">{sign}{words}</span>'


def _words(said: StepStanding) -> tuple[str, str]:
    """Return what stands in the bar, and what its title says."""
    done = "Created" if said.step.kind == "file" else "Run"
    when = " ".join(filter(None, (f"on {said.day}" if said.day else "", f"({said.backend})")))
    time = duration(said.seconds)
    texts: dict[State, tuple[str, str]] = {
        "passed": (time, f"{done} {when}{f', {time}' if time else ''}"),
        "failed": (f"Failed: {said.why}", f"Failed {when}"),
        "skipped": (f"Not run: {said.why}", f"Not run {when}"),
        "changed": ("Changed since", f"{done} {when}; since then {said.why}"),
        "unknown": (f"Not run: {said.why}", "") if said.why else ("Not run yet", ""),
    }
    return texts[said.state]


def duration(seconds: float) -> str:
    """Return a time in words; "" below a second, which is not worth a word."""
    if seconds < 1:
        return ""
    whole = round(seconds)
    return f"{whole} s" if whole < 60 else f"{whole // 60} min {whole % 60:02} s"


def _output(block: re.Match[str]) -> str:
    classes = f"{block['classes']} hb-output no-copy no-select"
    attributes = block["attributes"].replace(block["classes"], classes, 1)
    wild = '<abbr class="hb-wild" title="varies">…</abbr>'
    parts = "".join(_wild(block["pre"], wild))
    return f'<div {attributes}><span class="filename">{OUTPUT}</span>{parts}</div>'


def _wild(pre: str, mark: str) -> Iterator[str]:
    """Replace the dots in the text, not those in tags."""
    done = 0
    for tag in _TAG.finditer(pre):
        yield pre[done : tag.start()].replace("...", mark)
        yield tag[0]
        done = tag.end()
    yield pre[done:].replace("...", mark)
