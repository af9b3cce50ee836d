"""The config file: read again while the server runs, or replaced by a gRPC call."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.model_server.releases import config_list, model_config, publish, write
from tests.model_server.rest import Rest
from tests.model_server.servers import Server, StartServer, wait_until

pytestmark = pytest.mark.xdist_group("model-server-versions")
BOTH = "specific { versions: 1 versions: 2 }"
VALUE = {"instances": [2.0]}


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory, exported: Path) -> Path:
    """Two models, one of them in two versions, and a config file of the first alone."""
    base = tmp_path_factory.mktemp("config")
    publish(exported / "half_plus_two", base / "first", 1)
    publish(exported / "half_plus_three", base / "first", 2)
    publish(exported / "half_plus_three", base / "second", 1)
    write(base / "models.config", config_list(model_config("first", base / "first")))
    return base


@pytest.fixture(scope="module")
def polling(model_server: StartServer, folders: Path) -> Server:
    """Reads its config file each second."""
    flags = {
        "model_config_file": folders / "models.config",
        "model_config_file_poll_wait_seconds": 1,
        "max_num_load_retries": 0,
    }
    return model_server(flags, ["first"])


@pytest.fixture(scope="module")
def told(model_server: StartServer, folders: Path) -> Server:
    """Reads its config file once; what it serves after that, it is told."""
    own = write(folders / "told.config", config_list(model_config("first", folders / "first")))
    flags = {"model_config_file": own, "max_num_load_retries": 0}
    return model_server(flags, ["first"])


@pytest.fixture
def rpc_told(told: Server) -> Iterator[Any]:
    from tests.model_server.rpc import Rpc

    with Rpc(told.grpc) as client:
        yield client


def reload_request(*configs: str) -> Any:
    from tests.model_server.rpc import parse

    return parse("HandleReloadConfigRequest", f"config {{ {config_list(*configs)} }}")


@pytest.mark.slow
def test_config_file_is_read_again(polling: Server, folders: Path) -> None:
    first = model_config("first", folders / "first")
    second = model_config("second", folders / "second")
    with Rest(polling.rest) as client:
        write(folders / "models.config", config_list(first, second))
        wait_until(lambda: client.get("second/metadata").status == 200, "the second model")
        assert client.post("second:predict", VALUE).json == {"predictions": [4.0]}
        write(folders / "models.config", "model_config_list { config { nonsense")
        wait_until(
            lambda: "Error parsing text-format" in polling.log, "a word on the unreadable file"
        )
        assert client.post("second:predict", VALUE).json == {"predictions": [4.0]}
        write(folders / "models.config", config_list(second))
        wait_until(lambda: client.post("first:predict", VALUE).status == 404, "the first's end")
        assert client.post("second:predict", VALUE).json == {"predictions": [4.0]}
        ended = client.get("first").json["model_version_status"]
        assert {each["state"] for each in ended} <= {"UNLOADING", "END"}


def test_reload_adds_and_removes_models(told: Server, rpc_told: Any, folders: Path) -> None:
    first = model_config("first", folders / "first")
    second = model_config("second", folders / "second")
    with Rest(told.rest) as client:
        answer = rpc_told.send("HandleReloadConfigRequest", reload_request(first, second))
        assert answer.status.error_code == 0
        assert client.post("second:predict", VALUE).json == {"predictions": [4.0]}, (
            "loaded on return"
        )
        rpc_told.send("HandleReloadConfigRequest", reload_request(first))
        wait_until(lambda: client.post("second:predict", VALUE).status == 404, "the second's end")
        assert client.post("first:predict", VALUE).json == {"predictions": [4.0]}


def test_label_moves_only_to_available_versions(told: Server, rpc_told: Any, folders: Path) -> None:
    from tests.model_server.rpc import Refusal

    def configure(policy: str, **labels: int) -> Any:
        config = model_config("first", folders / "first", policy, labels)
        return rpc_told.send("HandleReloadConfigRequest", reload_request(config))

    with Rest(told.rest) as client:
        configure(BOTH)
        wait_until(lambda: client.get("first/versions/1/metadata").status == 200, "version 1")
        configure(BOTH, stable=1, canary=2)
        stable = client.post("first/labels/stable:predict", VALUE)
        canary = client.post("first/labels/canary:predict", VALUE)
        assert (stable.json, canary.json) == ({"predictions": [3.0]}, {"predictions": [4.0]})
        refused = configure(BOTH, stable=9, canary=2)
        assert isinstance(refused, Refusal)
        assert refused.code == "FAILED_PRECONDITION"
        assert refused.details == (
            "Request to assign label to version 9 of model first, "
            "which is not currently available for inference"
        )
        assert client.post("first/labels/stable:predict", VALUE).json == {"predictions": [3.0]}
        configure(BOTH, stable=2)
        assert client.post("first/labels/stable:predict", VALUE).json == {"predictions": [4.0]}
        assert client.post("first/labels/canary:predict", VALUE).status == 400


REFUSED = {
    "the same model twice": (
        'config { name: "a" base_path: "/m/a" model_platform: "tensorflow" }'
        'config { name: "a" base_path: "/m/b" model_platform: "tensorflow" }',
        "Illegal to list model a multiple times in config list",
    ),
    "a relative path": (
        'config { name: "a" base_path: "models/a" model_platform: "tensorflow" }',
        "Expected model a to have an absolute path or URI; got base_path()=models/a",
    ),
    "no platform": (
        'config { name: "a" base_path: "/m/a" }',
        "Illegal setting neither ModelServerConfig::model_type (deprecated) nor "
        "ModelServerConfig::model_platform, model name is a",
    ),
    "another platform": (
        'config { name: "a" base_path: "/m/a" model_platform: "pytorch" }',
        "Model a requests unsupported platform pytorch",
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_reload_refuses(told: Server, rpc_told: Any, folders: Path, what: str) -> None:
    from tests.model_server.rpc import Refusal

    text, details = REFUSED[what]
    first = model_config("first", folders / "first")
    rpc_told.send("HandleReloadConfigRequest", reload_request(first))
    answer = rpc_told.send("HandleReloadConfigRequest", reload_request(first, text))
    assert isinstance(answer, Refusal)
    assert answer.code == "INVALID_ARGUMENT"
    assert details in answer.details
    with Rest(told.rest) as client:
        assert client.post("first:predict", VALUE).status == 200
    rpc_told.send("HandleReloadConfigRequest", reload_request(first))


def test_reload_refuses_what_is_no_list(rpc_told: Any) -> None:
    from tests.model_server.rpc import Refusal

    answer = rpc_told.send("HandleReloadConfigRequest", "")
    assert isinstance(answer, Refusal)
    assert answer.code == "INVALID_ARGUMENT"
    assert "Only ModelConfigList is currently supported" in answer.details
