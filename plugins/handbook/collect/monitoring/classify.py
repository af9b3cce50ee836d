"""What an alert watches, told by its name first, then by its expression.

The name is what somebody chose so that whoever is woken understands; the same metric may ring
for a full disk and for a slow one.
"""

from __future__ import annotations

import re

from handbook.model.monitoring import AlertClass

_TEXT = 4_000

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")

_BY_NAME: dict[AlertClass, str] = {
    "other": r"certificates? | expir\w+ | renewal | backups? | clock | cert",
    "model": r"""
        drift\w* | psi | (?:train\w*|serving) skew | retrain\w* | accuracy | f1 | auc | rmse
        | recall
        | model (?:versions?|errors?|load\w*|quality|performance|stale\w*|age|missing)
        | model predictions?
        | predictions? (?:distribution|quality|share|score) | data quality
        | feature (?:missing|null|stale\w*)
    """,
    "memory": r"""
        memory | mem | oom | oomkill\w* | out of memory | heap | rss | swap\w* | working set | edac
    """,
    "disk": r"""
        disks? | file ?systems? | volumes? | inodes? | pvcs? | raid\w* | smart | ssd | hdd
        | storage (?:full|space|low|usage|used|almost) | free storage | table ?spaces?
        | low space | out of space | space (?:filling|left|low|usage|used|exhaust\w*)
        | persistent ?volumes?
    """,
    "CPU": r"""
        cpus? | cpu ?throttl\w* | load average | system load | high load | saturat\w* | steal
    """,
    "errors": "error budget | burn ?rate | budget burn",
    "latency": r"""
        latenc\w+ | slow\w* | durations? | response times? | p\d\d+ | delay(?:s|ed)? | long running
        | too long | timings? | apdex | ttfb
    """,
    "queue": r"""
        queues? | lag | lagging
        | outstanding | backlog | pending messages | unacked | oldest | backpressure
        | (?:jobs?|messages?|tasks?) waiting | waiting (?:jobs?|messages?|tasks?)
    """,
    "throughput": r"""
        throughput | traffic | requests? rate | requests? per | rps | qps | tps | rpm | stalled
        | requests? (?:low|drop\w*|high|count|volume) | (?:low|high|few|no) (?:requests?|volume)
        | no (?:data received|messages) | not (?:receiving|processing)
    """,
    "uptime": r"""
        down | up ?time | availab\w* | unavailable | unreachable | absent | missing | disappeared
        | outage | offline | replicas? | not ready | unready | restart\w* | crash\w* | unhealthy
        | health\w* | probe\w* | heartbeat | watchdog | dead ?man\w* | ping | killed | mismatch
        | not running | stuck | blackbox | no leader | up
    """,
}
_ERRORS = r"""
    errors? | errored | fail(?:s|ed|ing|ures?)? | 5xx | 4xx | 50\d | exceptions? | rejected
    | refus\w+ | dropped | dead (?:jobs?|letters?) | timeouts? | timed out | success rate | dlq
    | panics?
"""

_BY_EXPRESSION: dict[AlertClass, str] = {
    "model": r"\w*(?:drift|_psi|feature_skew|model_version|model_accuracy|prediction_score)\w*",
    "memory": r"""
        \w*(?:memory|_mem_|oomkilled|heap|working_set|resident)\w* | system\.mem\.\w+
    """,
    "disk": r"""
        \w*(?:node_filesystem|volume_stats|inode|disk_|_disk|free_?storage_?space|storage_used)\w*
        | \w*filesystem_\w* | system\.disk\.\w+ | disk/\w+
    """,
    "CPU": r"""
        \w*(?:_cpu|cpu_|throttled_periods|node_load\d*|cpuutilization)\w* | system\.cpu\.\w+
        | cpu/\w+
    """,
    "errors": r"""
        (?:status|code|result|outcome)\w*\s*[=!]~?\s*["'](?:[^"']*5|[^"']*err|fail)
        | \w*(?:_errors?(?:_total)?|_failures?(?:_total)?|_failed_total|_exceptions_total|5xx\w*)
    """,
    "latency": r"""
        histogram_quantile\w* | quantile\s*=
        | \w*(?:latency|_duration_|response_?time|request_latencies)\w*
    """,
    "queue": r"\w*(?:queue|_lag|consumergroup_lag|backlog|approximate(?:numberof|age))\w*",
    "uptime": r"""
        up | \w*(?:probe_success|replicas_(?:un)?available|container_status_restarts)\w*
        | \w*(?:status_phase|healthy_?host_?count|statuscheckfailed|check_passed|status_ready)\w*
        | \w+_up | absent(?:_over_time)?
    """,
}
_REQUESTS = re.compile(
    r"(?:rate|increase)\s*\(\s*\w*requests?\w*|\w*request_?count\b|requests_per_\w+"
)


def _compiled(text: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![a-z0-9_])(?:{text})(?![a-z0-9_])", re.VERBOSE)


def _spaced(text: str) -> re.Pattern[str]:
    """As :func:`_compiled`, with the single blanks of the text kept: they part the words."""
    parts = (" ".join(part.split()).replace(" ", r"\ ") for part in _alternatives(text))
    return _compiled("|".join(parts))


def _alternatives(text: str) -> list[str]:
    return [part for part in re.split(r"\s\|\s|^\s*\|\s", text) if part.strip()]


_NAMES: tuple[tuple[AlertClass, re.Pattern[str]], ...] = tuple(
    (kind, _spaced(text))
    for kind, text in (
        *((kind, text) for kind, text in _BY_NAME.items() if kind not in ("throughput", "uptime")),
        ("errors", _ERRORS),
        ("throughput", _BY_NAME["throughput"]),
        ("uptime", _BY_NAME["uptime"]),
    )
)
_EXPRESSIONS: tuple[tuple[AlertClass, re.Pattern[str]], ...] = tuple(
    (kind, _compiled(text)) for kind, text in _BY_EXPRESSION.items()
)


def words_of(name: str) -> str:
    """Return a name in small words: "ApiDown" and "api_down" are "api down"."""
    spaced = _CAMEL.sub(" ", name[:_TEXT])
    return " ".join(re.sub(r"[^A-Za-z0-9]+", " ", spaced).lower().split())


def kind_of(name: str, expression: str = "", signal: str = "", group: str = "") -> AlertClass:
    """Tell what an alert watches by its name, its expression, what it says, its group."""
    # What follows is often advice: "…, add more CPU" is said of a queue.
    said = re.split(r"[.,;:]", signal[:_TEXT], maxsplit=1)[0]
    for table, text in (
        (_NAMES, words_of(name)),
        (_EXPRESSIONS, expression[:_TEXT].lower()),
        (_NAMES, words_of(said)),
        (_NAMES, words_of(group)),
    ):
        found = next((kind for kind, pattern in table if text and pattern.search(text)), None)
        if found:
            return found
        # A share of requests says how many are odd, not how many there are.
        if table is _EXPRESSIONS and "/" not in text and _REQUESTS.search(text):
            return "throughput"
    return "other"
