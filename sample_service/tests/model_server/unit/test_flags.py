"""The command line: the real binary's spelling, and a clear word for what it cannot be."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from local_model_server import flags

READ: list[tuple[list[str], dict[str, Any]]] = [
    ([], {"port": 8500, "rest_api_port": 0, "file_system_poll_wait_seconds": 1}),
    (["--port=1", "--rest_api_port", "2"], {"port": 1, "rest_api_port": 2}),
    (["--enable_batching"], {"enable_batching": True}),
    (["--enable_batching", "--port=1"], {"enable_batching": True, "port": 1}),
    (["--enable_batching=false"], {"enable_batching": False}),
    (["--enable_batching", "true"], {"enable_batching": True}),
    (["--noenable_model_warmup"], {"enable_model_warmup": False}),
    (["--file_system_poll_wait_seconds=-1"], {"file_system_poll_wait_seconds": -1}),
    (["--file_system_poll_wait_seconds", "-1"], {"file_system_poll_wait_seconds": -1}),
    (["--per_process_gpu_memory_fraction=0.5"], {"per_process_gpu_memory_fraction": 0.5}),
    (["--model_base_path=/a=b"], {"model_base_path": "/a=b"}),
    (["--num_load_threads=4"], {"num_load_threads": 4}),
]
REFUSED = [
    (["--bogus"], "unknown argument: --bogus"),
    (["--bogus=1"], "unknown argument: --bogus=1"),
    (["port"], "unknown argument: port"),
    (["--nomodel_name"], "unknown argument: --nomodel_name"),
    (["--port=x"], "flag --port: expected a whole number, got 'x'"),
    (["--port"], "flag --port needs a value"),
    (["--enable_batching=maybe"], "flag --enable_batching: expected true or false, got 'maybe'"),
]


@pytest.mark.parametrize(("arguments", "expected"), READ)
def test_reads(arguments: list[str], expected: dict[str, Any]) -> None:
    options = dataclasses.asdict(flags.parse(arguments))
    assert options | expected == options


@pytest.mark.parametrize(("arguments", "message"), REFUSED)
def test_refuses(arguments: list[str], message: str) -> None:
    with pytest.raises(flags.FlagError) as caught:
        flags.parse(arguments)
    assert str(caught.value) == message


def test_usage_names_every_flag() -> None:
    text = flags.usage("local-model-server")
    for field in dataclasses.fields(flags.Options):
        assert f"  --{field.name}=" in text
        assert field.metadata["help"].split()[0] in text
