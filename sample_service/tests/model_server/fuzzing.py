"""Requests that nobody would write by hand: by rule, by damage, and at random."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import strategies as st

MODELS = ["half_plus_two", "half", "several", "text", "types", "shapes", "fails", "vocabulary"]
SIGNATURES = [
    *("", "serving_default", "uneven", "length", "lookup", "positive"),
    *("bool", "int8", "uint8", "int16", "int32", "uint32", "int64", "uint64", "double"),
    *("regress_x_to_y", "regress_x2_to_y2", "classify_x_to_y", "classify_labels"),
]
INPUTS = ["x", "a", "b", "words", "image_bytes", "word", "b64"]
VERBS = ["predict", "classify", "regress"]
numbers = st.one_of(
    st.integers(-5, 5),
    st.integers(-(2**70), 2**70),
    st.floats(width=32),
    st.floats(),
)
scalars = st.one_of(numbers, st.text(max_size=8), st.booleans(), st.none())
encoded = st.builds(
    lambda text: {"b64": text}, st.one_of(st.text(max_size=8), st.sampled_from(["AA==", "ZnJhdWQ"]))
)
values = st.recursive(
    st.one_of(scalars, encoded),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.sampled_from(INPUTS), inner, max_size=3)
    ),
    max_leaves=12,
)
lists = st.one_of(
    st.lists(numbers, max_size=5),
    st.lists(st.lists(numbers, min_size=2, max_size=2), max_size=4),
    st.lists(st.text(max_size=5), max_size=4),
    values,
)
named = st.dictionaries(st.sampled_from(INPUTS), lists, max_size=3)


@st.composite
def bodies(draw: st.DrawFn) -> str:
    """Make a body that is JSON, with the keys that the API knows and almost any values."""
    body: dict[str, Any] = {}
    if draw(st.booleans()):
        body["signature_name"] = draw(st.one_of(st.sampled_from(SIGNATURES), scalars))
    form = draw(st.sampled_from(["instances", "inputs", "examples", "context", "any"]))
    if form == "context":
        body["context"] = draw(st.one_of(named, values))
        form = "examples"
    if form == "any":
        body |= draw(st.dictionaries(st.text(max_size=10), values, max_size=3))
    elif form == "inputs":
        body[form] = draw(st.one_of(named, lists))
    else:
        body[form] = draw(st.one_of(st.lists(named, max_size=4), lists))
    return json.dumps(body)


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """Make a body that was JSON once: cut, with bytes changed, doubled or put in."""
    body = bytearray(draw(bodies()).encode())
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(body)))
        damage = draw(st.sampled_from(["cut", "change", "insert", "double"]))
        if damage == "cut":
            del body[at:]
        elif damage == "change":
            body[at : at + 1] = bytes([draw(st.integers(0, 255))])
        elif damage == "insert":
            token = [
                b"{",
                b"[",
                b'"',
                b"NaN",
                b"-Infinity",
                b"\\u",
                b"\xff",
                b"\x00",
                b"1e999",
                b",",
            ]
            body[at:at] = draw(st.sampled_from(token))
        else:
            body[at:at] = body[max(0, at - 20) : at]
    return bytes(body)


any_body = st.one_of(bodies(), bodies(), damaged(), st.binary(max_size=200))
SEGMENTS = [
    *("v1", "models", "versions", "labels", "metadata", "stable", "1", "-1", "", ".", "..", "%2e"),
    *(
        "half",
        "half:predict",
        "half:classify",
        ":predict",
        "%00",
        "%ff",
        "%",
        "99999999999999999999",
    ),
    *("half?x=1", "half;x", "V1", "Models", "%2F", "%3A", "a" * 300),
]
segments = st.one_of(
    st.sampled_from(SEGMENTS),
    st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=8),
)
paths = st.one_of(
    st.lists(segments, max_size=7).map(lambda parts: "/" + "/".join(parts)),
    st.lists(segments, max_size=4).map(lambda parts: "/v1/models/" + "/".join(parts)),
)
methods = st.sampled_from(["GET", "POST", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"])
predict_paths = st.builds(
    lambda model, where, verb: f"/v1/models/{model}{where}:{verb}",
    st.sampled_from([*MODELS, "nope"]),
    st.sampled_from(["", "", "", "/versions/1", "/versions/9", "/labels/stable", "/labels/x"]),
    st.sampled_from(["predict", "predict", *VERBS]),
)


HUGE = [2**16, 2**40, 2**62, -(2**63)]


@st.composite
def tensors(draw: st.DrawFn, huge: bool) -> Any:
    """Make a TensorProto that may contradict itself in type, shape and content.

    Args:
        draw: Hypothesis' source of values.
        huge: also shapes that no machine has the memory for, whatever few values are sent.
    """
    from tensorflow.core.framework.tensor_pb2 import TensorProto

    tensor = TensorProto(
        dtype=draw(st.one_of(st.sampled_from([1, 2, 3, 7, 9, 10]), st.integers(0, 30)))
    )
    sizes = st.one_of(st.integers(-1, 4), st.sampled_from(HUGE if huge else [-1, 7]))
    for size in draw(st.lists(sizes, max_size=3)):
        tensor.tensor_shape.dim.add().size = size
    tensor.tensor_shape.unknown_rank = draw(st.sampled_from([False, False, False, True]))
    tensor.float_val.extend(draw(st.lists(st.floats(width=32), max_size=4)))
    tensor.int_val.extend(draw(st.lists(st.integers(-(2**31), 2**31 - 1), max_size=3)))
    tensor.int64_val.extend(draw(st.lists(st.integers(-(2**63), 2**63 - 1), max_size=3)))
    tensor.string_val.extend(draw(st.lists(st.binary(max_size=9), max_size=3)))
    tensor.bool_val.extend(draw(st.lists(st.booleans(), max_size=2)))
    if draw(st.sampled_from([False, False, True])):
        tensor.tensor_content = draw(st.binary(max_size=32))
    return tensor


@st.composite
def model_specs(draw: st.DrawFn) -> dict[str, Any]:
    """Make a ModelSpec's fields; mostly of models that are there."""
    spec: dict[str, Any] = {"name": draw(st.sampled_from([*MODELS, *MODELS, "", "nope"]))}
    if draw(st.booleans()):
        spec["signature_name"] = draw(st.one_of(st.sampled_from(SIGNATURES), st.text(max_size=5)))
    match draw(st.sampled_from(["none", "none", "version", "label"])):
        case "version":
            spec["version"] = draw(st.one_of(st.integers(0, 3), st.just(-(2**63))))
        case "label":
            spec["version_label"] = draw(st.sampled_from(["stable", "canary", "", "nope"]))
    return spec


@st.composite
def calls(draw: st.DrawFn, huge: bool) -> tuple[str, Any]:
    """Make a gRPC call: a method's name and a message of the right type."""
    from google.protobuf.json_format import ParseDict
    from tests.model_server.rpc import METHODS

    names = [name for name in METHODS if name != "HandleReloadConfigRequest"]
    name = draw(st.sampled_from(["Predict", "Predict", *names]))
    message = METHODS[name][1]()
    if name == "MultiInference":
        for _ in range(draw(st.integers(0, 3))):
            method = draw(
                st.sampled_from(["tensorflow/serving/regress", "tensorflow/serving/classify", ""])
            )
            task = message.tasks.add(method_name=method)
            ParseDict(draw(model_specs()), task.model_spec)
    elif draw(st.sampled_from([True, True, True, False])):
        ParseDict(draw(model_specs()), message.model_spec)
    if name == "Predict":
        for key in draw(st.lists(st.sampled_from(INPUTS), max_size=3, unique=True)):
            message.inputs[key].CopyFrom(draw(tensors(huge)))
        message.output_filter.extend(
            draw(st.lists(st.sampled_from(["y", "total", "z"]), max_size=2))
        )
    elif hasattr(message, "input"):
        add_examples(draw, message.input)
    elif name == "GetModelMetadata":
        fields = st.lists(st.sampled_from(["signature_def", "x", ""]), max_size=2)
        message.metadata_field.extend(draw(fields))
    return name, message


def add_examples(draw: st.DrawFn, given: Any) -> None:
    """Fill an Input with some examples, alone or with a context."""
    kinds = st.sampled_from(["example_list", "example_list", "example_list_with_context"])
    listed = getattr(given, draw(kinds))
    for _ in range(draw(st.integers(0, 3))):
        features = listed.examples.add().features
        for key in draw(st.lists(st.sampled_from(["x", "x2", "z"]), max_size=2)):
            floats, integers = st.floats(width=32), st.integers(-5, 5)
            if draw(st.booleans()):
                features.feature[key].float_list.value.extend(draw(st.lists(floats, max_size=2)))
            else:
                features.feature[key].int64_list.value.extend(draw(st.lists(integers, max_size=2)))
