"""Versions that come, go, and fail while the server runs. Each test has a model of its own."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.model_server.load import Load
from tests.model_server.releases import config_list, model_config, publish, withdraw, write
from tests.model_server.rest import Rest
from tests.model_server.servers import Server, StartServer, wait_until

pytestmark = pytest.mark.xdist_group("model-server-versions")
TWO, THREE = 3.0, 4.0  # what half plus two and half plus three answer to 2.0
MODELS = (
    *("switch", "steady", "rollback", "broken", "no_variables", "bad_warmup", "names"),
    *("partial", "recovers", "emptied", "zeros"),
)


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory, exported: Path) -> Path:
    """One folder of versions for each test, with half plus two as version 1."""
    base = tmp_path_factory.mktemp("versions")
    for name in MODELS:
        publish(exported / "half_plus_two", base / name, 1)
    configs = [model_config(name, base / name) for name in MODELS]
    write(base / "models.config", config_list(*configs))
    return base


@pytest.fixture(scope="module")
def changing(model_server: StartServer, folders: Path) -> Server:
    flags = {
        "model_config_file": folders / "models.config",
        "file_system_poll_wait_seconds": 1,
        "max_num_load_retries": 0,
    }
    return model_server(flags, list(MODELS))


@pytest.fixture
def client(changing: Server) -> Iterator[Rest]:
    with Rest(changing.rest) as client:
        yield client


def states(client: Rest, model: str) -> dict[int, str]:
    """Give the state of each version of a model that the server knows."""
    listed = client.get(model).json["model_version_status"]
    return {int(each["version"]): each["state"] for each in listed}


def wait_for_state(client: Rest, model: str, version: int, state: str) -> None:
    wait_until(
        lambda: states(client, model).get(version) == state, f"{model} {version} {state}", 60
    )


def ask(client: Rest, model: str) -> float:
    answer = client.post(f"{model}:predict", {"instances": [2.0]})
    assert answer.status == 200, answer.text
    value: float = answer.json["predictions"][0]
    return value


def test_new_version_takes_over_without_a_failed_request(
    changing: Server, client: Rest, exported: Path, folders: Path
) -> None:
    seen: list[dict[int, str]] = []
    with Load(changing, "switch") as load:
        wait_until(lambda: TWO in load.versions_seen, "answers of version 1")
        publish(exported / "half_plus_three", folders / "switch", 2)
        wait_until(
            lambda: seen.append(states(client, "switch")) or seen[-1].get(1) == "END",  # type: ignore[func-returns-value]
            "the end of version 1",
        )
        wait_until(
            lambda: all(a[-1:] == [THREE] for a in load.answers), "version 2 for each client"
        )
    assert not load.failures
    assert all("AVAILABLE" in each.values() for each in seen), "no moment without a version"
    for answers in load.answers:
        assert answers == sorted(answers), "no client falls back to the old version"
    assert states(client, "switch") == {2: "AVAILABLE", 1: "END"}


def test_many_versions_in_a_row_lose_no_request(
    changing: Server, client: Rest, exported: Path, folders: Path
) -> None:
    with Load(changing, "steady") as load:
        for version in range(2, 6):
            model = "half_plus_three" if version % 2 == 0 else "half_plus_two"
            publish(exported / model, folders / "steady", version)
            wait_for_state(client, "steady", version, "AVAILABLE")
    assert not load.failures
    assert load.versions_seen == {TWO, THREE}
    assert ask(client, "steady") == TWO


def test_withdrawn_version_gives_way_to_the_one_before(
    client: Rest, exported: Path, folders: Path
) -> None:
    publish(exported / "half_plus_three", folders / "rollback", 2)
    wait_for_state(client, "rollback", 1, "END")
    assert ask(client, "rollback") == THREE
    withdraw(folders / "rollback", 2)
    wait_for_state(client, "rollback", 2, "END")
    wait_for_state(client, "rollback", 1, "AVAILABLE")
    assert ask(client, "rollback") == TWO


@pytest.mark.parametrize("model", ["broken", "no_variables", "bad_warmup"])
def test_version_that_fails_to_load_leaves_the_last_good_one(
    changing: Server, client: Rest, exported: Path, folders: Path, model: str
) -> None:
    with Load(changing, model, rest_clients=1, rpc_clients=0) as load:
        publish(exported / model, folders / model, 2)
        wait_for_state(client, model, 2, "END")
        wait_until(lambda: len(load.answers[0]) > 20, "some answers")
    assert not load.failures
    assert load.versions_seen == {TWO}
    assert states(client, model)[1] == "AVAILABLE"
    failed = client.get(f"{model}/versions/2").json["model_version_status"][0]
    assert failed["state"] == "END"
    assert failed["status"]["error_code"] != "OK"
    assert failed["status"]["error_message"]
    named = client.post(f"{model}/versions/2:predict", {"instances": [2.0]})
    assert named.status == 404


def test_good_version_after_a_broken_one_is_served(
    client: Rest, exported: Path, folders: Path
) -> None:
    publish(exported / "broken", folders / "recovers", 2)
    wait_for_state(client, "recovers", 2, "END")
    publish(exported / "half_plus_three", folders / "recovers", 3)
    wait_for_state(client, "recovers", 3, "AVAILABLE")
    assert ask(client, "recovers") == THREE


def test_names_that_are_no_numbers_are_left_alone(
    client: Rest, exported: Path, folders: Path
) -> None:
    for name in ("next", "v2", "2.1", "2-old", ".3"):
        publish(exported / "half_plus_three", folders / "names", name)
    publish(exported / "half_plus_three", folders / "names", 2)
    wait_for_state(client, "names", 2, "AVAILABLE")
    wait_for_state(client, "names", 1, "END")
    assert states(client, "names") == {2: "AVAILABLE", 1: "END"}


def test_copy_under_way_is_not_served_until_renamed(
    client: Rest, exported: Path, folders: Path
) -> None:
    base = folders / "partial"
    copy = base / "2.partial"
    copy.mkdir()
    shutil.copy(exported / "half_plus_three" / "saved_model.pb", copy)
    publish(exported / "half_plus_three", folders / "steady", 7)
    wait_for_state(client, "steady", 7, "AVAILABLE")  # the server has looked at all folders since
    assert states(client, "partial") == {1: "AVAILABLE"}
    shutil.copytree(exported / "half_plus_three" / "variables", copy / "variables")
    copy.rename(base / "2")
    wait_for_state(client, "partial", 2, "AVAILABLE")
    assert ask(client, "partial") == THREE


def test_leading_zeros_do_not_change_a_number(client: Rest, exported: Path, folders: Path) -> None:
    publish(exported / "half_plus_three", folders / "zeros", "00000042")
    wait_for_state(client, "zeros", 42, "AVAILABLE")
    assert ask(client, "zeros") == THREE


def test_model_without_versions_is_gone(client: Rest, folders: Path) -> None:
    withdraw(folders / "emptied", 1)
    wait_for_state(client, "emptied", 1, "END")
    answer = client.post("emptied:predict", {"instances": [2.0]})
    assert (answer.status, answer.error) == (404, "Servable not found for request: Latest(emptied)")
    assert client.get("emptied").status == 200, "the server remembers what has ended"
    assert client.get("emptied/metadata").status == 404
