"""TEAM: who builds what."""

from __future__ import annotations

from typing import ClassVar

from handbook.check.rule import Rule, Verdict
from handbook.check.rules.shared import at, attested
from handbook.model.declared import Declared
from handbook.model.dependencies import Dependencies
from handbook.model.facts import Absent, Fact, Found
from handbook.model.profile import Profile
from handbook.model.readiness import Evidence, Level
from handbook.model.source import Source, Spot
from handbook.model.territory import Territory

_TRAINS = (
    "catboost",
    "keras",
    "lightgbm",
    "lightning",
    "mlflow",
    "pytorch_lightning",
    "sklearn",
    "tensorflow.keras",
    "torch.nn",
    "torch.optim",
    "xgboost",
)
_USES = ("torch.nn.functional", "sklearn.metrics", "mlflow.pyfunc")  # serving does that, too
_TRAINING_CALLS = ("tensorflow.keras.", "torch.nn.Module", "torch.optim.", "keras.", "?.backward")
_QUEUES = (
    "aio_pika",
    "aiokafka",
    "arq",
    "celery",
    "confluent_kafka",
    "dramatiq",
    "faststream",
    "huey",
    "kafka",
    "kombu",
    "nats",
    "pika",
    "procrastinate",
    "rq",
    "taskiq",
)
_SERVERS = ("grpc.aio", "gunicorn", "hypercorn", "uvicorn", "waitress")
_LIBRARIES = frozenset(
    {
        "catboost",
        "jax",
        "keras",
        "lightgbm",
        "scikit-learn",
        "tensorflow",
        "tensorflow-cpu",
        "torch",
        "transformers",
        "xgboost",
    }
)


class BelowTheServer(Rule):
    """ML engineers own the model, and no server or queue.

    ## What it does
    Compares who owns the files that define or train a model with who owns the files with routes,
    servers and queues, line by line of CODEOWNERS.

    ## Why
    Queues and web servers are a trade of their own. Written on the side they are slower, and break
    in ways that only show under load. And a model is not trained better by who is woken at night.

    ## How to fix
    Give the folders of training code to the ML team and those of the API, the queue and the
    workers to the backend team, each by a line in CODEOWNERS. What both touch, split.

    ## Equivalents
    CODEOWNERS of any forge, of the repo or of the service's folder; OWNERS files by folder. In a
    team of two, one person may hold both roles: ask for an exemption that says so. This does not
    contradict "start by writing the API": the team starts with the API, and the backend engineer
    in it writes that.
    """

    code = "TEAM01"
    level: ClassVar[Level] = "gold"
    statements = (36,)
    page = "plan/who-builds-what/#border"

    def check(self, source: Fact[Source], territory: Fact[Territory]) -> Verdict:
        """Pass when no owner has both kinds of file, warn where one has."""
        if not isinstance(source, Found):
            return Verdict("na", "It has no Python source of its own.")
        models, servers = _model_files(source.value), _server_files(source.value)
        if not models or not servers:
            lacking = "trains a model" if not models else "has routes, a server or a queue"
            return Verdict("na", f"No file of its own {lacking}.")
        if not isinstance(territory, Found):
            searched = territory.searched if isinstance(territory, Absent) else ()
            message = "Nobody owns files by path, so nothing tells who writes what."
            return Verdict("na", message, searched=searched)
        fix = "Give training code and server code to different teams in CODEOWNERS."
        claims = [territory.value.claim(path) for path in (*models, *servers)]
        if all(claim is None or claim.whole for claim in claims):
            message = "All files have the same owners, so nothing tells who writes what."
            return Verdict("na", message, searched=(territory.origin.path,))
        both = [path for path in models if path in servers]
        if both:
            places = tuple(at(spot) for path in both for spot in (models[path], servers[path]))
            message = f"{len(both)} files both train a model and serve."
            return Verdict("warn", message, places, fix=fix)
        below, above = _owned(models, territory.value), _owned(servers, territory.value)
        shared = frozenset(below) & frozenset(above)
        if shared:
            names = ", ".join(sorted(shared)[:4])
            places = tuple(
                place for name in sorted(shared) for place in (*below[name], *above[name])
            )
            message = f"{names} owns files that train and files that serve."
            return Verdict("warn", message, places, fix=fix)
        if not below or not above:
            message = "Nobody owns those files by path."
            return Verdict("na", message, searched=(territory.origin.path,))
        message = f"{_names(below)} owns what trains, {_names(above)} what serves."
        places = tuple(place for owned in (*below.values(), *above.values()) for place in owned)
        return Verdict("pass", message, places)


class BackendEarly(Rule):
    """A backend engineer is on the team early.

    ## What it does
    Asks for an attestation: files cannot show who sat at the table. Applies to services that
    have a model.

    ## Why
    An API designed after the model is done has the shape of the notebook it came from. Whoever
    will run queue and web server has to be asked before the first interface is fixed.

    ## How to fix
    Say it below `attest` in `.handbook.yml`, with a link to where it shows (the kick-off's notes,
    the first review of the API), who says so, and the day until which it holds.

    ## Equivalents
    Any link that colleagues can open. In a team of two, one person may hold both roles: attest
    that, and who looks at the parts above the model.

    ## Example
    ```yaml
    attest:
      - rule: TEAM02
        statement: A backend engineer wrote the first version of the API.
        link: https://wiki.example/kick-off
        who: team-risk
        until: 2027-06-30
    ```
    """

    code = "TEAM02"
    level: ClassVar[Level] = "gold"
    statements = (37,)
    page = "plan/who-builds-what/#early"
    never = ("pass",)

    def check(
        self,
        declared: Fact[Declared],
        profile: Fact[Profile],
        source: Fact[Source],
        dependencies: Fact[Dependencies],
        today: str,
    ) -> Verdict:
        """Manual while it is attested; a warning where nobody has said so yet."""
        if said := attested("TEAM02", declared, today):
            return said
        if isinstance(profile, Found) and not profile.value.runs:
            return Verdict("na", f"It is a {profile.value.kind}: {profile.value.because}.")
        model = _a_model(source, dependencies)
        if model is None:
            return Verdict("na", "It has no model, as far as its files show.")
        searched = (".handbook.yml: attest",)
        fix = "Attest it in `.handbook.yml` with statement, link, who and until."
        return Verdict("warn", "Nobody attests it yet.", (model,), searched, fix)


def _model_files(source: Source) -> dict[str, Spot]:
    found: dict[str, Spot] = {}
    for item in source.imported(*_TRAINS):
        if item.name.startswith(_USES):
            continue
        found.setdefault(item.spot.path, item.spot)
    for call in source.called(*_TRAINING_CALLS):
        found.setdefault(call.spot.path, call.spot)
    return found


def _server_files(source: Source) -> dict[str, Spot]:
    found: dict[str, Spot] = {}
    for route in source.routes:
        found.setdefault(route.spot.path, route.spot)
    for item in source.imported(*_QUEUES, *_SERVERS):
        found.setdefault(item.spot.path, item.spot)
    return found


def _owned(files: dict[str, Spot], territory: Territory) -> dict[str, list[Evidence]]:
    """For each owner the first of its files, and the line that gives it."""
    found: dict[str, list[Evidence]] = {}
    for path, spot in files.items():
        claim = territory.claim(path)
        for name in sorted(claim.owners) if claim else ():
            if name not in found and claim:
                found[name] = [at(spot), at(claim.spot)]
    return found


def _names(owned: dict[str, list[Evidence]]) -> str:
    return ", ".join(sorted(owned)[:3])


def _a_model(source: Fact[Source], dependencies: Fact[Dependencies]) -> Evidence | None:
    if isinstance(dependencies, Found):
        for item in dependencies.value.items:
            if item.name in _LIBRARIES and item.group == "run":
                return at(item.spot)
    files = _model_files(source.value) if isinstance(source, Found) else {}
    return next((at(spot) for spot in files.values()), None)
