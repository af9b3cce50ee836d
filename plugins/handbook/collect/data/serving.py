"""Platforms that serve models: by images and kinds of workloads, by code, by their own files."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from handbook.collect.data.reader import Reader, spot_in
from handbook.model.data import ModelUse, Serving
from handbook.model.deploy import Container, Deploy
from handbook.model.entries import entries_of
from handbook.model.source import Source

_MOST = 100
_IMAGES = {
    "TensorFlow Serving": r"tensorflow[/-]serving|tf-serving",
    "Triton": r"tritonserver|triton-inference-server",
    "TorchServe": r"(?:^|/)torchserve",
    "vLLM": r"vllm",
    "Text Generation Inference": r"text-generation-inference",
    "Text Embeddings Inference": r"text-embeddings-inference",
    "MLServer": r"mlserver",
    "Ray Serve": r"(?:^|/)ray-(?:serve|ml)",
    "ONNX Runtime Server": r"onnxruntime[/-]server",
    "OpenVINO Model Server": r"openvino/model_server",
    "Ollama": r"(?:^|/)ollama(?:/ollama)?(?::|@|$)",
    "llama.cpp": r"llama[.-]cpp",
    "NVIDIA NIM": r"nvcr\.io/nim/",
    "BentoML": r"(?:^|/)bentoml",
}
_IMAGE = {name: re.compile(pattern) for name, pattern in _IMAGES.items()}
_KINDS = {
    "InferenceService": "KServe",
    "ServingRuntime": "KServe",
    "ClusterServingRuntime": "KServe",
    "LLMInferenceService": "KServe",
    "SeldonDeployment": "Seldon",
    "RayService": "Ray Serve",
}
_MODULES = {
    "BentoML": ("bentoml",),
    "KServe": ("kserve", "kfserving"),
    "Ray Serve": ("ray.serve",),
    "LitServe": ("litserve",),
    "MLServer": ("mlserver",),
    "Cog": ("cog",),
    "TorchServe": ("ts.torch_handler",),
    "Seldon": ("seldon_core",),
    "Triton": ("triton_python_backend_utils", "pytriton"),
    "vLLM": ("vllm",),
}
_FILES = {
    "config.pbtxt": "Triton",
    "models.config": "TensorFlow Serving",
    "bentofile.yaml": "BentoML",
    "cog.yaml": "Cog",
    "model-settings.json": "MLServer",
}
_NAME = re.compile(r"^[ \t]{0,20}name[ \t]?:[ \t]?[\"']([^\"'\n]{1,100})[\"']", re.MULTILINE)
_POLICY = re.compile(r"\b(latest|specific|all)\s*:?\s*\{([^{}]{0,200})\}")
_NUMBERS = re.compile(r"\d{1,19}")
_VERSION = re.compile(r"(?:^|[/@:_-])v?\d[\w.-]*(?:/|$)|@|sha256|(?:^|/)[0-9a-f]{7,}(?:/|$)")


def serving_of(reader: Reader, source: Source, deploy: Deploy) -> tuple[Serving, ...]:
    """Find each platform once for each place that shows it."""
    found = [*_deployed(deploy), *_imported(source), *_by_files(reader)]
    found += [Serving(name, spot) for name, spot in entries_of(source)]
    return tuple(dict.fromkeys(found))[:_MOST]


def _deployed(deploy: Deploy) -> Iterator[Serving]:
    for workload in deploy.objects():
        if kind := _KINDS.get(workload.kind):
            yield Serving(kind, workload.spot, (workload.name,))
            continue
        for container in workload.containers:
            for name, pattern in _IMAGE.items():
                if pattern.search(container.image):
                    model = _argument(container, "--model-id", "--model", "--model_name")
                    models = (model,) if model else ()
                    yield Serving(name, container.image_spot or container.spot, models)


def _imported(source: Source) -> Iterator[Serving]:
    for name, modules in _MODULES.items():
        if used := next(source.imported(*modules), None):
            yield Serving(name, used.spot)


def _by_files(reader: Reader) -> Iterator[Serving]:
    for name, platform in _FILES.items():
        for path in reader.named(name):
            text = reader.text(path)
            if platform == "TensorFlow Serving" and "model_config_list" not in text:
                continue
            yield Serving(platform, spot_in(text, path, 1), tuple(_NAME.findall(text)[:20]))


def served_versions(reader: Reader, deploy: Deploy) -> tuple[ModelUse, ...]:
    """Find which versions are served: by policies of servers, addresses of models, arguments."""
    found = [*_policies(reader)]
    for workload in deploy.objects():
        for container in workload.containers:
            found += _of_container(container)
    return tuple(dict.fromkeys(found))[:_MOST]


def _policies(reader: Reader) -> Iterator[ModelUse]:
    for path in reader.named("models.config", "config.pbtxt"):
        text = reader.text(path)
        for policy in islice(_POLICY.finditer(text), _MOST):
            before = _NAME.findall(text, 0, policy.start())
            name = before[-1] if before else path
            line = text.count("\n", 0, policy.start()) + 1
            numbers = ", ".join(_NUMBERS.findall(policy[2]))
            pinned = policy[1] == "specific" and bool(numbers)
            state = "pinned" if pinned else "floating"
            version = numbers if pinned else policy[1]
            yield ModelUse(name, version, state, spot_in(text, path, line))  # type: ignore[arg-type]


def _of_container(container: Container) -> Iterator[ModelUse]:
    if container.source and "{{" not in container.source:
        if "latest" in container.source.lower():
            yield ModelUse(container.source, "latest", "floating", container.spot)
        elif _VERSION.search(container.source):
            yield ModelUse(container.source, "in its address", "pinned", container.spot)
        else:
            yield ModelUse(container.source, "", "open", container.spot)
    model = _argument(container, "--model-id", "--model") or dict(container.env).get("MODEL_ID", "")
    served = any(pattern.search(container.image) for pattern in _IMAGE.values())
    if model and served and not model.startswith(("/", "$")):
        revision = _argument(container, "--revision") or dict(container.env).get("REVISION", "")
        state = "open" if not revision else "floating" if revision == "main" else "pinned"
        yield ModelUse(model, revision, state, container.spot)  # type: ignore[arg-type]


def _argument(container: Container, *names: str) -> str:
    words = [word for part in container.command for word in part.split()]
    for at, word in enumerate(words):
        name, sep, value = word.partition("=")
        if name in names:
            return value if sep else next(iter(words[at + 1 : at + 2]), "")
    return ""
