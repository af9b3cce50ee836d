"""Puts model versions into a model's folder the way a release does, and writes config files."""

from __future__ import annotations

import shutil
from pathlib import Path


def publish(model: Path, base: Path, version: int | str) -> Path:
    """Copy an exported model beside its versions, then rename it: it appears whole or not."""
    base.mkdir(parents=True, exist_ok=True)
    partial = base / f".partial-{version}"
    shutil.copytree(model, partial)
    return partial.rename(base / str(version))


def withdraw(base: Path, version: int) -> None:
    """Take a version away in one step."""
    gone = base.with_name(f".gone-{base.name}-{version}")
    shutil.rmtree((base / str(version)).rename(gone))


def model_config(
    name: str, base: Path | str, policy: str = "", labels: dict[str, int] | None = None
) -> str:
    """Write one `config` entry of a ModelServerConfig.

    Args:
        name: the model's name in requests.
        base: the folder of its versions.
        policy: what stands in `model_version_policy`, such as `all {}`; latest when empty.
        labels: version numbers by label.
    """
    lines = [f'name: "{name}"', f'base_path: "{base}"', 'model_platform: "tensorflow"']
    if policy:
        lines.append(f"model_version_policy {{ {policy} }}")
    for key, value in (labels or {}).items():
        lines.append(f'version_labels {{ key: "{key}" value: {value} }}')
    body = "\n".join(f"    {line}" for line in lines)
    return f"  config {{\n{body}\n  }}\n"


def config_list(*configs: str) -> str:
    """Write a ModelServerConfig of `configs`."""
    return f"model_config_list {{\n{''.join(configs)}}}\n"


def write(file: Path, text: str) -> Path:
    """Replace a file in one step, so that a server polling it never reads half of it."""
    partial = file.with_name(f".{file.name}.partial")
    partial.write_text(text, encoding="utf-8")
    return partial.replace(file)
