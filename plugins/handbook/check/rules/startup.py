"""ML05: what is downloaded when a container starts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import ClassVar

from handbook.check.rule import Rule, Verdict
from handbook.check.rules.shared import at
from handbook.check.rules.shipping import deploy_of
from handbook.model.data import Data
from handbook.model.deploy import Deploy, Download
from handbook.model.facts import Fact, Found
from handbook.model.profile import Profile
from handbook.model.readiness import Level
from handbook.model.source import Call, Source

_GIGABYTE = 1_000_000_000
_SHOWN = 8
_FETCHES = (
    "huggingface_hub.snapshot_download",
    "huggingface_hub.hf_hub_download",
    "gdown.download",
    "gdown.download_folder",
    "urllib.request.urlretrieve",
    "torch.hub.load",
    "torch.hub.load_state_dict_from_url",
    "torch.hub.download_url_to_file",
    "nltk.download",
    "spacy.cli.download",
    "tensorflow.keras.utils.get_file",
    "mlflow.artifacts.download_artifacts",
    "kagglehub.model_download",
    "?.download_file",
    "?.download_fileobj",
    "?.download_to_filename",
    "?.download_artifacts",
)
_HUB = re.compile(
    r"\.from_pretrained$|^sentence_transformers\.SentenceTransformer$|^transformers\.pipeline$"
)
_HUB_NAME = re.compile(r"[A-Za-z0-9][\w.-]{0,95}(?:/[\w.-]{1,95})?")
_START = re.compile(
    r"(?:^|\.)(?:lifespan|startup|on_startup|startup_event|app_startup|load|load_model|create_app|initialize)(?:$|\.)"
)
_SERVES = (
    "kserve",
    "fastapi",
    "flask",
    "starlette",
    "litserve",
    "bentoml",
    "mlserver",
    "ray.serve",
)
_ASIDE = re.compile(
    r"(?:^|/)(?:scripts?|tools?|train\w*|notebooks?|bin|ci|hack|utils?/download)[\w-]*(?:/|\.py$)"
)


class NoBigDownload(Rule):
    """Nothing big is downloaded when a container starts.

    ## What it does
    Looks for downloads in init containers, start scripts, platforms that fetch a model, and in
    Python that runs at start. Sizes come from DVC and Git LFS where the repo has them: beyond
    one gigabyte it fails.

    ## Why
    A pod that downloads eight gigabytes is not ready for minutes, just when the cluster wants ten
    more of it. And when the bucket is slow, nothing starts at all.

    ## How to fix
    Mount the model, or bake it into the image.

    ## Equivalents
    Volumes that many may mount, `pvc://` and `oci://` addresses, models in the image. What is known
    to be smaller than one gigabyte may be downloaded.
    """

    code = "ML05"
    level: ClassVar[Level] = "silver"
    statements = (34,)
    page = "run/model-files/#mount"

    def check(
        self,
        deploy: Fact[Deploy],
        source: Fact[Source],
        data: Fact[Data],
        profile: Found[Profile],
    ) -> Verdict:
        """Fail beyond a gigabyte, warn where the size is not known, pass otherwise."""
        found = deploy_of(deploy)
        if profile.value.kind in ("library", "site") and not found.deployed:
            return Verdict("na", f"It is a {profile.value.kind}: no container of it starts.")
        code = source.value if isinstance(source, Found) else Source()
        sizes = _sizes(data)
        fetched = [(item.spot, _what(item), _size(item, sizes)) for item in found.downloads]
        fetched += [(call.spot, call.name, -1) for call in _at_start(code)]
        big = [entry for entry in fetched if entry[2] > _GIGABYTE]
        unknown = [entry for entry in fetched if entry[2] < 0]
        fix = "Mount it, or bake it into the image."
        if big:
            places = tuple(at(spot) for spot, _, _ in big[:_SHOWN])
            message = f"{big[0][2] / _GIGABYTE:.1f} GB are downloaded at each start."
            return Verdict("fail", message, places, fix=fix)
        if unknown:
            places = tuple(at(spot) for spot, _, _ in unknown[:_SHOWN])
            message = f"At each start something is downloaded ({unknown[0][1]}), of unknown size."
            return Verdict("warn", message, places, fix=fix)
        if fetched:
            places = tuple(at(spot) for spot, _, _ in fetched[:_SHOWN])
            total = sum(size for _, _, size in fetched) / 1_000_000
            return Verdict("pass", f"What is downloaded at start has {total:.0f} MB.", places)
        return _nothing(found)


def _nothing(found: Deploy) -> Verdict:
    running = [item for item in found.objects() if item.long_running]
    spots = [item.spot for item in running] or [
        build.command_spot for build in found.builds if build.command_spot
    ]
    if not spots:
        return Verdict("na", "Nothing here says what starts.")
    places = tuple(at(spot) for spot in spots[:_SHOWN])
    return Verdict("pass", "Nothing is downloaded at start.", places)


def _what(item: Download) -> str:
    return item.target if item.when == "platform" else item.how


def _sizes(data: Fact[Data]) -> dict[str, int]:
    """Bytes of all that each system keeps outside Git, -1 if any of it is not known."""
    found: dict[str, int] = {}
    for item in data.value.files if isinstance(data, Found) else ():
        before = found.get(item.system, 0)
        found[item.system] = -1 if before < 0 or item.size < 0 else before + item.size
    return found


def _size(item: Download, sizes: dict[str, int]) -> int:
    """Bytes of a download, -1 if the repo does not tell."""
    if item.how.startswith("dvc") and "://" not in item.target:
        return sizes.get("DVC", -1)
    return sizes.get("Git LFS", -1) if item.how.startswith("git lfs") else -1


def _at_start(source: Source) -> Iterator[Call]:
    """Give the calls that fetch something while a server starts."""
    servers = {item.spot.path for item in source.imported(*_SERVES)}
    for call in source.called(*_FETCHES):
        if _starts(call, servers):
            yield call
    for call in source.calls:
        # A hub's name, not a folder, and not only what is on the disk already.
        if not _HUB.search(call.name) or "local_files_only" in call.keywords:
            continue
        named = [text for text in call.texts if "/" in text and _HUB_NAME.fullmatch(text)]
        if named and _starts(call, servers):
            yield call


def _starts(call: Call, servers: set[str]) -> bool:
    if _ASIDE.search(call.spot.path) or call.spot.path not in servers:
        return False
    return not call.function or _START.search(call.function) is not None
