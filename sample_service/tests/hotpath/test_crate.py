"""The crate's own tests, its linter and its formatter."""

from __future__ import annotations

import re
import shutil
import tomllib

import pytest
from tests.hotpath.conftest import HOTPATH, Cargo


def test_rust_unit_tests(cargo: Cargo) -> None:
    done = cargo("test", "--locked", "--lib")
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"[1-9]\d* passed; 0 failed; 0 ignored", done.stdout), done.stdout


def test_is_formatted(cargo: Cargo) -> None:
    if shutil.which("rustfmt") is None:
        pytest.skip("rustfmt is not installed: rustup component add rustfmt")
    done = cargo("fmt", "--check")
    assert done.returncode == 0, done.stdout


def test_is_clean_of_lint(cargo: Cargo) -> None:
    if shutil.which("cargo-clippy") is None:
        pytest.skip("clippy is not installed: rustup component add clippy")
    done = cargo("clippy", "--locked", "--all-targets", "--", "-D", "warnings")
    assert done.returncode == 0, done.stderr


def test_bench_program(cargo: Cargo) -> None:
    done = cargo("run", "--release", "--locked", "--quiet", "--bin", "bench")
    assert done.returncode == 0, done.stderr
    assert int(done.stdout.split()[0]) > 0


def test_needs_the_standard_library_only() -> None:
    manifest = tomllib.loads((HOTPATH / "Cargo.toml").read_text(encoding="utf-8"))
    lock = tomllib.loads((HOTPATH / "Cargo.lock").read_text(encoding="utf-8"))
    assert not manifest["dependencies"]
    assert [package["name"] for package in lock["package"]] == ["fraud_hotpath"]
