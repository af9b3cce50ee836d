"""Model card and data card quote what the pipeline measured, to the digit shown."""

from __future__ import annotations

import re

from tests.docs.cards import CARD, metrics, renewed
from tests.docs.pages import codes, page, yaml_of

from fraud_features import FEATURES

DATA_CARD = page("docs/data-card.md")


def test_the_model_card_shows_what_the_pipeline_measured() -> None:
    card = CARD.read_text(encoding="utf-8")
    assert card == renewed(card, metrics()), "python -m tests.docs.cards renews the figures"


def test_changed_figures_would_be_noticed() -> None:
    card, figures = CARD.read_text(encoding="utf-8"), metrics()
    figures["model"]["pr_auc"] -= 0.1
    assert renewed(card, figures) != card


def test_the_data_card_explains_every_feature() -> None:
    named = [codes(row["Feature"])[0] for row in DATA_CARD.table("Features")]
    assert named == [*FEATURES, "descriptor"]


def test_the_data_card_gives_the_size_of_the_data() -> None:
    size = re.search(r"^\| Size \| ([\d,]+) payments", DATA_CARD.text, re.M)
    assert size
    payments = int(size[1].replace(",", ""))
    tested = metrics()["model"]["payments"]
    assert tested == payments - round(payments * 0.8)  # the newest fifth


def test_the_data_card_names_the_files_that_dvc_versions() -> None:
    stages = yaml_of("dvc.lock")["stages"]
    outputs = {out["path"] for name in ("generate", "prepare") for out in stages[name]["outs"]}
    files = re.search(r"^\| Files \| (.*)\|$", DATA_CARD.text, re.M)
    assert files
    assert set(codes(files[1])) == outputs
