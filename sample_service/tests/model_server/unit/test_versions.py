"""Which folders are versions, and which of them a policy picks."""

from __future__ import annotations

from pathlib import Path

import pytest
from google.protobuf import text_format
from tensorflow_serving.config import model_server_config_pb2

from local_model_server import versions
from local_model_server.errors import StatusError

FOLDERS = ["1", "00000002", "10", "-3", "tmp", ".partial-4", "1.5", "1_0", "٣", "9" * 30, ""]
NUMBERED = {1: "1", 2: "00000002", 10: "10", -3: "-3"}
POLICIES = [
    ("", {10}),
    ("latest {}", {10}),
    ("latest { num_versions: 2 }", {2, 10}),
    ("latest { num_versions: 99 }", {-3, 1, 2, 10}),
    ("all {}", {-3, 1, 2, 10}),
    ("specific { versions: [2, 1] }", {1, 2}),
    ("specific { versions: [2, 7] }", {2}),
    ("specific {}", set()),
]


def model(base: Path, policy: str) -> model_server_config_pb2.ModelConfig:
    text = f'name: "m" base_path: "{base}" model_version_policy {{ {policy} }}'
    return text_format.Parse(text, model_server_config_pb2.ModelConfig())


def test_only_numbers_are_versions() -> None:
    assert versions.numbered(FOLDERS) == NUMBERED


@pytest.mark.parametrize(("policy", "expected"), POLICIES)
def test_policy_picks(policy: str, expected: set[int], tmp_path: Path) -> None:
    chosen = versions.select(model(tmp_path, policy).model_version_policy, NUMBERED)
    assert set(chosen) == expected


def test_poll_gives_paths(tmp_path: Path) -> None:
    (tmp_path / "00000002").mkdir()
    assert versions.poll([model(tmp_path, "")]) == {"m": {2: str(tmp_path / "00000002")}}


def test_missing_base_path_changes_nothing_for_any_model(tmp_path: Path) -> None:
    with pytest.raises(StatusError, match=f"Could not find base path {tmp_path}/none"):
        versions.poll([model(tmp_path, ""), model(tmp_path / "none", "")])
