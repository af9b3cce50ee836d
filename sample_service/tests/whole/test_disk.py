"""A training that cannot write its version to the end: no half version gets a number."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("whole")]

TRAIN = (
    *(sys.executable, "-m", "fraud_model.train", "data=small", "training=small"),
    *("training.epochs=1", "tracking.enabled=false", "gate.largest_loss=1"),
)

FULL = ("sh", "-c", 'ulimit -f 16 && exec "$@"', "sh")
"""No file may grow beyond 8 KB: writing on fails as on a full disk, for every user alike."""

WITHOUT_POWERS = ("setpriv", "--bounding-set=-dac_override,-dac_read_search")
"""To root, no folder is read-only, unless it gives that power up."""


def train(folder: Path, *before: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*before, *TRAIN], cwd=folder, capture_output=True, text=True, check=False, timeout=180
    )


@pytest.fixture
def workplace(trained: Path, tmp_path: Path) -> Path:
    """Data to train with, and a version 1 that is there already."""
    shutil.copytree(trained / "data", tmp_path / "data")
    shutil.copytree(trained / "models" / "fraud" / "1", tmp_path / "models" / "fraud" / "1")
    return tmp_path


def test_a_full_disk_leaves_no_half_version(workplace: Path) -> None:
    failed = train(workplace, *FULL)
    assert failed.returncode == 1, failed.stdout + failed.stderr
    assert "Traceback" not in failed.stderr
    assert "could not be written" in failed.stderr
    assert sorted(path.name for path in (workplace / "models" / "fraud").iterdir()) == ["1"]


def test_a_read_only_folder_is_named(workplace: Path) -> None:
    if os.geteuid() == 0 and not shutil.which("setpriv"):
        pytest.skip("root may write everywhere, and there is no setpriv to give that up")
    folder = workplace / "models" / "fraud"
    folder.chmod(0o555)
    failed = train(workplace, *(WITHOUT_POWERS if os.geteuid() == 0 else ()))
    folder.chmod(0o755)
    assert failed.returncode == 1, failed.stdout + failed.stderr
    assert "models/fraud" in failed.stderr
    assert "Permission denied" in failed.stderr
    assert "Traceback" not in failed.stderr
    assert sorted(path.name for path in folder.iterdir()) == ["1"]
