"""Lines that fit a model, and lines that ask one, in files that use machine learning."""

from __future__ import annotations

import re
from collections.abc import Iterator

from handbook.model.source import Call, Source, Spot

_LIBRARIES = frozenset(
    {
        "sklearn",
        "tensorflow",
        "keras",
        "torch",
        "xgboost",
        "lightgbm",
        "catboost",
        "jax",
        "flax",
        "transformers",
        "pytorch_lightning",
        "lightning",
        "fastai",
        "spacy",
        "statsmodels",
        "sentence_transformers",
        "setfit",
        "ultralytics",
        "prophet",
        "gensim",
        "autogluon",
        "paddle",
        "mxnet",
        "optax",
        "peft",
        "trl",
        "pycaret",
        "darts",
        "sktime",
        "implicit",
        "surprise",
        "tensorflow_probability",
        "timm",
        "tf_keras",
        "onnxruntime",
        "tflite_runtime",
        "unsloth",
    }
)
_FITS = re.compile(
    r"^(?:\?\.(?:fit|partial_fit|backward|apply_gradients|train_on_batch|fit_generator|fit_one_cycle"
    r"|fine_tune|finetune)|(?:xgboost|lightgbm)\.(?:train|cv)|catboost\.train"
    r"|(?:transformers|trl|setfit|sentence_transformers)\.\w*Trainer"
    r"|(?:lightning(?:\.pytorch)?|pytorch_lightning)\.Trainer"
    r"|ray\.train(?:\.\w+)*\.\w*Trainer|tensorflow\.GradientTape|\?\.fit_transform_model)$"
)
_SENT = re.compile(
    r"^(?:sagemaker\.(?:[\w.]{1,60}\.)?(?:Estimator|PyTorch|TensorFlow|SKLearn|XGBoost|HuggingFace|TrainingStep)"
    r"|azureml\.core\.(?:[\w.]{1,60}\.)?ScriptRunConfig"
    r"|google\.cloud\.aiplatform\.(?:\w{0,30}TrainingJob|CustomJob))$"
)
"""Calls by which a platform trains."""
_ASKS = re.compile(
    r"^(?:\?\.(?:predict|predict_proba|predict_on_batch|transcribe|generate|infer)"
    r"|transformers\.pipeline|mlflow\.pyfunc\.load_model|onnxruntime\.InferenceSession"
    r"|joblib\.load|tensorflow\.(?:keras\.models\.load_model|saved_model\.load))$"
)
_TRAINER = re.compile(
    r"(?:^|\.)(?:train|train_model|train_step|training_step|train_(?:one_)?epoch|training_loop)$"
)
_MEANT = re.compile(
    r"train|learn|tun(?:e|ing)\b|(?:^|[_/. ])fit(?:[_./ ]|$)|experiment|modell?ing"
    r"|backward|gradient"
)
_ITS_TRAINER = re.compile(r"trainer\.train\(", re.IGNORECASE)
_TRACKERS = frozenset({"mlflow", "wandb", "clearml", "neptune", "comet_ml", "dvclive", "aim"})
_TRANSFORMER = re.compile(
    r"(?:scaler|encoder|vectori[sz]er|imputer|transformer|tokenizer|binarizer|pca|umap|tsne|curve"
    r"|bpe|tfidf|preprocess|bag_of_words)\w{0,30}(?:\([^()]{0,80}\))?\.fit\(",
    re.IGNORECASE,
)
_MOST = 200


def learners(source: Source) -> frozenset[str]:
    """Return the files that import a library of machine learning, also by way of another module."""
    return frozenset(
        item.spot.path
        for item in source.imports
        if item.name.partition(".")[0] in _LIBRARIES
        or item.name.rpartition(".")[2] in ("tf", "keras", "torch")
    )


def trains_of(source: Source) -> tuple[Spot, ...]:
    """Return the lines that fit a model to keep; none if models are only fitted on the way.

    A classifier that a metric fits and forgets is no training. One counts if the file, the
    function or the call says so, or if the file writes down runs.
    """
    files = learners(source)
    calls = [call for call in source.calls if call.spot.path in files and _fits(call)]
    loops = [
        item.spot
        for item in source.functions
        if item.spot.path in files and _TRAINER.search(item.name)
    ]
    tracked = {i.spot.path for i in source.imports if i.name.partition(".")[0] in _TRACKERS}
    kept = any(call.spot.path in tracked or _MEANT.search(_said(call)) for call in calls)
    sent = {call.spot for call in source.calls if _SENT.match(call.name)}
    if not loops and not kept:
        loops, calls = [], []
    spots = {*loops, *sent, *(call.spot for call in calls)}
    return tuple(sorted(spots, key=lambda spot: (spot.path, spot.line)))[:_MOST]


def _said(call: Call) -> str:
    """The words that tell what a call is for; ``?.fit`` itself tells nothing."""
    name = "" if call.name == "?.fit" else call.name
    return f"{call.spot.path} {call.function} {name}".lower()


def _fits(call: Call) -> bool:
    if call.name == "?.train":  # of a network, it only sets a mode
        return _ITS_TRAINER.search(call.spot.text) is not None
    return bool(_FITS.match(call.name)) and not _TRANSFORMER.search(call.spot.text)


def predicts_of(source: Source) -> tuple[Spot, ...]:
    """Return the lines that ask a model or load one to be asked."""
    files = learners(source)
    return tuple(_asks(source, files))[:_MOST]


def _asks(source: Source, files: frozenset[str]) -> Iterator[Spot]:
    for call in source.calls:
        if call.spot.path in files and _ASKS.match(call.name):
            yield call.spot
