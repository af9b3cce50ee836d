"""ML03, ML06, ML07: models once they are there: versions, drift, the same features throughout."""

from __future__ import annotations

import posixpath
import re
from typing import ClassVar

from handbook.check.rule import Rule, Verdict
from handbook.check.rules.learning import data_of, is_library, not_training
from handbook.check.rules.serving import asked_in_handlers
from handbook.check.rules.shared import at
from handbook.model.data import Data, ModelUse
from handbook.model.deploy import Deploy
from handbook.model.facts import Fact, Found
from handbook.model.profile import Profile
from handbook.model.readiness import Evidence, Level
from handbook.model.source import Source, Spot

_SHOWN = 5
_SERVES = re.compile(
    r"(?:^|_)(?:serv(?:e|er|ing|ice)|predict\w*|infer\w*|scor(?:e|er|ing)|api|app|main)(?:_|\.)"
)


class VersioningScheme(Rule):
    """Models have versions by a scheme that is written down; none is called latest.

    ## What it does
    Looks at how the model to load or to serve is named, and for a heading in the docs under which
    the versions of models are explained.

    ## Why
    "Latest" is another model tomorrow, without a review, and cannot be gone back from. A number
    that only the trainer's author can read helps nobody at night.

    ## How to fix
    Write the scheme on the model card, under "Versions". Name a number, a digest, or a label that
    somebody sets: `models:/fraud@champion`, `revision="…"`, `model_version_policy { specific … }`.

    ## Equivalents
    Versions and aliases of MLflow and W&B, revisions of Hugging Face repos, numbered folders of
    TensorFlow Serving and Triton, dated addresses for KServe, tags of BentoML.
    """

    code = "ML03"
    version = 2
    level: ClassVar[Level] = "silver"
    statements = (32,)
    page = "data/models/#versioning-scheme"

    def check(self, data: Fact[Data], profile: Found[Profile]) -> Verdict:
        """Fail on "latest", pass with a scheme or a pinned version, warn otherwise."""
        found = data_of(data)
        trains = not not_training(found, profile)
        if is_library(found, profile) and not trains and not found.serving:
            return Verdict("na", "It is a library: it serves no model.")
        if not trains and not found.models:
            return Verdict("na", "It neither trains a model nor names one to load.")
        floating, opened = _floating(found.models), _of(found.models, "open")
        if floating:
            names = ", ".join(dict.fromkeys(item.name for item in floating[:3]))
            fix = "Name a version, or a label that somebody sets."
            message = f"The version that is loaded of {names} is whichever is the latest."
            return Verdict("fail", message, _places(floating), fix=fix)
        if opened:
            names = ", ".join(dict.fromkeys(item.name for item in opened[:3]))
            fix = "Name a revision: `revision=…`, or a folder with its version in the address."
            return Verdict("warn", f"No version is named of {names}.", _places(opened), fix=fix)
        pinned = _of(found.models, "pinned")
        scheme = tuple(at(spot) for spot in found.scheme[:_SHOWN])
        if scheme:
            return Verdict(
                "pass", "How models are versioned is written down.", (*scheme, *_places(pinned))
            )
        if pinned:
            return Verdict("pass", "Models are named with their versions.", _places(pinned))
        searched = ("headings about versions in model cards, README.md, docs/",)
        fix = 'Write on the model card, under "Versions", how they are numbered and promoted.'
        trained = tuple(at(spot) for spot in found.trains[:_SHOWN])
        return Verdict("warn", "Nothing says how models are versioned.", trained, searched, fix)


def _floating(models: tuple[ModelUse, ...]) -> tuple[ModelUse, ...]:
    """Those that float everywhere: what is pinned for production may float for development.

    The same settings for another place have the same name; code is the same everywhere.
    """
    pinned = {_setting(item) for item in _of(models, "pinned") if not _in_code(item)}
    return tuple(item for item in _of(models, "floating") if _setting(item) not in pinned)


def _setting(item: ModelUse) -> tuple[str, str]:
    return item.name, posixpath.basename(item.spot.path)


def _in_code(item: ModelUse) -> bool:
    return item.spot.path.endswith(".py")


def _of(models: tuple[ModelUse, ...], state: str) -> tuple[ModelUse, ...]:
    return tuple(item for item in models if item.state == state)


def _places(models: tuple[ModelUse, ...]) -> tuple[Evidence, ...]:
    return tuple(at(item.spot) for item in models[:_SHOWN])


class Drift(Rule):
    """Drift is watched on a schedule, and leads to a new model.

    ## What it does
    Where a model is served: looks for something that compares live data with those of training,
    for a clock that starts it, and for what trains anew. It fails where the model is deployed.

    ## Why
    A drifting model answers as fast as ever, with status 200. No alert on latency will tell.

    ## How to fix
    Keep the distribution of each feature at training time. Compare live data with it in a CronJob,
    export the result as a metric, and let the limit ask for a retraining.

    ## Equivalents
    Evidently, NannyML, whylogs, Alibi Detect, Deepchecks, SageMaker Model Monitor, or a comparison
    of your own, in code or in SQL. CronJobs, CI on a schedule, Airflow, Prefect, Dagster.
    """

    code = "ML06"
    version = 2
    level: ClassVar[Level] = "gold"
    statements = (44,)
    page = "data/drift/#retrain"

    def check(
        self,
        data: Fact[Data],
        source: Fact[Source],
        deploy: Fact[Deploy],
        profile: Found[Profile],
    ) -> Verdict:
        """Pass with all three; fail where a model of one's own is deployed and nothing looks."""
        found = data_of(data)
        served = served_at(found, source)
        if not served or is_library(found, profile):
            return Verdict("na", "No model is served from here, as far as its files show.")
        own = not not_training(found, profile)
        if not own and not found.drift.watches:
            return Verdict("na", "The model that it serves is trained elsewhere.")
        parts = {
            "a comparison with live data": found.drift.watches,
            "a schedule for it": found.drift.schedules,
            "a retraining": found.drift.retrains,
        }
        lacking = [name for name, spots in parts.items() if not spots]
        seen = tuple(at(spot) for spots in parts.values() for spot in spots[:3])
        if not lacking:
            names = ", ".join(found.drift.named)
            return Verdict("pass", f"Live data is watched on a schedule ({names}).", seen)
        searched = ("imports of drift libraries", "functions and SQL about drift", "CronJobs, CI")
        fix = f"Add {' and '.join(lacking)}."
        if found.drift.watches:
            message = f"Drift is looked at, without {' and without '.join(lacking)}."
            return Verdict("warn", message, seen, searched, fix)
        places = tuple(at(spot) for spot in served[:_SHOWN])
        message = "A model is served, and nothing looks at live data."
        deployed = isinstance(deploy, Found) and deploy.value.deployed
        live = deployed or found.serving or profile.value.declared
        return Verdict("fail" if live else "warn", message, places, searched, fix)


def served_at(data: Data, source: Fact[Source]) -> tuple[Spot, ...]:
    """Return where a model is served: by a platform, or inside a program with routes."""
    if data.serving:
        return tuple(item.spot for item in data.serving)
    if not isinstance(source, Found) or not source.value.routes:
        return ()
    if called := asked_in_handlers(source.value):
        return tuple(call.spot for call in called)
    answering = {route.spot.path for route in source.value.routes}
    inside = tuple(spot for spot in data.predicts if spot.path in answering)
    return inside or tuple(
        spot for spot in data.predicts if _SERVES.search(posixpath.basename(spot.path))
    )


class Skew(Rule):
    """Training and serving compute features with the same code.

    ## What it does
    Where a model is trained and served from one repo: looks for a module about features that both
    sides import, a feature store, preprocessing inside the model, or a test that compares.

    ## Why
    Two implementations of one feature agree on the day they are written. Afterwards the model gets
    other numbers than it learned from, and nothing fails.

    ## How to fix
    Put what computes features into one module, or one SQL statement, and let training and serving
    both use it.

    ## Equivalents
    A shared package, an sklearn `Pipeline` saved whole, preprocessing layers of Keras, TensorFlow
    Transform, Feast, Tecton, Hopsworks, a test of parity.
    """

    code = "ML07"
    version = 2
    level: ClassVar[Level] = "gold"
    page = "data/code-to-data/#skew"

    def check(
        self,
        data: Fact[Data],
        source: Fact[Source],
        profile: Found[Profile],
    ) -> Verdict:
        """Pass with any guard, warn without."""
        found = data_of(data)
        if other := not_training(found, profile):
            return Verdict("na", other)
        served = served_at(found, source)
        if not served:
            return Verdict("na", "No model is served from here, as far as its files show.")
        if found.guards:
            how = ", ".join(dict.fromkeys(f"{item.how}: {item.name}" for item in found.guards[:3]))
            places = tuple(at(spot) for item in found.guards[:_SHOWN] for spot in item.spots)
            return Verdict("pass", f"{how[:1].upper()}{how[1:]}.", places)
        places = tuple(at(spot) for spot in (*found.trains[:2], *served[:2]))
        searched = ("modules that training and serving both import", "feature stores", "tests")
        fix = "Move what computes features into one module that both sides import."
        message = "Nothing shows that training and serving compute the same features."
        return Verdict("warn", message, places, searched, fix)
