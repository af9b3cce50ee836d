"""Alert rules in texts that are no YAML yet: Helm templates, jsonnet.

Best effort, and shown as such: the keys of a rule are taken from its lines, values of the
template stay as they are written.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from handbook.collect.monitoring import promql
from handbook.collect.monitoring.classify import kind_of
from handbook.collect.monitoring.place import Place, line_in
from handbook.model.monitoring import Alert, Scrape

_KEYS = "alert|expr|for|severity|summary|description|message|runbook_url|runbook|receiver|record"
_KEY = re.compile(rf"^(\s*)(-\s+)?['\"]?({_KEYS})['\"]?\s*:(?!:)\s?(.{{0,2000}})$")
_INLINE = re.compile(r"[{,]\s*['\"]?(severity|receiver)['\"]?\s*:\s*['\"]?([\w.-]{1,60})")
_SCRAPE = re.compile(r"^\s*kind:\s*['\"]?(ServiceMonitor|PodMonitor|PodMonitoring)\b")
_LINES = 120  # of one rule
_RULES = 2_000
_TEXT = 300


def alerts_in_text(place: Place) -> Iterator[Alert]:
    """Give the alert rules whose lines can be told apart."""
    starts = [
        number
        for number, line in enumerate(place.lines)
        if "alert" in line and (key := _KEY.match(line)) and key[3] == "alert" and key[4].strip()
    ][:_RULES]
    for number, following in zip(starts, [*starts[1:], len(place.lines)], strict=False):
        if alert := _alert(place, number, min(following, number + _LINES)):
            yield alert


def _alert(place: Place, start: int, end: int) -> Alert | None:
    found: dict[str, str] = {}
    at = start
    while at < end:
        line = place.lines[at]
        key = _KEY.match(line)
        if key is None:
            for name, value in _INLINE.findall(line):
                found.setdefault(name, value)
            at += 1
            continue
        if key[3] == "record":
            break
        text, at = _value(place.lines, at, end, len(key[1]) + len(key[2] or ""), key[4])
        found.setdefault(key[3], text)
    expression = found.get("expr", "")
    if not expression:
        return None
    comparator, threshold = promql.comparison(expression)
    signal = found.get("summary") or found.get("description") or found.get("message") or ""
    return Alert(
        name=found["alert"][:_TEXT],
        kind=kind_of(re.sub(r"\{\{.*?\}\}", " ", found["alert"]), expression, signal),
        form="Prometheus",
        spot=line_in(place, start + 1),
        signal=signal[:_TEXT],
        expression=expression[:2_000],
        comparator=comparator,
        threshold=threshold,
        over=promql.windows_in(expression),
        lasting=found.get("for", "")[:_TEXT],
        severity=found.get("severity", "")[:_TEXT],
        receiver=found.get("receiver", "")[:_TEXT],
        runbook=(found.get("runbook_url") or found.get("runbook") or "")[:_TEXT],
        metrics=promql.metrics_in(expression)[:20],
        templated=True,
    )


def _value(lines: list[str], at: int, end: int, indent: int, first: str) -> tuple[str, int]:
    """Return the text of a value that begins on a line, and the number of the line after it."""
    head = first.strip()
    if head.startswith("|||"):  # jsonnet
        close = next((n for n in range(at + 1, end) if lines[n].lstrip().startswith("|||")), end)
        return _joined(lines[at + 1 : close]), min(close + 1, end)
    if head not in ("", "|", "|-", ">", ">-", "|+", ">+"):
        return _unquoted(head), at + 1
    close = at + 1
    while close < end and (
        not lines[close].strip() or len(lines[close]) - len(lines[close].lstrip()) > indent
    ):
        close += 1
    return _joined(lines[at + 1 : close]), close


def _joined(lines: list[str]) -> str:
    return " ".join(line.strip() for line in lines if line.strip())


def _unquoted(text: str) -> str:
    text = re.sub(r"\s+#\s.*$", "", text).rstrip().removesuffix(",").strip()
    quote = text[:1]
    if quote in ("'", '"'):
        text = text[1:]
        close = text.rfind(quote)
        text = text[:close] if close >= 0 else text
    return text.strip()


def scrapes_in_text(place: Place) -> Iterator[Scrape]:
    """Give the scrape rules of a template: whose they are is left to its values."""
    for number, line in enumerate(place.lines, start=1):
        if "Monitor" in line and (found := _SCRAPE.match(line)):
            yield Scrape(found[1], "", line_in(place, number), everything=True)
