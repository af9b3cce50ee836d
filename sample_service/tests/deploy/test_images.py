"""Images and compose file: pinned, small, without root, and saying the same as the manifests."""

from __future__ import annotations

import re
import shutil
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.deploy import running
from tests.deploy.manifests import ROOT, render, tool

from fraud_score.local.recipes import SERVING_IMAGE
from fraud_score.settings import Settings
from local_model_server.flags import parse

DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
INSTRUCTIONS = [
    line.split(maxsplit=1)
    for line in re.sub(r"\\\n\s*", " ", DOCKERFILE).splitlines()
    if line and not line.startswith("#")
]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
PINNED = re.compile(r"[\w./-]+:v?\d+\.\d+(\.\d+)?(-[\w-]+)?")


def _all(instruction: str) -> list[str]:
    return [rest for name, rest in INSTRUCTIONS if name == instruction]


def test_hadolint_finds_nothing() -> None:
    hadolint = tool("hadolint", "it comes with requirements/dev.lock")
    done = subprocess.run(
        [hadolint, ROOT / "Dockerfile"], check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout


def test_every_stage_starts_from_a_pinned_image_or_a_stage() -> None:
    stages: set[str] = set()
    for base, _, name in (line.split() for line in _all("FROM")):
        assert base in stages or PINNED.fullmatch(base), base
        stages.add(name)
    assert {"service", "trainer"} <= stages
    assert _all("FROM")[-1].endswith(" service"), "without --target the service is built"


def test_nothing_is_fetched_but_what_the_locks_name() -> None:
    assert _all("ADD") == []
    for command in _all("RUN"):
        assert not re.search(r"curl|wget|apt-get|git clone", command)
        if command.startswith("pip") and not command.endswith(" ."):
            assert "--require-hashes" in command
            assert "--no-deps" in command


def test_it_runs_without_root_and_leaves_probes_to_kubernetes() -> None:
    (user,) = _all("USER")
    uid = user.split(":")[0]
    assert int(uid) > 0
    deployed = render("prod").get("Deployment", "fraud-score-api")["spec"]["template"]["spec"]
    assert deployed["securityContext"]["runAsUser"] == int(uid)
    assert _all("HEALTHCHECK") == []
    settings = Settings()
    assert _all("EXPOSE") == [f"{settings.port} {settings.worker_port}"]


def _copied() -> set[str]:
    sources = [line.split()[:-1] for line in _all("COPY") if not line.startswith("--from")]
    return {source for line in sources for source in line}


def test_what_is_copied_is_there_and_reaches_the_builder() -> None:
    ignore = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert "*" in ignore, "secrets, data and models must stay out unless they are named"
    assert all((ROOT / source).exists() for source in _copied())
    assert {line[1:] for line in ignore if line.startswith("!")} == _copied()


def test_the_locks_hold_every_package_by_its_hash() -> None:
    for name in ("service", "training"):
        text = (ROOT / f"requirements/{name}.lock").read_text(encoding="utf-8")
        packages = re.findall(r"^([\w.-]+)==\S+", text, re.M)
        blocks = re.split(r"^(?=[\w.-]+==)", text, flags=re.M)[1:]
        assert len(packages) == len(blocks) > 20
        assert all("--hash=sha256:" in block for block in blocks)
    service = set(_pins("service"))
    assert not {"tensorflow-cpu", "mlflow", "dvc"} & {name for name, _ in service}
    assert {"tensorflow-cpu", "mlflow", "hydra-core"} <= {name for name, _ in _pins("training")}
    # The trainer's image is the service's with more in it: what both name has one version.
    assert service <= set(_pins("training"))


def _pins(name: str) -> list[tuple[str, str]]:
    text = (ROOT / f"requirements/{name}.lock").read_text(encoding="utf-8")
    return re.findall(r"^([\w.-]+)==(\S+)", text, re.M)


def test_the_package_has_its_data_files(tmp_path: Path) -> None:
    uv = tool("uv", "it comes with requirements/dev.lock")
    source = tmp_path / "source"
    source.mkdir()
    for name in ("pyproject.toml", "README.md", "openapi.yaml"):
        shutil.copy(ROOT / name, source)
    ignored = shutil.ignore_patterns("__pycache__", "*.egg-info")
    shutil.copytree(ROOT / "src", source / "src", ignore=ignored)
    done = subprocess.run(
        [
            uv,
            "build",
            "--wheel",
            "--offline",
            "--no-build-isolation",
            "--out-dir",
            tmp_path,
            source,
        ],
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    (wheel,) = tmp_path.glob("*.whl")
    packed = set(zipfile.ZipFile(wheel).namelist())
    wanted = {
        str(path.relative_to(ROOT / "src"))
        for path in (ROOT / "src").rglob("*")
        if path.suffix in {".py", ".sql", ".yaml", ".mako", ".ini"} or path.name == "py.typed"
    }
    assert wanted - packed == set()


@pytest.mark.parametrize("name", SERVICES)
def test_a_compose_service_is_pinned_and_watched(name: str) -> None:
    service = SERVICES[name]
    assert PINNED.fullmatch(service["image"]), service["image"]
    ends = service.get("restart") == "no"
    if not ends and name not in {"drift", "prometheus"}:
        assert service["healthcheck"]["test"][0] == "CMD"
    for other, condition in service.get("depends_on", {}).items():
        wanted = "service_completed_successfully" if other == "migrate" else "service_healthy"
        assert condition["condition"] == wanted, f"{name} waits for {other}"
        assert other in SERVICES
    for port in service.get("ports", []):
        assert port.startswith("127.0.0.1:"), "a laptop's services are nobody else's business"
    for volume in service.get("volumes", []):
        source = volume.split(":")[0]
        # models/ is made by the first training.
        assert source in {"database", "./models"} or (ROOT / source).exists(), source
    if "build" in service:
        assert service["build"]["target"] in DOCKERFILE
        environment = service["environment"] | {"FRAUD_SCORE_TOKEN": ""}
        environment["DATABASE_URL"] = re.sub(r"\$\{.*?\}", "x", environment["DATABASE_URL"])
        assert list(running.environment_problems(name, environment)) == []
        assert service["cap_drop"] == ["ALL"]
        assert service["read_only"] is True


def test_compose_follows_its_specification() -> None:
    check = tool("check-jsonschema", "pip install check-jsonschema: it holds the Compose schema")
    for schema, files in (
        ("vendor.compose-spec", [ROOT / "compose.yaml"]),
        ("vendor.github-workflows", sorted((ROOT / ".github/workflows").glob("*.yaml"))),
    ):
        done = subprocess.run(
            [check, "--builtin-schema", schema, *files],
            check=False,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout


def test_everything_serves_with_the_same_images() -> None:
    deployed = {
        container["image"]
        for overlay in ("dev", "stage", "prod")
        for workload in render(overlay).workloads
        for container in workload.containers
    }
    assert SERVICES["model-server"]["image"] in deployed
    assert SERVICES["postgres"]["image"] in deployed
    assert SERVING_IMAGE in deployed


def test_compose_gives_the_model_server_flags_it_knows() -> None:
    options = parse(SERVICES["model-server"]["command"])
    folder, *_ = (v for v in SERVICES["model-server"]["volumes"] if "/etc/model-server" in v)
    source = ROOT / folder.split(":")[0]
    for path in (options.model_config_file, options.monitoring_config_file):
        assert (source / Path(path).name).is_file()


@pytest.mark.slow
@pytest.mark.parametrize("target", ["service", "trainer"])
def test_the_image_is_built(target: str) -> None:
    docker = tool("docker", "no image is built on this machine")
    if subprocess.run([docker, "info"], check=False, capture_output=True).returncode:
        pytest.skip("there is a docker command, but no engine: no image is built on this machine")
    tag = f"fraud-score-test-{target}"
    subprocess.run([docker, "build", "--target", target, "--tag", tag, ROOT], check=True)
    done = subprocess.run(
        [docker, "run", "--rm", "--read-only", tag, "--help"],
        check=True,
        capture_output=True,
        text=True,
    )
    assert "migrate" in done.stdout
