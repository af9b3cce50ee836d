"""Predict: from named inputs to a run of the graph and back to named outputs.

Follows servables/tensorflow/predict_util.cc and cc/saved_model/util.cc.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from .calls import Call, Model, Signature
from .dtypes import Array
from .errors import Code, StatusError, failed_precondition, invalid

DEFAULT_SIGNATURE = "serving_default"
PREDICT = "tensorflow/serving/predict"
CLASSIFY = "tensorflow/serving/classify"
REGRESS = "tensorflow/serving/regress"


class Predict:
    """One predict request: the `call` to run, and the named `outputs` of its values."""

    def __init__(
        self,
        signature: Signature,
        inputs: Mapping[str, Array],
        output_filter: Sequence[str] = (),
        timeout_ms: int = 0,
    ) -> None:
        """Check the inputs against the signature.

        Raises:
            StatusError: INVALID_ARGUMENT, missing or unknown inputs or outputs.
        """
        if inputs.keys() != signature.feeds.keys():
            _check_names(signature, inputs)
        if output_filter:
            _check_filter(signature, output_filter)
        everything = {**signature.defaults, **inputs} if signature.defaults else inputs
        self._outputs = {a: signature.fetches[a] for a in output_filter or signature.fetches}
        self.call = Call(
            tuple(signature.feeds.values()),
            tuple(dict.fromkeys(self._outputs.values())),
            tuple(everything[alias] for alias in signature.feeds),
            timeout_ms,
        )

    def outputs(self, values: Sequence[Array]) -> dict[str, Array]:
        """The fetched values by output name; two names may share one tensor."""
        by_tensor = dict(zip(self.call.fetches, values, strict=True))
        return {alias: by_tensor[tensor] for alias, tensor in self._outputs.items()}


def predict_signature(model: Model, name: str, check_method: bool = False) -> Signature:
    """The signature a predict request names, or the default one.

    Raises:
        StatusError: FAILED_PRECONDITION unknown name, INTERNAL wrong method (when checked).
    """
    name = name or DEFAULT_SIGNATURE
    signature = model.signatures.get(name)
    if signature is None:
        raise failed_precondition(f'Serving signature key "{name}" not found.')
    if check_method and signature.method_name not in {PREDICT, CLASSIFY, REGRESS}:
        raise StatusError(
            Code.INTERNAL,
            f"Expected prediction signature method_name to be one of "
            f"{{{PREDICT}, {CLASSIFY}, {REGRESS}}}. Was: {signature.method_name}",
        )
    return signature


def _check_names(signature: Signature, inputs: Mapping[str, Array]) -> None:
    sent, wanted = set(inputs), set(signature.feeds)
    if len(sent) > len(wanted) or (len(sent) < len(wanted) and not signature.defaults):
        raise invalid(
            f"input size does not match signature: {len(sent)}!={len(wanted)} "
            f"len({{{_names(sent)}}}) != len({{{_names(wanted)}}}). "
            f"Sent extra: {{{_names(sent - wanted)}}}. "
            f"Missing but required: {{{_names(wanted - sent)}}}."
        )
    for alias in sorted(wanted - sent - signature.defaults.keys()):
        raise invalid(
            f"Signature input alias: {alias}(feed name: {signature.feeds[alias]}) not found in "
            f"request and no default value provided. Inputs expected to be in the request "
            f"{{{_names(sent)}}}, or default input alias set: {_names(signature.defaults)}"
        )
    if sent - wanted:
        raise invalid(
            f"Inputs contains invalid name. Used request inputs: {_names(sent & wanted)}, "
            f"request input: {_names(sent)}"
        )


def _check_filter(signature: Signature, output_filter: Sequence[str]) -> None:
    for index, alias in enumerate(output_filter):
        if alias not in signature.fetches:
            raise invalid(
                f"output tensor alias not found in signature: {alias} Outputs expected to be in "
                f"the set {{{_names(signature.fetches)}}}."
            )
        if alias in output_filter[:index]:
            raise invalid(f"duplicate output tensor alias: {alias}")


def _names(names: Iterable[str]) -> str:
    return ",".join(sorted(names))
