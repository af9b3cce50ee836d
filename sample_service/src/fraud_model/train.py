"""From labelled payments to a version for the model server.

``python -m fraud_model.train`` trains on the data set that DVC versions, and makes it where it is
missing; ``source=live`` trains on the labelled payments in the database ``DATABASE_URL``.

Exit codes: 0 exported, 1 data or folder at fault, 2 configuration at fault, 3 not good enough.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from fraud_model import evaluate, export, generate, measure, prepare, tracking, versions
from fraud_model.config import Config, command
from fraud_model.dataset import Dataset
from fraud_model.errors import DataError, ExportError, GateError
from fraud_model.fit import fit
from fraud_model.measure import Scored
from fraud_model.network import CONTRIBUTIONS
from fraud_model.reference import reference
from fraud_model.weights import Weights


# --8<-- [start:train]
def run(config: Config) -> None:
    """Train, evaluate, and export if the model is good enough.

    Raises:
        GateError: It is not; nothing was exported.
    """
    dataset = load(config)
    training, validation, test = dataset.split(config.split)
    with tracking.run(config) as tracked:
        weights, losses = fit(config, training, validation)
        metrics = evaluate.evaluate(weights, training, test, config.thresholds)
        digests = {"dataset_digest": dataset.digest, "weights_digest": weights.digest}
        tracked.note(_numbers(metrics), {**digests, "source": config.source.kind})
        print(f"{len(losses)} epochs, {weights.digest}\n{evaluate.summary(metrics)}")
        if not config.export.enabled:
            weights.save(config.paths.weights)
            return
        check(config, metrics, test)
        facts = {**digests, "contributions": CONTRIBUTIONS, "metrics": metrics}
        print(_export(config, tracked, weights, training, facts))


# --8<-- [end:train]


def load(config: Config) -> Dataset:
    """Return the data set to train on; generated and prepared first where it is missing."""
    if config.source.kind == "live":
        return prepare.read(config)
    if not config.paths.dataset.exists():
        generate.run(config)
        prepare.run(config)
    dataset = Dataset.load(config.paths.dataset)
    if dataset.origin != prepare.origin(config):
        raise DataError(
            f"{config.paths.dataset}: made with other parameters than data.* and source.* have "
            f"now: {dataset.origin}. Make it again with 'dvc repro', or take another paths.data."
        )
    return dataset


# --8<-- [start:gate]
def check(config: Config, metrics: dict[str, Any], test: Dataset) -> None:
    """Hold a candidate against the baseline and the current version, on the same payments.

    Raises:
        GateError: It is too much worse than one of them.
    """
    rivals = {"a logistic regression": metrics["baseline"]["pr_auc"], **_current(config, test)}
    reached, limit = metrics["model"]["pr_auc"], config.gate.largest_loss
    for rival, figure in rivals.items():
        if reached < figure - limit:
            raise GateError(
                f"not exported: PR-AUC {reached:.3f}, but {rival} has {figure:.3f} on the same "
                f"payments, and gate.largest_loss is {limit}. Look at the data and the "
                "configuration; the current version stays in service."
            )


# --8<-- [end:gate]


def _current(config: Config, test: Dataset) -> dict[str, float]:
    """Return the PR-AUC of the newest version, if there is one that can be loaded."""
    folder = Path(config.paths.models) / config.export.name
    for number in versions.numbers(folder)[-1:]:
        try:
            return {f"version {number}": _pr_auc_of(folder / str(number), test)}
        except ExportError as exc:
            print(f"warning: not compared with version {number}: {exc}")
    return {}


def _pr_auc_of(folder: Path, test: Dataset) -> float:
    answers = export.read(folder)(test.inputs)
    return measure.pr_auc(Scored(answers["probability"], test.fraud, test.euro))


def _export(
    config: Config,
    tracked: tracking.Run,
    weights: Weights,
    training: Dataset,
    facts: dict[str, Any],
) -> str:
    name = config.export.name
    warmup = [training.rows(np.s_[-rows:]).inputs for rows in config.export.warmup_rows]
    with versions.publish(Path(config.paths.models) / name) as version:
        export.write(version, name, weights, warmup)
        registered = tracked.register(name)
        trained_at = datetime.now(UTC).isoformat(timespec="seconds")
        facts = {"trained_at": trained_at, **facts, "mlflow": registered}
        export.describe(version, name, facts, reference(training.numeric))
    tracked.keep(version.final, "model")
    tracked.promote(name, registered, version.number)
    return f"{version.final}: version {version.number} of {name}"


def _numbers(metrics: dict[str, Any]) -> dict[str, float]:
    return {
        f"{name}.{figure}": value
        for name in ("model", "baseline")
        for figure, value in metrics[name].items()
    }


main = command(run)

if __name__ == "__main__":
    main()
