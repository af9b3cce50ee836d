from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from fraud_features.hotpath import NAME, Library

HOTPATH = Path(__file__).parents[2] / "hotpath"
NO_CARGO = "no Rust toolchain on this machine (cargo is not on the PATH): see https://rustup.rs"

Cargo = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="session")
def target(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("target")


@pytest.fixture(scope="session")
def cargo(target: Path) -> Cargo:
    """Return what runs cargo, building away from the library in use."""
    program = shutil.which("cargo")
    if program is None:
        pytest.skip(NO_CARGO)

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [program, *arguments],
            cwd=HOTPATH,
            env={**os.environ, "CARGO_TARGET_DIR": str(target), "CARGO_NET_OFFLINE": "true"},
            check=False,
            capture_output=True,
            text=True,
            timeout=300,
        )

    return run


@pytest.fixture(scope="session")
def library(cargo: Cargo, target: Path) -> Library:
    """Build the library from the sources as they stand."""
    done = cargo("build", "--release", "--locked", "--lib")
    assert done.returncode == 0, done.stderr
    return Library(target / "release" / NAME)
