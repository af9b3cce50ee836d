"""The REST API as a bare ASGI application.

Follows model_servers/http_server.cc, http_rest_api_handler.cc and http_rest_api_util.cc of the
real server, and https://www.tensorflow.org/tfx/serving/api_rest.
"""

from __future__ import annotations

import json
import logging
import re
import time
import zlib
from collections.abc import Awaitable, Callable, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import unquote

from google.protobuf import json_format
from tensorflow_serving.apis import get_model_metadata_pb2, model_pb2

from . import answers, examples, json_outputs, json_tensor
from .core import ServerCore
from .errors import HTTP_STATUS, Code, StatusError, invalid
from .flags import Options
from .inference import DEFAULT_SIGNATURE, Predict, predict_signature
from .json_text import parse_object
from .metrics import Metrics
from .servable import AsyncRunner, Servable

log = logging.getLogger(__name__)

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

_VERSION = r"(?:/versions/(?P<version>[0-9]+)|/labels/(?P<label>[^/:]+))?"
_INFERENCE = re.compile(
    rf"/v1/models/(?P<name>[^/:]+){_VERSION}:(?P<method>classify|regress|predict)", re.IGNORECASE
)
_MODEL = re.compile(
    rf"/v1/models(?:/(?P<name>[^/:]+))?{_VERSION}(?:/(?P<method>metadata))?", re.IGNORECASE
)
_METHODS = {"GET", "POST", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH"}
_MAX_INFLATED = 100 * 2**20
_CORS = [
    (b"access-control-allow-origin", b"*"),
    (b"access-control-allow-methods", b"POST, GET"),
    (b"access-control-allow-headers", b"Content-Type"),
]
_JSON = b"application/json"


class RestApi:
    """Answers HTTP requests with what `core` serves."""

    def __init__(
        self, core: ServerCore[Servable], options: Options, metrics: Metrics, metrics_path: str
    ) -> None:
        self._core = core
        self._options = options
        self._metrics = metrics
        self._metrics_path = metrics_path
        self._timeout_ms = max(options.rest_api_timeout_in_ms, 0)
        self._pool = ThreadPoolExecutor(max(options.rest_api_num_threads, 1), "rest")
        self._runner: AsyncRunner | None = None

    def close(self) -> None:
        """End the threads."""
        self._pool.shutdown()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        method: str = scope["method"]
        path = scope["raw_path"].decode("latin-1")
        if self._metrics_path and path == self._metrics_path:
            await _send(send, 200, self._metrics.page().encode(), b"text/plain")
            return
        if scope["query_string"]:
            path += "?" + scope["query_string"].decode("latin-1")
        if method not in _METHODS:
            await _send(send, 501, _page("501 Not Implemented"), b"text/html")
        elif not path.lower().startswith("/v1/"):
            await _send(send, 404, _page("404 Not Found"), b"text/html")
        elif method == "OPTIONS":
            await self._answer_options(scope, send)
        else:
            await self._answer(method, path, await _read(scope, receive), send)

    async def _answer_options(self, scope: Scope, send: Send) -> None:
        origin = next((v for k, v in scope["headers"] if k == b"origin"), b"")
        status = 200 if re.search(rb"https?://", origin) else 400
        await _send(send, status, b"", b"text/html", self._cors())

    async def _answer(self, method: str, path: str, body: bytes, send: Send) -> None:
        started = time.perf_counter()
        match: re.Match[str] | None = None
        if method in {"GET", "POST"}:
            match = (_MODEL if method == "GET" else _INFERENCE).fullmatch(path)
        name = unquote(match["name"] or "") if match else ""
        try:
            handle = self._get if method == "GET" else self._post
            code, content = Code.OK, await handle(name, _known(match, method, path), path, body)
        except StatusError as error:
            code, content = error.code, _error(error.message)
        except Exception:
            log.exception("Cannot answer %s %s", method, path)
            code, content = Code.INTERNAL, _error("Internal error; see the server's log.")
        if code is Code.OK:
            api = (match["method"] or "") if match else ""
            micros = (time.perf_counter() - started) * 1e6
            self._metrics.latency.observe(micros, name, api, "REST")
        self._metrics.requests.add(name, code.name)
        if method == "HEAD":
            content = b""
        await _send(send, HTTP_STATUS[code], content, _JSON, self._cors())

    async def _get(self, name: str, match: re.Match[str], path: str, body: bytes) -> bytes:
        if not name:
            raise invalid("Missing model name in request.")
        spec = _spec(name, match)
        if match["method"] == "metadata":
            return _metadata_json(answers.model_metadata(self._core, spec, [answers.SIGNATURES]))
        return _to_json(answers.model_status(self._core, spec))

    async def _post(self, name: str, match: re.Match[str], path: str, body: bytes) -> bytes:
        spec = _spec(name, match)
        if match["method"] == "predict":
            return await self._predict(spec, body)
        if match["method"] in {"classify", "regress"}:
            return await self._examples(spec, match["method"], body)
        raise invalid(f"Malformed request: POST {path}")  # :PREDICT is not :predict

    async def _predict(self, spec: Any, body: bytes) -> bytes:
        document = parse_object(body)
        name = json_tensor.signature_name(document)
        with self._core.use(spec) as (servable, _):
            signature = servable.signatures.get(name or DEFAULT_SIGNATURE)
            if signature is None:
                raise invalid(
                    f'Serving signature name: "{name or DEFAULT_SIGNATURE}" '
                    "not found in signature def"
                )
            if not signature.types:
                shown = name or "DEFAULT"
                raise invalid(f"Failed to get input map for signature: {shown}")
            inputs, row_form = json_tensor.read_inputs(document, signature.types, body)
            predict_signature(servable, name, self._options.enable_signature_method_name_check)
            predict = Predict(signature, inputs, timeout_ms=self._timeout_ms)
            outputs = predict.outputs(await self._run(servable, spec.name, "Predict", predict.call))
        return json_outputs.write_outputs(outputs, row_form)

    async def _examples(self, spec: Any, method: str, body: bytes) -> bytes:
        request = examples.read_request(body, method)
        task = examples.CLASSIFY if method == "classify" else examples.REGRESS
        with self._core.use(spec) as (servable, _):
            check = self._options.enable_signature_method_name_check
            signature = examples.find(servable, task, request.signature_name, check)
            call = task.call(signature, request.examples, self._timeout_ms)
            self._metrics.examples.add(spec.name, amount=len(request.examples))
            self._metrics.example_counts.observe(len(request.examples), spec.name)
            values = await self._run(servable, spec.name, method.capitalize(), call)
            result = task.result(signature, len(request.examples), call, values)
        return examples.write_result(result)

    async def _run(self, servable: Servable, name: str, api: str, call: Any) -> list[Any]:
        if self._runner is None:
            self._runner = AsyncRunner(self._pool)
        started = time.perf_counter()
        values = await self._runner.run(servable, call)
        self._metrics.runtime.observe((time.perf_counter() - started) * 1e6, name, api, "TF1")
        return values

    def _cors(self) -> list[tuple[bytes, bytes]]:
        return _CORS if self._options.rest_api_enable_cors_support else []


def _known(match: re.Match[str] | None, method: str, path: str) -> re.Match[str]:
    if match is None:
        raise invalid(f"Malformed request: {method} {path}")
    return match


def _spec(name: str, match: re.Match[str]) -> Any:
    if match["version"]:
        number = int(match["version"])
        if number >= 2**63:
            raise invalid(f"Failed to convert version: {match['version']} to numeric.")
        return model_pb2.ModelSpec(name=name, version={"value": number})
    if match["label"]:
        return model_pb2.ModelSpec(name=name, version_label=unquote(match["label"]))
    return model_pb2.ModelSpec(name=name)


async def _read(scope: Scope, receive: Receive) -> bytes:
    message = await receive()
    body: bytes = message.get("body", b"")
    if message.get("more_body"):
        parts = [body]
        while message.get("more_body"):
            message = await receive()
            parts.append(message.get("body", b""))
        body = b"".join(parts)
    if body and any(k == b"content-encoding" and b"gzip" in v for k, v in scope["headers"]):
        return _inflate(body)
    return body


def _inflate(body: bytes) -> bytes:
    """The content of a gzip body; nothing, as in the real server, if it cannot be read."""
    inflater = zlib.decompressobj(wbits=31)
    try:
        content = inflater.decompress(body, _MAX_INFLATED)
    except zlib.error as error:
        log.warning("Failed to uncompress the gzipped body: %s", error)
        return b""
    return content if inflater.eof else b""


async def _send(
    send: Send,
    status: int,
    content: bytes,
    content_type: bytes,
    headers: list[tuple[bytes, bytes]] | None = None,
) -> None:
    length = (b"content-length", str(len(content)).encode())
    await send({
        "type": "http.response.start",
        "status": status,
        "headers": [(b"content-type", content_type), length, *(headers or [])],
    })  # fmt: skip
    await send({"type": "http.response.body", "body": content})


def _error(message: str) -> bytes:
    return json.dumps({"error": message}, ensure_ascii=False).encode("utf-8", "replace")


def _page(title: str) -> bytes:
    return f"<html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>".encode()


def _to_json(message: Any) -> bytes:
    text: str = json_format.MessageToJson(
        message, always_print_fields_with_no_presence=True, preserving_proto_field_name=True
    )
    return text.encode()


def _metadata_json(response: Any) -> bytes:
    signatures = get_model_metadata_pb2.SignatureDefMap()
    response.metadata[answers.SIGNATURES].Unpack(signatures)
    return b'{\n"model_spec":%s,\n"metadata": {"signature_def": %s}\n}\n' % (
        _to_json(response.model_spec),
        _to_json(signatures),
    )
