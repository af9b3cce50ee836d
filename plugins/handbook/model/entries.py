"""Entry points by which platforms serve a model: functions with the names that they call."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from handbook.model.source import Function, Source, Spot


def entries_of(source: Source) -> Iterator[tuple[str, Spot]]:
    """Give each file that a platform serves a model by, with the platform's name."""
    files: defaultdict[str, dict[str, Function]] = defaultdict(dict)
    for function in source.functions:
        files[function.spot.path].setdefault(function.name, function)
    azure = {item.spot.path for item in source.imported("azureml")}
    azure |= {call.spot.path for call in source.calls if "AZUREML_MODEL_DIR" in call.texts}
    for path, own in files.items():
        if "model_fn" in own and {"predict_fn", "input_fn", "transform_fn", "output_fn"} & {*own}:
            yield "SageMaker", own["model_fn"].spot
        run = own.get("run")
        if path in azure and "init" in own and run and "batch" not in run.spot.text:
            yield "Azure ML", run.spot  # jobs are given a "mini_batch"
