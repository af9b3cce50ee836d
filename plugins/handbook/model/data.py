"""The data, experiments and models of a service, as far as its files show them.

Lines count from 1. What could not be read is said by the fact's problems, not here.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from handbook.model.source import Spot


class Remote(Struct, frozen=True):
    """Where versioned data is kept, besides on the machine that made it.

    ``kind``: "bucket" (object storage), "server" (https, ssh, a hub), "folder" (of one machine).
    """

    name: str
    url: str
    kind: Literal["bucket", "server", "folder"]
    default: bool
    spot: Spot


class DataFile(Struct, frozen=True):
    """A file or folder of data whose version is in Git, while its content is elsewhere.

    ``system``: "DVC", "Git LFS". ``size`` in bytes, -1 if not said; ``version`` is the digest
    of its content, ``files`` how many there are in a folder; ``source`` where it was taken from.
    """

    path: str
    system: str
    spot: Spot
    size: int = -1
    version: str = ""
    files: int = 0
    source: str = ""


class RawFile(Struct, frozen=True):
    """A file of data whose content is in Git itself; ``size`` in bytes."""

    path: str
    size: int


class Reference(Struct, frozen=True):
    """A place where code or settings take data from a system that versions it.

    ``pinned``: the version is said. ``public``: a dataset that libraries bring for examples.
    """

    system: str
    spot: Spot
    pinned: bool = False
    public: bool = False


class Stage(Struct, frozen=True):
    """A step of a pipeline. Paths are from the repo's root where they are files of the repo."""

    name: str
    spot: Spot
    command: str = ""
    about: str = ""
    needs: tuple[str, ...] = ()
    makes: tuple[str, ...] = ()
    parameters: tuple[str, ...] = ()
    metrics: tuple[str, ...] = ()
    plots: tuple[str, ...] = ()


class Pipeline(Struct, frozen=True):
    """The steps that one file declares; ``system``: "DVC", "MLflow project", "Kedro"…"""

    path: str
    system: str
    stages: tuple[Stage, ...]


class Setting(Struct, frozen=True):
    """One value of a configuration: its dotted name, as written."""

    name: str
    value: str
    line: int


class ConfigFile(Struct, frozen=True):
    """A file of an experiment's configuration.

    ``group`` is the choice it belongs to and ``option`` its name there; the top file has no
    group. ``defaults`` are what it takes first, as written: "data: default".
    """

    path: str
    group: str = ""
    option: str = ""
    defaults: tuple[str, ...] = ()
    settings: tuple[Setting, ...] = ()


class Framework(Struct, frozen=True):
    """What configures experiments, the line that shows it, and its files."""

    name: str
    spot: Spot
    files: tuple[ConfigFile, ...] = ()


class Tracked(Struct, frozen=True):
    """A line by which a run is written down, a model registered, or one taken from there."""

    system: str
    does: Literal["track", "register", "load"]
    call: str
    spot: Spot


class ModelUse(Struct, frozen=True):
    """A line that names the model to load or to serve.

    ``state``: "pinned" (a number, digest, or label that somebody set), "floating" (it says
    "latest" or the like), "open" (a model of others, no version said).
    """

    name: str
    version: str
    state: Literal["pinned", "floating", "open"]
    spot: Spot


Topic = Literal["intended use", "data", "metrics", "limits", "versions"]
MODEL_TOPICS: tuple[Topic, ...] = ("intended use", "data", "metrics", "limits")


class Card(Struct, frozen=True):
    """A model card or data card: its headings, and which topics they cover."""

    kind: Literal["model", "data"]
    path: str
    title: str
    parts: tuple[tuple[str, int], ...] = ()
    topics: tuple[Topic, ...] = ()


class Serving(Struct, frozen=True):
    """A platform that serves models, where the repo says so, and the models it names."""

    platform: str
    spot: Spot
    models: tuple[str, ...] = ()


class Drift(Struct, frozen=True):
    """What watches live data, when it runs, and what trains anew.

    ``watches``: a library or the repo's own comparison; ``named`` says which.
    """

    watches: tuple[Spot, ...] = ()
    named: tuple[str, ...] = ()
    schedules: tuple[Spot, ...] = ()
    retrains: tuple[Spot, ...] = ()


class Guard(Struct, frozen=True):
    """What keeps features in training and in serving the same.

    ``how``: "shared code", "feature store", "in the model", "test".
    """

    how: str
    name: str
    spots: tuple[Spot, ...]


_RUNNERS = frozenset({"ZenML", "Metaflow", "Kedro", "Hydra", "Sacred"})
"""What a library does not bring along for those who use it."""


class Data(Struct, frozen=True):
    """All of it. ``trains`` are lines that fit a model, ``predicts`` lines that ask one.

    ``scheme`` are headings under which it is written how models are versioned. ``pipelines`` are
    in the order of paths. ``raw`` are large files of data in Git itself, ``small`` those that do
    not matter there. ``packaged``: it is built into a package that can be installed.
    """

    remotes: tuple[Remote, ...] = ()
    files: tuple[DataFile, ...] = ()
    raw: tuple[RawFile, ...] = ()
    small: tuple[RawFile, ...] = ()
    references: tuple[Reference, ...] = ()
    pipelines: tuple[Pipeline, ...] = ()
    frameworks: tuple[Framework, ...] = ()
    seeds: tuple[Spot, ...] = ()
    tracked: tuple[Tracked, ...] = ()
    models: tuple[ModelUse, ...] = ()
    scheme: tuple[Spot, ...] = ()
    cards: tuple[Card, ...] = ()
    serving: tuple[Serving, ...] = ()
    drift: Drift = Drift()
    guards: tuple[Guard, ...] = ()
    packaged: bool = False
    trains: tuple[Spot, ...] = ()
    predicts: tuple[Spot, ...] = ()

    def that(self, does: Literal["track", "register", "load"]) -> tuple[Tracked, ...]:
        """Return the lines that do this with runs and models."""
        return tuple(item for item in self.tracked if item.does == does)

    @property
    def trainings(self) -> tuple[Stage, ...]:
        """The steps of pipelines that train, by their names."""
        stages = (stage for pipeline in self.pipelines for stage in pipeline.stages)
        return tuple(stage for stage in stages if "train" in stage.name.lower())

    @property
    def experiments(self) -> bool:
        """Whether something is set up to be trained here, not only by those who import it."""
        return bool(self.pipelines) or any(
            item.files or item.name in _RUNNERS for item in self.frameworks
        )

    @property
    def shown(self) -> bool:
        """Whether there is anything that a page could show."""
        return bool(
            self.files
            or self.pipelines
            or self.frameworks
            or self.tracked
            or self.models
            or self.cards
            or self.serving
            or self.references
            or self.remotes
        )
