"""The local model server as a real process."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from tests.service.program import SECONDS, clean, until

from fraud_score.local.part import free_port


@contextmanager
def model_server(models: Path, log: Path) -> Iterator[str]:
    """Run the local model server on all models of a folder; lend its address."""
    config = log.with_suffix(".config")
    names = [folder.name for folder in models.iterdir() if folder.is_dir()]
    entries = [
        f'config {{ name: "{name}" base_path: "{models / name}" model_platform: "tensorflow" }}'
        for name in names
    ]
    config.write_text("model_config_list {\n" + "\n".join(entries) + "\n}\n", encoding="utf-8")
    port = free_port()
    command = [
        *(
            sys.executable,
            "-m",
            "local_model_server",
            f"--rest_api_port={port}",
            f"--port={port + 1}",
        ),
        f"--model_config_file={config}",
    ]
    with log.open("wb") as out:
        env = {**clean(), "TF_CPP_MIN_LOG_LEVEL": "3"}
        process = subprocess.Popen(command, stdout=out, stderr=out, env=env)
    url = f"http://127.0.0.1:{port}"

    def ready() -> bool:
        assert process.poll() is None, log.read_text(encoding="utf-8")
        try:
            answers = [httpx.get(f"{url}/v1/models/{name}/metadata") for name in names]
        except httpx.HTTPError:
            return False
        return all(answer.is_success for answer in answers)

    try:
        until(ready, "the model server", 2 * SECONDS)
        yield url
    finally:
        process.kill()
        process.wait()
