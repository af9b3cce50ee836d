"""DATA01, EXP02, ML02: data, experiments and the runs that make models."""

from __future__ import annotations

import re
from typing import ClassVar

from handbook.check.rule import Rule, Verdict
from handbook.check.rules.shared import at
from handbook.model.data import Data, DataFile
from handbook.model.facts import Absent, Fact, Found
from handbook.model.profile import Profile
from handbook.model.readiness import Evidence, Level, Status
from handbook.model.source import Source
from handbook.model.tooling import Tooling

_SHOWN = 5
_MEGABYTE = 1024 * 1024
_PROGRAM = re.compile(
    r"train|learn|tun(?:e|ing)|fit|experiment|notebook|pipeline|model|^(?:ml|main)$"
)
_OTHER_LOCKS = ("package-lock.json", "yarn.lock", "pnpm-lock.yaml", "bun.lock", "bun.lockb")
"""Of pages and tools in JavaScript: they hold nothing that trains."""
_NOTED = re.compile(
    r"\b(?:json|yaml|csv)\.\w{0,10}dump\w{0,5}\(\s*\w{0,40}(?:metric|score|result)|"
    r"\.to_(?:csv|json)\([^)]{0,100}(?:metric|score)"
)


def data_of(data: Fact[Data]) -> Data:
    """Return what was read; nothing where there is nothing."""
    return data.value if isinstance(data, Found) else Data()


def not_training(data: Data, profile: Found[Profile]) -> str:
    """Say why a rule about training does not apply; "" if it does.

    A package that others import may fit models for them; what it is used for is theirs to say.
    """
    if not data.trains and not data.trainings:
        return "It trains no model."
    if is_library(data, profile) and not data.experiments:
        return "It is a library: models are trained by those who use it."
    return ""


def inside(data: Data, profile: Found[Profile]) -> bool:
    """Tell whether a service only fits models while it runs, to the data of who uses it.

    No program, step or folder is there by whose name something is trained beforehand.
    """
    if profile.value.kind != "service" or data.trainings or data.experiments or not data.trains:
        return False
    parts = {part for spot in data.trains for part in spot.path.removesuffix(".py").split("/")}
    return not any(_PROGRAM.search(part.lower()) for part in parts)


def is_library(data: Data, profile: Found[Profile]) -> bool:
    """Tell whether it is a package for others, not only source without anything that runs."""
    return profile.value.kind == "library" and (data.packaged or profile.value.declared)


class Datasets(Rule):
    """Datasets have versions, and are kept in a bucket.

    ## What it does
    Looks for data whose version is in Git while its content is elsewhere, for the place where that
    is, and for large files of data in Git itself.

    ## Why
    A model is code and data. If the data cannot be brought back, neither can the model, and nobody
    can say what it learned from.

    ## How to fix
    `dvc init`, `dvc remote add -d storage s3://…`, `dvc add data/payments.csv`, commit the `.dvc`
    file and `.dvc/config`, `dvc push`.

    ## Equivalents
    DVC, Git LFS, lakeFS, Delta Lake, Iceberg, Pachyderm, Kedro's versioned datasets, W&B Artifacts,
    ClearML Data, Hugging Face datasets with a `revision`, public datasets as libraries bring them.
    "Work on live data" (DATA04) does not contradict this: snapshots are for training, live data
    for the features of what is served.
    """

    code = "DATA01"
    level: ClassVar[Level] = "silver"
    statements = (27,)
    page = "data/data-versions/#set-up"

    def check(self, data: Fact[Data], profile: Found[Profile]) -> Verdict:
        """Pass with versions in a shared place, warn where it is one machine, fail on raw data."""
        found = data_of(data)
        other = not_training(found, profile)
        if found.raw:
            return _raw(found, trains=not other or bool(found.files))
        if found.files:
            return _kept(found)
        references = [item for item in found.references if not other or not item.public]
        pinned = [item for item in references if item.pinned]
        if pinned:
            names = ", ".join(dict.fromkeys(item.system for item in pinned))
            places = tuple(at(item.spot) for item in pinned[:_SHOWN])
            return Verdict("pass", f"{names} keeps its versions.", places)
        if references:
            places = tuple(at(item.spot) for item in references[:_SHOWN])
            fix = "Name the version: `load_dataset(…, revision=…)`."
            return Verdict("warn", "Data is taken without saying which version.", places, fix=fix)
        if other:
            return Verdict("na", f"{other} No data is kept here.")
        fix = "`dvc add` the data and name a bucket with `dvc remote add`."
        if found.small:
            message = "The data is in Git itself, which keeps every version of it for good."
            files = tuple(Evidence(file.path) for file in found.small[:_SHOWN])
            return Verdict("warn", message, files, fix=fix)
        searched = ("*.dvc", "dvc.lock", ".gitattributes", "references to lakeFS, Delta, Iceberg")
        places = tuple(at(spot) for spot in found.trains[:_SHOWN])
        return Verdict(
            "warn",
            "A model is trained, and nothing keeps the versions of its data.",
            places,
            searched,
            fix,
        )


def _raw(data: Data, *, trains: bool) -> Verdict:
    total = sum(max(item.size, 0) for item in data.raw) // _MEGABYTE
    unknown = any(item.size < 0 for item in data.raw)
    size = f"{total} MB" if not unknown else f"more than {total} MB"
    count = f"{len(data.raw)} large file{'s' if len(data.raw) > 1 else ''} of data"
    places = tuple(Evidence(item.path) for item in data.raw)
    fix = f"`dvc add {data.raw[0].path}`, and keep its content in a bucket."
    return Verdict(
        "fail" if trains else "warn", f"{count} ({size}) in Git itself.", places, fix=fix
    )


def _kept(data: Data) -> Verdict:
    systems = ", ".join(dict.fromkeys(item.system for item in data.files))
    count = len(data.files)
    places = tuple(at(item.spot) for item in data.files[:_SHOWN])
    by_dvc = [item for item in data.files if item.system == "DVC" and not _elsewhere(item)]
    if not by_dvc:
        return Verdict("pass", f"{systems} keeps the versions of {count} files.", places)
    shared = [remote for remote in data.remotes if remote.kind != "folder"]
    if shared:
        where = ", ".join(remote.url for remote in shared[:2])
        remotes = tuple(at(remote.spot) for remote in shared)
        message = f"{systems} keeps the versions of {count} files, in {where}."
        return Verdict("pass", message, (*remotes, *places))
    fix = "`dvc remote add -d storage s3://…`, and `dvc push`."
    if data.remotes:
        folders = tuple(at(remote.spot) for remote in data.remotes)
        return Verdict("warn", "The data is in a folder of one machine only.", folders, fix=fix)
    message = "Data has versions, but no remote: its content is on one machine."
    return Verdict("warn", message, places, (".dvc/config",), fix)


def _elsewhere(item: DataFile) -> bool:
    """Whether it was imported: another repo or address holds the content."""
    return bool(item.source) and not item.source.startswith("stage ")


class Experiments(Rule):
    """An experiment can be run again, with the same result.

    ## What it does
    Looks for three things where a model is trained: a configuration in files, a seed, a lock file.

    ## Why
    "It was better last month" is worth nothing if last month's run cannot be repeated.

    ## How to fix
    Move arguments into a configuration that Hydra composes, set one seed for all that is random,
    and commit the lock file.

    ## Equivalents
    Hydra, OmegaConf, Sacred, Gin, LightningCLI, jsonargparse, DVC parameters, Kedro, Metaflow,
    ZenML, MLflow projects, W&B sweeps. Any lock file; seeds of any library, `random_state` too.
    Sacred counts, though its last release is of November 2024; something new takes Hydra.
    """

    code = "EXP02"
    version = 2
    level: ClassVar[Level] = "silver"
    statements = (29,)
    page = "data/experiments/#how"

    def check(
        self,
        data: Fact[Data],
        tooling: Fact[Tooling],
        profile: Found[Profile],
    ) -> Verdict:
        """Pass with all three, fail without configuration, seed and tracker, warn between."""
        found = data_of(data)
        if other := not_training(found, profile):
            return Verdict("na", other)
        every = tooling.value.locks if isinstance(tooling, Found) else ()
        locks = [path for path in every if not path.endswith(_OTHER_LOCKS)]
        places = (
            *(at(item.spot) for item in found.frameworks[:3]),
            *(at(spot) for spot in found.seeds[:3]),
            *(Evidence(path) for path in locks[:1]),
        )
        parts = {
            "a configuration in files": bool(found.frameworks),
            "a seed": bool(found.seeds),
            "a lock file": bool(locks),
        }
        lacking = [name for name, there in parts.items() if not there]
        if not lacking:
            names = ", ".join(item.name for item in found.frameworks)
            return Verdict("pass", f"{names}, with a seed and a lock file.", places)
        seen = places or tuple(at(spot) for spot in found.trains[:_SHOWN])
        # A tracker or a platform that runs the training knows its parameters.
        bare = not found.frameworks and not found.seeds and not found.tracked
        status: Status = "fail" if bare and not inside(found, profile) else "warn"
        message = f"A model is trained without {' and without '.join(lacking)}."
        searched = (
            "imports of Hydra, Sacred, …",
            "params.yaml",
            "calls that seed",
            *_locks(tooling),
        )
        return Verdict(status, message, seen, searched, f"Add {' and '.join(lacking)}.")


def _locks(tooling: Fact[Tooling]) -> tuple[str, ...]:
    return tooling.searched[:5] if isinstance(tooling, Absent) else ("lock files",)


class Tracking(Rule):
    """Each training is tracked, each model registered.

    ## What it does
    Looks for the lines that write down a run, and for those that register its model.

    ## Why
    When a model misbehaves, the first question is what it was trained with. Without a run and a
    registry, the answer is in somebody's memory.

    ## How to fix
    `mlflow.autolog()` before training, `mlflow.register_model(…)` after it.

    ## Equivalents
    MLflow, Weights & Biases, ClearML, Neptune, Comet, Aim, DVC (metrics, artifacts of type model),
    DVCLive, TensorBoard (runs only), ZenML, Vertex AI, SageMaker, Azure ML, Hugging Face Hub,
    BentoML.
    """

    code = "ML02"
    version = 2
    level: ClassVar[Level] = "silver"
    statements = (31,)
    page = "data/models/#track"

    def check(self, data: Fact[Data], source: Fact[Source], profile: Found[Profile]) -> Verdict:
        """Pass with both, warn with one, or with notes by hand; fail with neither."""
        found = data_of(data)
        if other := not_training(found, profile):
            return Verdict("na", other)
        tracks, registers = found.that("track"), found.that("register")
        places = tuple(at(item.spot) for item in (*tracks[:_SHOWN], *registers[:_SHOWN]))
        if tracks and registers:
            names = ", ".join(dict.fromkeys(item.system for item in (*tracks, *registers)))
            return Verdict("pass", f"{names}: runs are tracked, models registered.", places)
        searched = ("calls of MLflow, W&B, ClearML, Neptune, Comet, Aim, …", "dvc.yaml")
        if tracks:
            fix = "Register the model of a run: `mlflow.register_model(…)`."
            return Verdict(
                "warn", "Runs are tracked; no model is registered.", places, searched, fix
            )
        fix = "Track each run: `mlflow.autolog()`, or parameters and metrics by hand."
        if registers:
            return Verdict(
                "warn", "Models are registered; no run is tracked.", places, searched, fix
            )
        trains = tuple(at(spot) for spot in found.trains[:_SHOWN])
        if noted := _noted(source):
            message = "Metrics are written to a file; nothing keeps the runs together."
            return Verdict("warn", message, noted, searched, fix)
        if inside(found, profile):
            message = "The service fits a model while it runs, and nothing notes how."
            return Verdict("warn", message, trains, searched, fix)
        return Verdict("fail", "A model is trained and nothing notes how.", trains, searched, fix)


def _noted(source: Fact[Source]) -> tuple[Evidence, ...]:
    """Return lines that write the metrics of a run to a file."""
    calls = source.value.calls if isinstance(source, Found) else ()
    return tuple(at(call.spot) for call in calls if _NOTED.search(call.spot.text))[:_SHOWN]
