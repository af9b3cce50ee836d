"""Read what a service's files say of its data, experiments and models. Nothing is run.

Most of it shows in what other collectors have read: code, documents, manifests.
"""

from __future__ import annotations

from collections.abc import Callable

from handbook.collect.data.cards import cards_of, scheme_of
from handbook.collect.data.drift import drift_of
from handbook.collect.data.dvc import files_of, models_of, pipelines_of, remotes_of
from handbook.collect.data.experiments import frameworks_of, projects_of, seeds_of
from handbook.collect.data.files import lfs_files, raw_files, small_files
from handbook.collect.data.guards import guards_of, serving_files
from handbook.collect.data.learning import learners, predicts_of, trains_of
from handbook.collect.data.own import foreign, is_packaged
from handbook.collect.data.reader import Reader
from handbook.collect.data.references import kedro_models, references_of
from handbook.collect.data.serving import served_versions, serving_of
from handbook.collect.data.tracking import models_of as named_models
from handbook.collect.data.tracking import tracked_of
from handbook.model.data import Data, Tracked
from handbook.model.deploy import Deploy
from handbook.model.facts import Absent, Broken, Fact, Found
from handbook.model.keydocs import KeyDocs
from handbook.model.limits import Limits
from handbook.model.service import Service
from handbook.model.source import Source
from handbook.tree import RepoTree

__all__ = ["NEEDS", "SEARCHED", "data_collector"]

NEEDS = frozenset({"source", "keydocs", "deploy"})
"""The facts that this one is made of, besides files of its own."""

SEARCHED = (
    "*.dvc",
    "dvc.yaml",
    "dvc.lock",
    ".dvc/config",
    ".gitattributes",
    "MLproject",
    "conf/",
    "models.config",
    "config.pbtxt",
    "calls in **/*.py",
    "model cards and data cards",
)


def data_collector(
    source: Fact[Source], keydocs: Fact[KeyDocs], deploy: Fact[Deploy]
) -> Callable[[RepoTree, Service, Limits], Fact[Data]]:
    """Return the collector, given what others have read."""

    def collect_data(tree: RepoTree, service: Service, limits: Limits) -> Fact[Data]:
        broken = next(
            (fact for fact in (source, keydocs, deploy) if isinstance(fact, Broken)), None
        )
        if broken:
            return broken
        reader = Reader(tree, service, limits)
        data = _data(
            reader,
            source.value if isinstance(source, Found) else Source(),
            keydocs.value if isinstance(keydocs, Found) else KeyDocs(),
            deploy.value if isinstance(deploy, Found) else Deploy(),
        )
        if data in (Data(), Data(packaged=True)) and not reader.problems:
            return Absent(SEARCHED)
        return Found(data, tree.origin(service.path), tuple(reader.problems))

    return collect_data


def _data(reader: Reader, source: Source, docs: KeyDocs, deploy: Deploy) -> Data:
    whole, source = source, foreign(source)
    pipelines = (*pipelines_of(reader), *projects_of(reader))
    trains, predicts = trains_of(whole), predicts_of(whole)
    frameworks = frameworks_of(reader, source, pipelines, trains)
    serving = serving_of(reader, source, deploy)
    registered = [Tracked("Kedro", "register", "versioned", s) for s in kedro_models(reader)]
    answering = serving_files(source, predicts, serving)
    return Data(
        remotes=remotes_of(reader),
        files=(*files_of(reader), *lfs_files(reader)),
        raw=raw_files(reader),
        small=small_files(reader, trains),
        references=references_of(reader, source, frameworks),
        pipelines=pipelines,
        frameworks=frameworks,
        seeds=seeds_of(source, frameworks, learners(whole)),
        tracked=(*tracked_of(source, frameworks, pipelines), *models_of(reader), *registered),
        models=(*named_models(source, reader), *served_versions(reader, deploy)),
        scheme=scheme_of(reader, docs),
        cards=cards_of(docs),
        serving=serving,
        drift=drift_of(reader, source, deploy),
        guards=guards_of(reader, whole, trains, answering) if trains and answering else (),
        packaged=is_packaged(reader),
        trains=trains,
        predicts=predicts,
    )
