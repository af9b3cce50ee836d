"""Which model server a machine gets, and what is said where there is none."""

from __future__ import annotations

from pathlib import Path

import pytest

from new_service.local.part import PartError
from new_service.local.recipes import STAND_IN, chosen_model_server


@pytest.fixture
def handbook(tmp_path: Path) -> str:
    (tmp_path / STAND_IN / "local_model_server").mkdir(parents=True)
    return str(tmp_path)


def test_a_clone_of_the_handbook_serves_locally(handbook: str) -> None:
    assert chosen_model_server({"HANDBOOK": handbook}) == "local"
    assert chosen_model_server({"HANDBOOK": handbook, "MODEL_SERVER": "local"}) == "local"


def test_what_is_asked_for_comes_first(handbook: str) -> None:
    asked = {"HANDBOOK": handbook, "MODEL_SERVER": "docker"}
    assert chosen_model_server(asked) == "docker"
    assert chosen_model_server({"MODEL_SERVER": "http://models:8501"}) == "http://models:8501"
    with pytest.raises(PartError, match="expected local, docker, or an http:// address"):
        chosen_model_server({"MODEL_SERVER": "remote"})


def test_where_there_is_none_both_ways_are_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(PartError, match=r"(?s)no Docker.*MODEL_SERVER=docker.*HANDBOOK"):
        chosen_model_server({})
    with pytest.raises(PartError, match="has no sample_service/src/local_model_server"):
        chosen_model_server({"HANDBOOK": str(tmp_path)})
