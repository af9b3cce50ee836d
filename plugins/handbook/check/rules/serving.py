"""ML01, PERF01: where a model computes, and what Python does for each request."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import ClassVar

from handbook.check.rule import Rule, Verdict
from handbook.check.rules.shared import at
from handbook.model.deploy import Deploy
from handbook.model.entries import entries_of
from handbook.model.facts import Fact, Found
from handbook.model.package import PackageInfo
from handbook.model.profile import Profile
from handbook.model.readiness import Evidence, Level
from handbook.model.source import Call, Source

_SERVER_IMAGE = re.compile(
    r"tensorflow/serving|tensorflow-serving|tritonserver|kserve|seldon|bentoml|torchserve|vllm"
    r"|text-generation-inference|text-embeddings-inference|rayproject/ray|mlserver|model_server"
    r"|ollama|sglang|infinity|model-server"
)
_SERVER_KINDS = frozenset(
    {"InferenceService", "ServingRuntime", "ClusterServingRuntime", "SeldonDeployment"}
    | {"RayService", "LLMInferenceService"}
)
_SERVER_CODE = (
    "kserve", "bentoml", "ray.serve", "mlserver", "litserve", "seldon_core", "ts.torch_handler",
    "cog", "triton_python_backend_utils", "vllm",
    "tritonclient", "tensorflow_serving",
)  # fmt: skip
_SERVER_PATH = re.compile(r"/v[12]/models\b|:predict$|/invocations$|/v2/models/|/infer$")
_TRAINS = re.compile(r"(?:^|[/_-])train(?:ing|er)?(?:[/_.-]|$)")
_DECLARES = re.compile(r"(?:Router|Blueprint|FastAPI|Flask|Namespace|include_router|add_\w{1,40})$")
"""Calls that say which addresses the service has itself."""
_LOADS = frozenset(
    {"joblib.load", "torch.load", "torch.jit.load", "tensorflow.saved_model.load", "spacy.load"}
    | {"transformers.pipeline", "sentence_transformers.SentenceTransformer", "xgboost.Booster"}
    | {"onnxruntime.InferenceSession", "lightgbm.Booster", "ultralytics.YOLO", "llama_cpp.Llama"}
    | {"sklearn.externals.joblib.load", "cloudpickle.load", "dill.load", "skops.io.load"}
)
_LOAD_ENDS = (".load_model", ".from_pretrained", ".load_from_checkpoint")
_LIBRARIES = frozenset(
    {"mlflow", "tensorflow", "keras", "whisper", "fasttext", "transformers", "diffusers", "peft"}
    | {"optimum", "timm", "flair", "sentence_transformers", "setfit", "catboost", "paddle"}
    | {"faster_whisper", "pytorch_lightning", "lightning", "gliner", "h2o", "pycaret"}
)
_PREDICTS = frozenset(
    {"predict", "predict_proba", "predict_on_batch", "predict_log_proba", "decision_function"}
    | {"infer", "transcribe"}
)
_MODELS = frozenset({"model", "pipe", "classifier", "predictor", "net"})
_ROWS = frozenset({"iterrows", "itertuples", "iter_rows", "map_rows"})
_COMPILED = ("numba", "polars", "cython", "pyarrow", "duckdb", "jax")


class ModelServer(Rule):
    """Models answer requests from a model server.

    ## What it does
    Looks for a model server among images, custom resources and the clients that the code imports;
    and for web handlers that call a model which the same process has loaded.

    ## Why
    A web handler that calls the model blocks its process. A model server queues, batches and runs
    requests in parallel in compiled code, and loads a new version while the old one serves.

    ## How to fix
    Export the model and run a model server beside the API; the handler becomes a client of it.

    ## Equivalents
    TensorFlow Serving, Triton, KServe, Seldon, BentoML, Ray Serve, TorchServe, MLServer, LitServe,
    vLLM, text-embeddings-inference, Ollama, endpoints of SageMaker and Azure ML. Batch jobs load
    the model themselves.
    """

    code = "ML01"
    version = 2
    level: ClassVar[Level] = "silver"
    statements = (30,)
    page = "run/serving/#start"

    def check(self, source: Fact[Source], deploy: Fact[Deploy], profile: Found[Profile]) -> Verdict:
        """Pass with a model server, fail when a handler calls a model of its own process."""
        code = source.value if isinstance(source, Found) else Source()
        loads = [call for call in code.calls if _loads(call)]
        if not profile.value.runs:
            return Verdict("na", f"It does not run: {profile.value.because}.")
        if servers := tuple(dict.fromkeys(_servers(code, deploy))):
            return Verdict("pass", "A model server answers.", servers[:10])
        if not loads:
            message = "It loads no model, as far as its Python shows."
            return Verdict("na", message, (), ("images", "Python source"))
        if profile.value.style == "batch":
            return Verdict("na", "It works in batches.", tuple(at(call.spot) for call in loads[:3]))
        paths = code.request_path
        if not paths.handlers:
            message = "Models are loaded, and no handler of requests is there: a batch."
            return Verdict("na", message, tuple(at(call.spot) for call in loads[:3]))
        called = asked_in_handlers(code)
        if not called:
            message = "No handler of requests calls a model, as far as names tell."
            return Verdict("na", message, tuple(at(call.spot) for call in loads[:3]))
        # The load that belongs to it is most likely in the same file.
        near = [call for call in loads if call.spot.path == called[0].spot.path] or loads
        places = dict.fromkeys(at(call.spot) for call in (*called[:5], *near[:3]))
        fix = "Run a model server beside the API, and let the handler ask it."
        message = "A handler of requests calls a model that its own process has loaded."
        return Verdict("fail", message, tuple(places), fix=fix)


class HotPath(Rule):
    """Heavy work on the request path is not done row by row in Python.

    ## What it does
    Follows the calls from each handler of requests, as far as names tell, and looks for loops over
    the rows of a table: `iterrows`, `itertuples`, `apply(axis=1)`.

    ## Why
    The model server runs compiled code. A Python loop over rows before or after it soon costs more
    than the model, and takes the processor that serves other requests.

    ## How to fix
    Vectorise it (NumPy, Polars, SQL). If that is not enough, move that function to Rust, Go or
    C++, and keep the Python version as the reference that a test compares it with.

    ## Equivalents
    Numba, Cython, C, Rust or Go extensions; Polars, Arrow, DuckDB; work done in the database.
    """

    code = "PERF01"
    level: ClassVar[Level] = "gold"
    statements = (35,)
    page = "build/leaving-python/#port"

    def check(
        self, source: Fact[Source], package: Fact[PackageInfo], profile: Found[Profile]
    ) -> Verdict:
        """Warn for loops over rows that a handler reaches."""
        if not profile.value.runs or not isinstance(source, Found):
            return Verdict("na", "No handler of requests is found in its Python.")
        paths = source.value.request_path
        if not paths.handlers:
            return Verdict("na", "No handler of requests is found in its Python.")
        rows = [call for call in paths.calls() if _by_row(call)]
        if rows:
            places = tuple(at(call.spot) for call in rows)
            fix = "Vectorise it, or move that function to a compiled language."
            return Verdict("warn", "Requests are worked on row by row in Python.", places, fix=fix)
        compiled = tuple(_compiled(source.value, package))
        helped = " Compiled code helps." if compiled else ""
        searched = (f"{len(paths.reached)} functions that handlers reach",)
        message = f"No handler loops over rows of a table.{helped}"
        return Verdict("pass", message, compiled[:5], searched)


def asked_in_handlers(source: Source) -> list[Call]:
    """Return the calls by which handlers of requests ask a model, or load one to be asked."""
    loads = frozenset(call.spot.path for call in source.calls if _loads(call))
    if not loads:
        return []
    calls = source.request_path.calls()
    return [call for call in calls if _predicts(call, loads) or _loads(call)]


def _servers(source: Source, deploy: Fact[Deploy]) -> Iterator[Evidence]:
    for workload in deploy.value.workloads if isinstance(deploy, Found) else ():
        if workload.kind in _SERVER_KINDS:
            yield at(workload.spot)
        for container in workload.containers:
            if _SERVER_IMAGE.search(container.image):
                yield at(container.image_spot or container.spot)
    for item in source.imported(*_SERVER_CODE):
        if not _TRAINS.search(item.spot.path):
            yield at(item.spot)
    for _, spot in entries_of(source):
        yield at(spot)
    own = {(route.spot.path, route.spot.line) for route in source.routes}
    for call in source.calls:
        declares = (call.spot.path, call.spot.line) in own or _DECLARES.search(call.name)
        if not declares and any(_SERVER_PATH.search(text) for text in call.texts):
            yield at(call.spot)


def _loads(call: Call) -> bool:
    if call.name == "pickle.load":
        return "model" in call.spot.text.lower()
    if call.name in _LOADS:
        return True
    if not call.name.endswith(_LOAD_ENDS) or call.name.partition(".")[0] not in _LIBRARIES:
        return False
    return "okenizer" not in call.name and "Processor" not in call.name


def _predicts(call: Call, files: frozenset[str]) -> bool:
    """Tell whether a model is asked; ``files`` are those that load one."""
    owner, _, last = call.name.rpartition(".")
    if call.name in _MODELS:
        return call.spot.path in files
    return last in _PREDICTS and owner == "?"


def _by_row(call: Call) -> bool:
    owner, _, last = call.name.rpartition(".")
    return owner == "?" and (last in _ROWS or (last == "apply" and "axis=1" in call.spot.text))


def _compiled(source: Source, package: Fact[PackageInfo]) -> Iterator[Evidence]:
    for item in source.imported(*_COMPILED):
        yield at(item.spot)
    for one in package.value.packages if isinstance(package, Found) else ():
        if one.origin.path.endswith(("Cargo.toml", "go.mod")):
            yield Evidence(one.origin.path, one.origin.line)
