"""ML04: where models are when they are served."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import ClassVar

from msgspec import Struct

from handbook.check.rule import Rule, Verdict
from handbook.check.rules.shared import at
from handbook.check.rules.shipping import deploy_of
from handbook.model.deploy import Container, Deploy, Volume, Workload
from handbook.model.facts import Fact
from handbook.model.readiness import Evidence, Level
from handbook.model.source import Spot

_SHOWN = 8
_MODEL = re.compile(r"model|weights|checkpoint|mlflow|artifact", re.IGNORECASE)
_MODEL_PATH = re.compile(r"(?:^|[/_\s-])models?(?:$|[/_\s.-])|weights|checkpoints", re.IGNORECASE)
_MODEL_FILE = re.compile(
    r"\.(?:pkl|joblib|onnx|pt|pth|h5|keras|safetensors|gguf|pmml|ckpt|cbm|ubj|tflite)\b"
)
_SERVER = re.compile(
    r"tensorflow/serving|tritonserver|torchserve|mlserver|vllm|text-generation-inference"
    r"|text-embeddings-inference|ray-ml|bentoml|lightllm|llama[.-]?cpp|ollama|kserve|openvino/model_server",
    re.IGNORECASE,
)
_KINDS = ("InferenceService", "SeldonDeployment", "ServingRuntime", "ClusterServingRuntime")
_SHARED_DRIVER = re.compile(
    r"efs|filestore|file\.csi\.azure|gcsfuse|s3\.csi|mountpoint|ceph|nfs|juicefs|lustre|fsx", re.I
)
_CLUSTER = ("kubernetes", "kustomize", "helm")


class Holding(Struct, frozen=True):
    """Where a workload has a model from, in words; ``good``: many can mount it at once."""

    good: bool
    what: str
    spot: Spot


class MountedModels(Rule):
    """Models are mounted where they are served.

    ## What it does
    Looks where what serves a model has it from: volumes, the address of a KServe or Seldon model,
    layers of the image.

    ## Why
    A folder that all replicas mount is there at once: a new replica starts in seconds, and a new
    version appears for all of them together.

    ## How to fix
    Put the models on NFS, or on another volume that many may mount, and mount it read-only.

    ## Equivalents
    `nfs`, claims that are `ReadWriteMany` or `ReadOnlyMany`, drivers of EFS, Filestore, Azure Files
    or a bucket, `pvc://` and `oci://` addresses, volumes from images; a model baked into the image.
    """

    code = "ML04"
    level: ClassVar[Level] = "gold"
    statements = (33,)
    page = "run/model-files/#mount"
    never = ("fail",)

    def check(self, deploy: Fact[Deploy]) -> Verdict:
        """Pass when mounted from a place that many share, or baked in; warn otherwise."""
        found = deploy_of(deploy)
        serving = [item for item in found.objects() if item.long_running]
        cluster = [item for item in serving if item.source in _CLUSTER]
        holdings = [one for item in cluster or serving for one in _holdings(item)]
        bad = [one for one in holdings if not one.good]
        fix = "Put the models on a volume that many pods may mount, read-only."
        if bad:
            places = tuple(at(one.spot) for one in bad[:_SHOWN])
            return Verdict("warn", f"{bad[0].what}.", places, fix=fix)
        if holdings:
            places = tuple(at(one.spot) for one in holdings[:_SHOWN])
            return Verdict("pass", f"{holdings[0].what}.", places)
        if baked := tuple(_baked(found)):
            return Verdict("pass", "The model is part of the image.", baked[:_SHOWN])
        servers = [item for item in serving if _serves(item) and item.source != "helm"]
        if servers:
            places = tuple(at(item.spot) for item in servers[:_SHOWN])
            return Verdict("warn", "What serves a model mounts none.", places, fix=fix)
        return Verdict("na", "Nothing that is deployed here is seen to serve a model.")


def _serves(workload: Workload) -> bool:
    return workload.kind in _KINDS or any(_SERVER.search(one.image) for one in workload.containers)


def _holdings(workload: Workload) -> Iterator[Holding]:
    """Give where a workload has models from."""
    for container in workload.containers:
        if container.source:
            shared = container.source.startswith(("pvc://", "oci://"))
            what = "is mounted from" if shared else "is downloaded from"
            scheme = container.source.partition("://")[0]
            yield Holding(shared, f"The model {what} {scheme}://", container.spot)
    mounts = {m.volume: m.path for c in workload.containers for m in c.mounts}
    for volume in workload.volumes:
        named = _MODEL_PATH.search(f"{volume.name} {mounts.get(volume.name, '')}")
        if named and (held := _held(workload, volume)):
            yield held


def _held(workload: Workload, volume: Volume) -> Holding | None:
    if volume.kind in ("configMap", "secret", "projected", "downwardAPI"):
        return None
    if volume.shared or volume.kind in ("image", "bind", "named"):
        how = volume.backing or (volume.modes[0] if volume.modes else volume.kind)
        return Holding(True, f"Models are mounted ({how})", volume.spot)
    if volume.kind == "csi":
        shared = _SHARED_DRIVER.search(volume.source) is not None
        return Holding(shared, f"Models are on a volume of {volume.source}", volume.spot)
    if volume.kind == "pvc":
        if not volume.modes:  # the claim is made elsewhere: it is mounted, and that is all one sees
            return Holding(True, f"Models are mounted from the claim {volume.source}", volume.spot)
        what = f"The claim {volume.source} is {volume.modes[0]}: one node at a time"
        return Holding(False, what, volume.spot)
    if volume.kind == "emptyDir":
        if not _serves(workload) and not any(_fetches(one) for one in workload.containers):
            return None
        return Holding(False, "Models are in a folder that is empty at each start", volume.spot)
    if volume.kind == "hostPath":
        return Holding(False, "Models are in a folder of one node", volume.spot)
    return None


def _fetches(container: Container) -> bool:
    return (
        container.init and _MODEL.search(" ".join((container.name, *container.command))) is not None
    )


def _baked(found: Deploy) -> Iterator[Evidence]:
    for build in found.builds:
        for spot in build.copies:
            words = [word for word in spot.text.split()[1:] if not word.startswith("--")]
            for word in words[:-1]:
                if _MODEL_FILE.search(word) or re.fullmatch(r"(?:\./)?(?:\w+/)?models?/?", word):
                    yield at(spot)
                    break
