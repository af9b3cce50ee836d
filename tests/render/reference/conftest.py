"""Real Python source to render."""

from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


@pytest.fixture
def source_files() -> Callable[[str], dict[str, str]]:
    """Read the Python files of a folder of this project: path from its root to text."""

    def read(folder: str) -> dict[str, str]:
        found = sorted((ROOT / folder).rglob("*.py"))
        return {str(path.relative_to(ROOT)): path.read_text("utf-8") for path in found}

    return read
