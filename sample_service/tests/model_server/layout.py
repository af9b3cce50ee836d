"""The folder of models that most cases are asked of, and the flags of a server of them.

`python -m tests.model_server.layout FOLDER` makes it and prints the flags. Start any server with
them, then run the cases on it: `MODEL_SERVER=http://host:8501 MODEL_SERVER_GRPC=host:8500 pytest`.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.model_server.releases import config_list, model_config, publish, write

ROOT = Path(__file__).parents[2]
METRICS_PATH = "/monitoring/prometheus/metrics"

# Model folders by name: which exported model each version is.
SERVED: dict[str, dict[int, str]] = {
    "half_plus_two": {123: "half_plus_two"},
    "half": {1: "half_plus_two", 2: "half_plus_three"},
    "all": {1: "half_plus_two", 2: "half_plus_three", 10: "half_plus_two"},
    "latest_two": {1: "half_plus_two", 2: "half_plus_three", 10: "half_plus_two"},
    "latest": {9: "half_plus_two", 10: "half_plus_three"},
    "pinned": {1: "half_plus_two", 2: "half_plus_three", 3: "half_plus_two"},
    **{
        name: {1: name}
        for name in (
            *("several", "text", "types", "shapes", "fails", "slow"),
            *("vocabulary", "counter", "mlp"),
        )
    },
}
POLICIES = {
    "half": "specific { versions: 1 versions: 2 }",
    "all": "all {}",
    "latest_two": "latest { num_versions: 2 }",
    "pinned": "specific { versions: 2 }",
}
LABELS = {"half": {"stable": 1, "canary": 2}}


def build_models(folder: Path) -> None:
    """Export the models in a process that takes TensorFlow away with it when it ends."""
    command = [sys.executable, "-m", "tests.model_server.models", str(folder)]
    quiet = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    done = subprocess.run(
        command, cwd=ROOT, env=quiet, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr


def lay_out(exported: Path, base: Path) -> Path:
    """Give each exported model its versions below `base`, and write the files that flags name."""
    for name, versions in SERVED.items():
        for version, model in versions.items():
            publish(exported / model, base / name, version)
    (base / "all" / "notes").mkdir()
    (base / "all" / "README.md").write_text("not a version", encoding="utf-8")
    configs = [
        model_config(name, base / name, POLICIES.get(name, ""), LABELS.get(name)) for name in SERVED
    ]
    write(base / "models.config", config_list(*configs))
    metrics = f'prometheus_config {{ enable: true path: "{METRICS_PATH}" }}\n'
    write(base / "monitoring.config", metrics)
    return base


def common_flags(served: Path) -> dict[str, object]:
    """Give the flags of the servers that the answers of all the served models are asked of."""
    return {
        "model_config_file": served / "models.config",
        "monitoring_config_file": served / "monitoring.config",
        "allow_version_labels_for_unavailable_models": True,
        "enable_grpc_healthcheck_service": True,
        "max_num_load_retries": 0,
        "grpc_socket_path": served / "grpc.sock",
    }


def main() -> None:
    """Make the folder that is named and print the flags."""
    folder = Path(sys.argv[1]).resolve()
    build_models(folder / "exported")
    served = lay_out(folder / "exported", folder / "served")
    for name, value in common_flags(served).items():
        print(f"--{name}={str(value).lower() if value is True else value}")


if __name__ == "__main__":
    main()
