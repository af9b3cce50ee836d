"""Configuration files: what is read, what is refused, and in which words."""

from __future__ import annotations

from pathlib import Path

import pytest
from google.protobuf import text_format
from tensorflow_serving.config import model_server_config_pb2

from local_model_server import textproto
from local_model_server.core import check_config, read_config
from local_model_server.errors import Code, StatusError
from local_model_server.flags import Options

ONE = '{ name: "a" base_path: "/a" model_platform: "tensorflow" }'
REFUSED = [
    (f"config {ONE} config {ONE}", "Illegal to list model a multiple times in config list"),
    (
        'config { name: "a" base_path: "a" model_platform: "tensorflow" }',
        r"Expected model a to have an absolute path or URI; got base_path\(\)=a",
    ),
    (
        'config { name: "a" base_path: "/a" }',
        "Illegal setting neither ModelServerConfig::model_type",
    ),
    (
        'config { name: "a" base_path: "/a" model_platform: "other" }',
        "Model a requests unsupported platform other",
    ),
]


@pytest.mark.parametrize(("models", "message"), REFUSED)
def test_refuses(models: str, message: str) -> None:
    config = model_server_config_pb2.ModelServerConfig()
    text_format.Parse(f"model_config_list {{ {models} }}", config)
    with pytest.raises(StatusError, match=message) as caught:
        check_config(config)
    assert caught.value.code is Code.INVALID_ARGUMENT


def test_file_wins_over_flags(tmp_path: Path) -> None:
    file = tmp_path / "models.config"
    file.write_text(f"model_config_list: {{ config: {ONE} }}", encoding="utf-8")
    config = read_config(Options(model_config_file=str(file), model_base_path="/other"))
    assert [model.name for model in config.model_config_list.config] == ["a"]


def test_malformed_file_names_line_and_message(tmp_path: Path) -> None:
    file = tmp_path / "bad.config"
    file.write_text("improperly formatted file", encoding="utf-8")
    with pytest.raises(StatusError, match=r"Error parsing text-format .*ModelServerConfig: 1:1"):
        read_config(Options(model_config_file=str(file)))


@pytest.mark.parametrize("content", [None, b"\xff\xfe"])
def test_unreadable_file(content: bytes | None, tmp_path: Path) -> None:
    file = tmp_path / "file"
    if content:
        file.write_bytes(content)
    with pytest.raises(StatusError, match=str(file)):
        read_config(Options(model_config_file=str(file)))


def test_neither_file_nor_path() -> None:
    with pytest.raises(StatusError, match="model_config_file are empty!"):
        read_config(Options())


def test_messages_missing_from_the_api_package(tmp_path: Path) -> None:
    file = tmp_path / "monitoring.config"
    file.write_text('prometheus_config: { enable: true, path: "/m" }', encoding="utf-8")
    config = textproto.read(str(file), textproto.MonitoringConfig)
    assert (config.prometheus_config.enable, config.prometheus_config.path) == (True, "/m")
