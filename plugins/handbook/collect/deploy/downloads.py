"""What is fetched each time a container starts: by init containers, start scripts, platforms."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator

from handbook.collect.deploy.files import Files
from handbook.model.deploy import Build, Container, Download, Workload
from handbook.model.source import Spot

_FETCH = re.compile(
    r"(?<![\w-])(?P<how>aws\s+s3\s+(?:cp|sync)|gsutil\s+(?:-m\s+)?(?:cp|rsync)|gcloud\s+storage\s+(?:cp|rsync)"
    r"|s5cmd\s+(?:cp|sync)|azcopy\s+copy|mc\s+(?:cp|mirror)|rclone\s+(?:copy|sync)|dvc\s+(?:pull|get|fetch)"
    r"|git\s+lfs\s+pull|huggingface-cli\s+download|hf\s+download|mlflow\s+artifacts\s+download"
    r"|wandb\s+artifact\s+get|gdown|kaggle\s+\w+\s+download|wget|curl)"
    r"(?![\w-])[ \t]*(?P<rest>[^|;&\n]{0,400})"
)
_PYTHON = re.compile(
    r"(?<![\w-])(?P<how>python3?|uv\s+run(?:\s+python)?)\s+(?P<rest>(?:-m\s+)?[\w./-]{0,100}(?:download|fetch)[\w./-]{0,60}model[\w./-]{0,60}"
    r"|(?:-m\s+)?[\w./-]{0,100}download_(?:weights|artifacts)[\w./-]{0,60})"
)
_SCRIPT = re.compile(r"[\w./-]{1,150}\.(?:sh|bash)\b")
_BIG = re.compile(  # what curl and wget fetch counts only where its name says that it is data
    r"model|weight|checkpoint|artifact|dataset|embedding|huggingface|\.(?:bin|pt|pth|onnx|h5|tar(?:\.gz)?|tgz|zip|gguf|safetensors|pkl|joblib|parquet|csv)\b",
    re.IGNORECASE,
)
_SAVES = re.compile(r"(?:^|\s)-\w{0,8}[oOP]\b|--output\b|--remote-name\b|>")
_REMOTE = re.compile(r"^(?:s3|gs|hf|https?|abfss?|wasbs?|az|azure|hdfs|webhdfs|model)://")
_INITIALIZER = re.compile(r"storage-initializer|model-(?:downloader|loader|fetcher|puller)", re.I)
_HUB_SERVER = re.compile(r"vllm|text-(?:generation|embeddings)-inference|sglang|lmdeploy", re.I)
_HUB = re.compile(
    r"--model(?:-id|-path)?[= ](?P<name>[A-Za-z0-9][\w.-]{0,95}/[\w.-]{1,95})(?![\w./-])"
)
_KEPT = re.compile(r"cache|model|huggingface|^/data", re.IGNORECASE)
_MOST = 200
_TEXT = 20_000


def read_downloads(
    workloads: Iterable[Workload], builds: Iterable[Build], files: Files
) -> Iterator[Download]:
    """Give each download once, in the order of workloads, then of Dockerfiles."""
    seen: set[tuple[str, int]] = set()
    for download in _all(workloads, builds, files):
        place = (download.spot.path, download.spot.line)
        if place not in seen and len(seen) < _MOST:
            seen.add(place)
            yield download


def _all(
    workloads: Iterable[Workload], builds: Iterable[Build], files: Files
) -> Iterator[Download]:
    for workload in workloads:
        if workload.long_running:
            for container in workload.containers:
                yield from _of_container(container, files)
    for build in builds:
        if build.command_spot:
            yield from _of_text(" ".join(build.command), build.command_spot, files)


def _of_container(container: Container, files: Files) -> Iterator[Download]:
    text = " ".join(container.command)
    if container.init:
        for hit in _hits(text):
            yield Download("init container", hit[0], hit[1], container.spot)
        if _INITIALIZER.search(container.image) and not _FETCH.search(text):
            target = " ".join(container.command)[:200]
            yield Download("init container", container.image, target, container.spot)
    else:
        yield from _of_text(text, container.spot, files)
    kept = any(_KEPT.search(mount.path) for mount in container.mounts)
    if not container.init and _HUB_SERVER.search(container.image) and not kept:
        for named in _HUB.finditer(text):
            yield Download("platform", "model hub", named["name"], container.spot)
    if _REMOTE.match(container.source):
        scheme = container.source.partition("://")[0]
        yield Download("platform", scheme, container.source, container.spot)


def _of_text(text: str, spot: Spot, files: Files) -> Iterator[Download]:
    for how, target in _hits(text):
        yield Download("start script", how, target, spot)
    for name in dict.fromkeys(_SCRIPT.findall(text[:_TEXT])):
        path = _own(name, files)
        for number, line in enumerate(files.text(path).split("\n") if path else (), start=1):
            for how, target in _hits(line[:500]):
                yield Download("start script", how, target, Spot(path, number, line.strip()[:160]))


def _own(name: str, files: Files) -> str:
    """Return the file of the repo that a container knows by this name, "" if none or several."""
    base = posixpath.basename(name)
    found = [path for path in files.paths if posixpath.basename(path) == base]
    ends = [path for path in found if path.endswith(name.lstrip("./"))]
    chosen = ends or found
    return chosen[0] if len(chosen) == 1 else ""


def _hits(text: str) -> Iterator[tuple[str, str]]:
    for line in text[:_TEXT].split("\n"):
        if line.lstrip().startswith("#"):
            continue
        for hit in _FETCH.finditer(line):
            how, rest = " ".join(hit["how"].split()), hit["rest"].strip()
            if how in ("curl", "wget") and not (
                _BIG.search(rest) and (how == "wget" or _SAVES.search(rest))
            ):
                continue
            if how in ("curl", "wget") or not _uploads(rest):
                yield how, rest[:200]
        for hit in _PYTHON.finditer(line):
            yield "python", hit["rest"]


def _uploads(rest: str) -> bool:
    """Whether a copy goes from here to elsewhere."""
    if rest.startswith("- "):  # from what is piped into it
        return True
    words = [word for word in rest.split() if not word.startswith("-")]
    return len(words) > 1 and "://" not in words[0] and "://" in words[1]
