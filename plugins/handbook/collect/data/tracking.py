"""Where training runs are written down, where models are registered, which one is loaded."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator

from msgspec import Struct

from handbook.collect.data.reader import Reader
from handbook.model.data import ConfigFile, Framework, ModelUse, Pipeline, Tracked
from handbook.model.source import Call, Source, Spot

_MOST = 300


class _System(Struct, frozen=True):
    """A tracker: its modules, and last names of the calls that track, register, load."""

    name: str
    modules: tuple[str, ...]
    track: str
    register: str = "(?!)"
    load: str = "(?!)"


_SYSTEMS = (
    _System(
        "MLflow",
        ("mlflow",),
        r"(?:log_\w+|autolog|start_run|create_run|set_experiment|create_experiment)",
        r"(?:register_model|create_model_version|create_registered_model|set_registered_model_alias"
        r"|transition_model_version_stage)",
        r"load_model",
    ),
    _System(
        "Weights & Biases",
        ("wandb",),
        r"(?:init|log|watch|WandbCallback|WandbMetricsLogger|WandbLogger)",
        r"(?:link_artifact|link_model|log_model|register_model|WandbModelCheckpoint)",
        r"(?:use_artifact|use_model)",
    ),
    _System(
        "ClearML",
        ("clearml", "trains"),
        r"(?:init|create|report_\w+)",
        r"OutputModel",
        r"InputModel",
    ),
    _System(
        "Neptune",
        ("neptune", "neptune_scale"),
        r"(?:init|init_run|create_experiment|log_metrics?|Run)",
        r"(?:init_model|init_model_version|create_model_version)",
    ),
    _System(
        "Comet",
        ("comet_ml",),
        r"(?:Experiment|ExistingExperiment|OfflineExperiment|start|init|log_\w+)",
        r"(?:log_model|register_model)",
    ),
    _System("Aim", ("aim",), r"(?:Run|track)"),
    _System("DVCLive", ("dvclive",), r"(?:Live|DVCLive\w+|log_\w+)"),
    _System(
        "TensorBoard",
        ("tensorboardX", "torch.utils.tensorboard", "tensorboard"),
        r"(?:SummaryWriter|add_scalar)",
    ),
    _System("Sacred", ("sacred.observers",), r"\w+Observer"),
    _System("ZenML", ("zenml",), r"(?:log_\w+|get_step_context)", r"(?:Model|set_stage)"),
    _System(
        "Vertex AI",
        ("google.cloud.aiplatform",),
        r"(?:start_run|log_metrics|log_params)",
        r"(?:upload|upload_\w+)",
    ),
    _System(
        "SageMaker",
        ("sagemaker",),
        r"(?:Run|log_\w+|load_run)",
        r"(?:ModelPackage\w*|RegisterModel|register|ModelStep)",
    ),
    _System(
        "Azure ML",
        ("azureml", "azure.ai.ml"),
        r"(?:log|log_\w+|get_context)",
        r"(?:Model|register|register_model)",
    ),
    _System(
        "Hugging Face Hub",
        (
            "transformers",
            "huggingface_hub",
            "diffusers",
            "sentence_transformers",
            "setfit",
            "datasets",
        ),
        r"(?!)",
        r"(?:push_to_hub|push_to_hub_keras|upload_folder|upload_large_folder)",
    ),
    _System("BentoML", ("bentoml",), r"(?!)", r"save_model"),
    _System("Hopsworks", ("hopsworks", "hsml"), r"(?!)", r"create_model"),
)
_LOGGERS = {
    "MLflow": r"(?:MLFlowLogger|MLflowLogger\w*|setup_mlflow|MLflowCallback)",
    "Weights & Biases": r"(?:WandbLogger\w*|setup_wandb|WandbCallback)",
    "Comet": r"(?:CometLogger|CometMLLogger|CometCallback)",
    "Neptune": r"(?:NeptuneLogger|NeptuneCallback)",
    "TensorBoard": r"(?:TensorBoardLogger|TensorBoard)",
    "DVCLive": r"(?:DVCLiveLogger|DVCLiveCallback)",
    "Aim": r"AimLogger",
    "ClearML": r"ClearMLLogger",
}
_LOGGER = {name: re.compile(rf"(?:^|[.:]){pattern}$") for name, pattern in _LOGGERS.items()}
_DATASET = re.compile(r"(?:dataset|tokenizer|\bds)\w{0,20}\.push_to_hub\(", re.IGNORECASE)
_ANY_LOGGER = re.compile(r"(?i)(?:logger\w*|callback|setup_mlflow|setup_wandb|tensorboard)$")


def tracked_of(
    source: Source,
    frameworks: tuple[Framework, ...],
    pipelines: tuple[Pipeline, ...],
) -> tuple[Tracked, ...]:
    """Find the lines that track, register and load, in code and in what configures it."""
    users = _users(source)
    calls: dict[str, list[Call]] = defaultdict(list)
    for call in source.calls:
        calls[call.spot.path].append(call)
    found = [
        item
        for system in _SYSTEMS
        for path in sorted(users.get(system.name, ()))
        for call in calls[path]
        for item in _of(system, call)
    ]
    found += _loggers(source, frameworks)
    for pipeline in pipelines:
        if pipeline.system == "DVC":
            found += [
                Tracked("DVC", "track", "metrics", s.spot) for s in pipeline.stages if s.metrics
            ]
    return tuple(dict.fromkeys(found))[:_MOST]


def _users(source: Source) -> dict[str, set[str]]:
    """Map each system to the files that import it."""
    return {
        system.name: {item.spot.path for item in source.imported(*system.modules)}
        for system in _SYSTEMS
    }


def _of(system: _System, call: Call) -> Iterator[Tracked]:
    root, _, last = call.name.rpartition(".")
    its_own = any(root == name or root.startswith(f"{name}.") for name in system.modules)
    if not its_own and root != "?":
        return
    if last == "push_to_hub" and _DATASET.search(call.spot.text):
        return
    if re.fullmatch(system.register, last) or "registered_model_name" in call.keywords:
        yield Tracked(system.name, "register", last, call.spot)
    elif re.fullmatch(system.load, last):
        yield Tracked(system.name, "load", last, call.spot)
    elif re.fullmatch(system.track, last) and (its_own or len(last) > 5):
        yield Tracked(system.name, "track", last, call.spot)


_REPORTED = {"wandb": "Weights & Biases", "mlflow": "MLflow", "tensorboard": "TensorBoard"}
_BY_ITSELF = {
    "zenml.pipeline": "ZenML",
    "zenml.step": "ZenML",
    "metaflow.FlowSpec": "Metaflow",
}
"""Imports of what writes down each run without being asked to."""


def _loggers(source: Source, frameworks: tuple[Framework, ...]) -> Iterator[Tracked]:
    for used in source.imports:
        if system := _BY_ITSELF.get(used.name):
            yield Tracked(system, "track", used.name.rpartition(".")[2], used.spot)
    for call in source.calls:
        if _ANY_LOGGER.search(call.name):
            for name, pattern in _LOGGER.items():
                if pattern.search(call.name):
                    yield Tracked(name, "track", call.name.rpartition(".")[2], call.spot)
        if "report_to" in call.keywords:
            yield from (
                Tracked(_REPORTED[word], "track", "report_to", call.spot)
                for word in call.texts
                if word in _REPORTED
            )
    for framework in frameworks:
        for file in framework.files:
            yield from _configured(file)
            if framework.name == "ZenML":
                yield from _of_zenml(file)


def _of_zenml(file: ConfigFile) -> Iterator[Tracked]:
    """Give the model that a pipeline's versions belong to."""
    for item in file.settings:
        if item.name == "model.name":
            spot = Spot(file.path, item.line, f"model.name: {item.value}")
            yield Tracked("ZenML", "register", "model", spot)


def _configured(file: ConfigFile) -> Iterator[Tracked]:
    """Give the loggers that a configuration names by their classes."""
    for item in file.settings:
        if not item.name.endswith(("_target_", "class_path")):
            continue
        for name, pattern in _LOGGER.items():
            if pattern.search(item.value):
                spot = Spot(file.path, item.line, f"{item.name}: {item.value}")
                yield Tracked(name, "track", item.value.rpartition(".")[2], spot)


_URI = re.compile(r"^(models|runs):/+([^/@]+)(?:[/@](.+))?$")
_MODEL = re.compile(r"^[A-Za-z0-9][\w.-]*/[\w.-]+$")
_HUB = re.compile(
    r"(?:^transformers\.pipeline|\.from_pretrained|^huggingface_hub\.(?:snapshot_download|hf_hub_download)"
    r"|^sentence_transformers\.(?:SentenceTransformer|CrossEncoder))$"
)
_HUB_MODULES = frozenset(
    {"transformers", "diffusers", "sentence_transformers", "huggingface_hub", "peft"}
)


def models_of(source: Source, reader: Reader) -> tuple[ModelUse, ...]:
    """Find the lines of code that name a model to load, and how exactly they name it."""
    hub = {i.spot.path for i in source.imports if i.name.partition(".")[0] in _HUB_MODULES}
    found: list[ModelUse] = []
    for call in source.calls:
        found += _by_uri(call)
        if _HUB.search(call.name) and call.spot.path in hub:
            found += _of_hub(call, reader)
    return tuple(dict.fromkeys(found))[:_MOST]


def _by_uri(call: Call) -> Iterator[ModelUse]:
    last = call.name.rpartition(".")[2]
    for text in call.texts:
        if uri := _URI.match(text):
            version = uri[3] or ""
            floating = uri[1] == "models" and version.lower() in ("latest", "")
            state = "floating" if floating else "pinned"
            yield ModelUse(uri[2], version, state, call.spot)  # type: ignore[arg-type]
        elif last in ("use_artifact", "use_model", "load_artifact") and ":" in text:
            name, _, version = text.rpartition(":")
            state = "floating" if version == "latest" else "pinned"
            yield ModelUse(name, version, state, call.spot)  # type: ignore[arg-type]
        elif call.name.startswith("bentoml.") and text.endswith(":latest"):
            yield ModelUse(text.rpartition(":")[0], "latest", "floating", call.spot)


def _of_hub(call: Call, reader: Reader) -> Iterator[ModelUse]:
    name = next((text for text in call.texts if _MODEL.match(text)), "")
    if "repo_type" in call.keywords and {"dataset", "space"} & {*call.texts}:
        return
    if not name or reader.tree.is_dir(name) or reader.tree.exists(name):
        return
    if "revision" not in call.keywords:
        yield ModelUse(name, "", "open", call.spot)
        return
    named = next((text for text in call.texts if text.lower() in ("main", "master")), "")
    yield ModelUse(name, named, "floating" if named else "pinned", call.spot)
