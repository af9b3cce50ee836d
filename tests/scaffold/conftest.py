"""New services, made once for all tests of what comes out."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path

import pytest

from handbook.scaffold.answers import Answers
from handbook.scaffold.new import create


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Answers], Path]:
    """Make a new service; the same answers give the same folder, so leave it as it is."""

    @functools.cache
    def make(answers: Answers) -> Path:
        target, count = create(answers, tmp_path_factory.mktemp("made"))
        assert count == sum(path.is_file() for path in target.rglob("*"))
        return target

    return make
