"""Which implementation is used, and what is said about it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from fraud_features.hotpath import VARIABLE, HotpathError, Library, find

TWICE = """
import json, logging, sys
logging.basicConfig(level="INFO", format="%(levelname)s %(message)s", stream=sys.stderr)
from fraud_features import descriptor
first, second = descriptor.vectors(["Shop*1"]), descriptor.vectors(["Shop*1"])
assert first == second
print(json.dumps([descriptor.implementation(), first]))
"""


def run(value: str) -> tuple[str, list[list[float]], list[str]]:
    """Hash in a process of its own; return the implementation, the vectors and the log."""
    environment = {**os.environ, VARIABLE: value}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", TWICE],
        env=environment,
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    )
    name, vectors = json.loads(done.stdout)
    return name, vectors, done.stderr.splitlines()


def test_uses_the_library(library: Library) -> None:
    name, vectors, log = run(str(library.path))
    assert (name, log) == ("rust", [])
    assert vectors == run("off")[1]


def test_says_once_that_it_is_off() -> None:
    name, _, log = run("off")
    assert (name, log) == ("python", [f"INFO descriptors are hashed in Python: {VARIABLE} is off"])


def test_warns_of_a_missing_library(tmp_path: Path) -> None:
    name, _, log = run(str(tmp_path / "none.so"))
    assert name == "python"
    assert len(log) == 1
    assert log[0].startswith("WARNING")
    assert "none.so" in log[0]


@pytest.mark.parametrize("content", [b"", b"no library", b"\x7fELF" + b"\0" * 100])
def test_warns_of_a_file_that_is_no_library(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "library.so"
    path.write_bytes(content)
    name, _, log = run(str(path))
    assert name == "python"
    assert len(log) == 1
    assert "is no hot path library" in log[0]


def test_warns_of_another_library() -> None:
    import _ctypes

    name, _, log = run(_ctypes.__file__)
    assert name == "python"
    assert "is no hot path library" in log[0]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("const ABI_VERSION: u32 = 1;", "const ABI_VERSION: u32 = 2;", "has ABI version 2"),
        ("BUCKETS: usize = 32", "BUCKETS: usize = 64", "has number of buckets 64"),
        ("0x0100_0000_01b3", "0x0100_0000_01b5", "computes other vectors"),
    ],
)
def test_warns_of_a_library_of_another_version(
    library: Library, tmp_path: Path, old: str, new: str, message: str
) -> None:
    path = built_from_changed_source(tmp_path, old, new)
    name, _, log = run(str(path))
    assert name == "python"
    assert len(log) == 1
    assert message in log[0]
    assert "make hotpath" in log[0]


def built_from_changed_source(folder: Path, old: str, new: str) -> Path:
    source = Path(__file__).parents[2] / "hotpath" / "src"
    changed = False
    for name in ("lib.rs", "ffi.rs"):
        text = (source / name).read_text(encoding="utf-8")
        changed = changed or old in text
        (folder / name).write_text(text.replace(old, new), encoding="utf-8")
    assert changed, f"{old!r} is not in the source any more"
    path = folder / "changed.so"
    subprocess.run(
        ["rustc", "--edition=2021", "--crate-type=cdylib", "-o", str(path), str(folder / "lib.rs")],
        check=True,
        timeout=120,
    )
    return path


def test_the_variable_comes_before_the_places(tmp_path: Path) -> None:
    here, there = tmp_path / "a.so", tmp_path / "b.so"
    here.touch()
    there.touch()
    assert find({VARIABLE: str(here)}, [there]) == here
    assert find({}, [tmp_path / "none.so", there]) == there
    assert find({VARIABLE: ""}, [there, here]) == there


@pytest.mark.parametrize(
    ("value", "unexpected"),
    [("", False), ("off", False), ("/none.so", True), ("relative.so", True)],
)
def test_only_a_wrong_setting_is_worth_a_warning(value: str, unexpected: bool) -> None:
    with pytest.raises(HotpathError) as caught:
        find({VARIABLE: value}, [])
    assert caught.value.unexpected == unexpected
