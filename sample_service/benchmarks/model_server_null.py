"""What the model server's stack costs without a model: parses each request, answers a constant.

`python -m benchmarks.model_server_null REST_PORT GRPC_PORT` serves both, as the local model server
does: uvicorn with a bare ASGI function, and grpc with a pool of threads.
`python -m benchmarks.model_server_null call FOLDER SECONDS < body` measures the opposite, a model
without a server.
"""

from __future__ import annotations

import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc
import tensorflow as tf
import uvicorn
from tensorflow_serving.apis.predict_pb2 import PredictRequest, PredictResponse

from benchmarks.report import quantile
from local_model_server.flags import THREADS

ANSWER = b'{"predictions": [2.5]}'
HEADERS = [
    (b"content-type", b"application/json"),
    (b"content-length", str(len(ANSWER)).encode()),
]


async def rest(scope: Any, receive: Any, send: Any) -> None:
    """Read a request to its end, parse it, send the constant."""
    body, more = b"", True
    while more:
        part = await receive()
        body += part.get("body", b"")
        more = part.get("more_body", False)
    json.loads(body)
    await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
    await send({"type": "http.response.body", "body": ANSWER})


def grpc_answer() -> PredictResponse:
    """Make the answer of the half-plus-two model to 1."""
    answer = PredictResponse()
    answer.model_spec.name = "half_plus_two"
    answer.model_spec.signature_name = "serving_default"
    answer.model_spec.version.value = 1
    answer.outputs["y"].dtype = 1
    answer.outputs["y"].tensor_shape.dim.add().size = 1
    answer.outputs["y"].float_val.append(2.5)
    return answer


def serve(rest_port: int, grpc_port: int) -> None:
    """Serve both protocols until the process is ended."""
    constant = grpc_answer()
    handler = grpc.unary_unary_rpc_method_handler(
        lambda request, context: constant,
        request_deserializer=PredictRequest.FromString,
        response_serializer=PredictResponse.SerializeToString,
    )
    server = grpc.server(ThreadPoolExecutor(THREADS))
    service = "tensorflow.serving.PredictionService"
    server.add_generic_rpc_handlers(
        (grpc.method_handlers_generic_handler(service, {"Predict": handler}),)
    )
    server.add_insecure_port(f"127.0.0.1:{grpc_port}")
    server.start()
    uvicorn.run(
        rest,
        port=rest_port,
        loop="uvloop",
        http="httptools",
        lifespan="off",
        log_level="warning",
        access_log=False,
    )


def call(folder: Path, seconds: float, body: dict[str, Any]) -> dict[str, float]:
    """Call a SavedModel's default signature in this process, as often as it answers."""
    signature = tf.saved_model.load(str(folder)).signatures["serving_default"]
    name = next(iter(signature.structured_input_signature[1]))
    rows = tf.constant(body["instances"], tf.float32)
    latencies: list[float] = []
    start = None
    # The first second traces and warms up.
    while start is None or time.perf_counter() - start < seconds + 1:
        asked = time.perf_counter()
        start = start or asked
        for output in signature(**{name: rows}).values():
            output.numpy()
        if asked - start > 1:
            latencies.append(time.perf_counter() - asked)
    return {
        "per_second": len(latencies) / sum(latencies),
        "p50": quantile(latencies, 0.5),
        "p99": quantile(latencies, 0.99),
    }


def main() -> None:
    if sys.argv[1] == "call":
        print(json.dumps(call(Path(sys.argv[2]), float(sys.argv[3]), json.load(sys.stdin))))
        return
    serve(int(sys.argv[1]), int(sys.argv[2]))


if __name__ == "__main__":
    main()
