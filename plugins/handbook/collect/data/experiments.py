"""What configures experiments: Hydra and its like, the files of a configuration, seeds."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from itertools import islice

from handbook.collect.data.reader import Reader, names_of, spot_in
from handbook.model.data import ConfigFile, Framework, Pipeline, Setting, Stage
from handbook.model.source import Call, Source, Spot
from handbook.yamlnodes import Mapping, Node, Scalar, Sequence

_FILES = 100
_SETTINGS = 150  # of one file
_VALUE = 120
_NAME = 120
_NODES = 2_000  # of one file
_DEFAULTS = 50
_SEEDS = 50
_YAML = (".yaml", ".yml")
_SECRET = re.compile(r"passw|secret|token|api_?key|credential", re.IGNORECASE)

_FRAMEWORKS = {
    "Hydra": ("hydra",),
    "Sacred": ("sacred",),
    "Gin": ("gin",),
    "LightningCLI": (
        "lightning.pytorch.cli",
        "pytorch_lightning.cli",
        "pytorch_lightning.utilities.cli",
    ),
    "jsonargparse": ("jsonargparse",),
    "Kedro": ("kedro",),
    "Metaflow": ("metaflow",),
    "ZenML": ("zenml",),
    "ml_collections": ("ml_collections",),
    "Fiddle": ("fiddle",),
    "pyrallis": ("pyrallis",),
    "draccus": ("draccus",),
    "OmegaConf": ("omegaconf",),
}
"""In the order of preference: what builds on another comes before it."""

_SEED = re.compile(
    r"^(?:random\.seed|numpy\.random\.(?:seed|default_rng|RandomState|SeedSequence)"
    r"|torch\.(?:manual_seed|cuda\.manual_seed(?:_all)?)|tensorflow\.(?:compat\.v1\.)?(?:random\.)?set_(?:random_)?seed"
    r"|jax\.random\.(?:PRNGKey|key)|mxnet\.random\.seed|.*\b(?:seed_everything|set_random_seed|set_seed|seed_all"
    r"|set_global_seeds?|set_seeds|enable_full_determinism|fix_seed|setup_seed))$"
)
_SEED_KEYS = frozenset(
    {"random_state", "random_seed", "seed", "data_seed", "rng_seed", "seed_everything"}
)
_NO_SEED = re.compile(r"(?:default_rng|RandomState|seed)\(\s*\)|(?:random_state|seed)\s*=\s*None")


def frameworks_of(
    reader: Reader, source: Source, pipelines: tuple[Pipeline, ...], trains: tuple[Spot, ...]
) -> tuple[Framework, ...]:
    """Find each framework that the code imports or whose files are there.

    ``trains``: where models are trained, a folder of configuration counts as one.
    """
    found: list[Framework] = []
    for name, modules in _FRAMEWORKS.items():
        used = next(source.imported(*modules), None)
        if used and not (name == "OmegaConf" and found):
            found.append(Framework(name, used.spot, _files(reader, name, source)))
    found += _by_files(reader, pipelines)
    return tuple(found) or tuple(_plain(reader, trains))


def _plain(reader: Reader, trains: tuple[Spot, ...]) -> Iterator[Framework]:
    """Give a folder of configuration that is beside what trains, or above it."""
    for entry in reader.entries:
        folder, name = posixpath.split(entry.path)
        above = posixpath.dirname(folder)
        if not any(spot.path.startswith(f"{above}/") or not above for spot in trains):
            continue
        if posixpath.basename(folder) in ("conf", "config", "configs", "hparams") and (
            name.endswith((*_YAML, ".json", ".toml", ".gin"))
            or re.match(r"(?:train|eval|finetune)\w*\.py$", name)
        ):
            yield Framework("configuration files", Spot(entry.path, 1))
            return


def _files(reader: Reader, name: str, source: Source) -> tuple[ConfigFile, ...]:
    if name in ("Hydra", "OmegaConf", "LightningCLI", "jsonargparse"):
        return tuple(_tree(reader, source))
    if name == "ZenML":
        paths = [path for path in _yaml(reader) if re.search(r"(?:^|/)configs?/[^/]+$", path)]
        return tuple(config_file(reader, path) for path in paths[:_FILES])
    if name == "Kedro":
        paths = [p for p in _yaml(reader) if re.search(r"(?:^|/)conf/.*parameters[^/]*$", p)]
        return tuple(config_file(reader, path) for path in paths[:_FILES])
    return ()


def _tree(reader: Reader, source: Source) -> Iterator[ConfigFile]:
    """Give the files of each folder of configuration; the files at its top come first."""
    paths = list(_yaml(reader))
    roots = set(_named_roots(reader, source))
    for path in paths:
        parts = path.split("/")[:-1]
        at = next(
            (n for n, part in enumerate(parts) if part in ("conf", "config", "configs")), None
        )
        if at is not None and not any(f"{path}/".startswith(f"{root}/") for root in roots):
            roots.add("/".join(parts[: at + 1]))
    left = _FILES
    for root in sorted(roots):
        inside = [path for path in paths if path.startswith(f"{root}/")]
        inside.sort(key=lambda path: (path.count("/"), path))
        for path in inside[:left]:
            yield config_file(reader, path, root)
        left -= min(left, len(inside))


def _named_roots(reader: Reader, source: Source) -> Iterator[str]:
    """Give the folders that ``hydra.main`` and ``hydra.initialize`` name."""
    for call in source.called("hydra.main", "hydra.initialize", "hydra.initialize_config_dir"):
        for text in call.texts:
            folder = posixpath.normpath(posixpath.join(posixpath.dirname(call.spot.path), text))
            if text not in ("", ".") and folder in reader.folders:
                yield folder


def _yaml(reader: Reader) -> Iterator[str]:
    return (entry.path for entry in reader.entries if entry.path.endswith(_YAML))


def config_file(reader: Reader, path: str, root: str = "") -> ConfigFile:
    """Read one file: what it takes first, and its values by dotted names."""
    group = posixpath.dirname(path[len(root) + 1 :]) if root else ""
    option = posixpath.splitext(posixpath.basename(path))[0]
    node = reader.mapping(path)
    if node is None:
        return ConfigFile(path, group, option)
    settings = tuple(islice(_flat(node), _SETTINGS))
    return ConfigFile(path, group, option, tuple(islice(_defaults(node), _DEFAULTS)), settings)


def _defaults(node: Mapping) -> Iterator[str]:
    given = node.get("defaults")
    for item in given.items if isinstance(given, Sequence) else ():
        if isinstance(item, Scalar):
            yield item.text[:_VALUE]
        elif isinstance(item, Mapping):
            for key, value in item.pairs:
                names = (
                    [value.text] if isinstance(value, Scalar) else [t for t, _ in names_of(value)]
                )
                yield f"{key.text}: {', '.join(names)}"[:_VALUE]


def _flat(top: Node) -> Iterator[Setting]:
    """Give the leaves in the order of the file; a list of plain values is one leaf.

    Aliases may make a small file a tree without end: only so many of its nodes are visited.
    """
    todo: list[tuple[str, Node]] = [("", top)]
    for _ in range(_NODES):
        if not todo:
            return
        name, node = todo.pop()
        if isinstance(node, Mapping):
            pairs = node.pairs[:_NODES]
            todo += [
                (f"{name}.{key.text[:_NAME]}" if name else key.text[:_NAME], value)
                for key, value in reversed(pairs)
                if name or key.text != "defaults"
            ]
        elif isinstance(node, Sequence) and not all(isinstance(i, Scalar) for i in node.items):
            items = list(enumerate(node.items[:_NODES]))
            todo += [(f"{name}[{number}]", item) for number, item in reversed(items)]
        elif isinstance(node, Sequence):
            text = ", ".join(item.text for item in node.items[:20] if isinstance(item, Scalar))
            yield Setting(name[-_NAME:], f"[{text}]"[:_VALUE], node.line)
        else:
            hidden = _SECRET.search(name) and node.has_text
            yield Setting(name[-_NAME:], "…" if hidden else node.text[:_VALUE], node.line)


def _by_files(reader: Reader, pipelines: tuple[Pipeline, ...]) -> Iterator[Framework]:
    """Give what shows in files only: parameters of DVC, MLflow projects, sweeps."""
    for pipeline in pipelines:
        if pipeline.system == "MLflow project" and pipeline.stages:
            yield Framework("MLflow project", pipeline.stages[0].spot)
    stages = [s for pipe in pipelines if pipe.system == "DVC" for s in pipe.stages if s.parameters]
    if stages:
        folders = {posixpath.dirname(stage.spot.path) for stage in stages}
        named = {posixpath.join(folder, "params.yaml") for folder in folders}
        paths = sorted(path for path in named if reader.tree.exists(path))
        files = tuple(config_file(reader, path) for path in paths)
        yield Framework("DVC parameters", stages[0].spot, files)
    for path in _yaml(reader):
        if "sweep" in path.lower() and (node := reader.mapping(path)):
            keys = {key.text for key, _ in node.pairs}
            if {"method", "parameters"} <= keys:
                spot = spot_in(reader.text(path), path, node.line)
                yield Framework("W&B sweep", spot, (config_file(reader, path),))


def projects_of(reader: Reader) -> tuple[Pipeline, ...]:
    """Read the entry points of each ``MLproject``."""
    found = []
    for path in list(reader.named("MLproject"))[:20]:
        node = reader.mapping(path)
        if node is None:
            continue
        stages = [
            Stage(
                name.text[:_NAME],
                Spot(path, name.line, f"{name.text[:_NAME]}:"),
                command=command.text[:300] if (command := item.scalar("command")) else "",
                parameters=tuple(
                    key.text[:_NAME] for key, _ in item.mapping("parameters").pairs[:_DEFAULTS]
                ),
            )
            for name, item in node.mapping("entry_points").pairs
            if isinstance(item, Mapping)
        ]
        found.append(Pipeline(path, "MLflow project", tuple(stages)))
    return tuple(found)


def seeds_of(
    source: Source, frameworks: tuple[Framework, ...], files: frozenset[str]
) -> tuple[Spot, ...]:
    """Find where chance is given a seed: in ``files``, or in a configuration that is read.

    ``files`` are those that use machine learning: what simulates data may have a seed of its own.
    """
    found = [call.spot for call in source.calls if call.spot.path in files and _seeds(call)]
    for framework in frameworks:
        for file in framework.files:
            found += [
                Spot(file.path, item.line, f"{item.name}: {item.value}")
                for item in file.settings
                if item.name.rpartition(".")[2] in _SEED_KEYS and item.value not in ("", "null")
            ]
    return tuple(dict.fromkeys(found))[:_SEEDS]


def _seeds(call: Call) -> bool:
    named = bool(_SEED.match(call.name)) or bool(_SEED_KEYS.intersection(call.keywords))
    return named and not _NO_SEED.search(call.spot.text)
