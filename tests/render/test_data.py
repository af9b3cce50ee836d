"""The page of data and models: what leads where, and what hostile names become."""

from __future__ import annotations

from typing import Any

import pytest

from handbook.model.data import (
    Card,
    ConfigFile,
    Data,
    DataFile,
    Drift,
    Framework,
    Guard,
    ModelUse,
    Pipeline,
    RawFile,
    Reference,
    Remote,
    Serving,
    Setting,
    Stage,
    Tracked,
)
from handbook.model.source import Spot
from handbook.render.data import render_data, size
from handbook.render.pipelines import diagram

REPO = "https://github.com/acme/risk"
COMMIT = "0123456789abcdef0123456789abcdef01234567"
HOSTILE = '"]; click x "javascript:alert(1)" <script>alert(1)</script> `%% & #x;'


def spot(path: str = "dvc.yaml", line: int = 3, text: str = "") -> Spot:
    return Spot(path, line, text)


def whole(name: str = "train") -> Data:
    """One of everything, called the same."""
    stage = Stage(name, spot(), name, name, (name,), ("out.csv",), (name,), ("metrics.json",))
    return Data(
        remotes=(Remote(name, name, "bucket", True, spot(".dvc/config", 4)),),
        files=(DataFile(name, "DVC", spot("dvc.lock", 9), 5_971_032, "94cad0762024", 2, name),),
        raw=(RawFile(name, 6_000_000),),
        references=(Reference(name, spot("load.py", 2)),),
        pipelines=(Pipeline("dvc.yaml", "DVC", (stage, Stage("b", spot(), needs=("out.csv",)))),),
        frameworks=(
            Framework(
                name,
                spot("train.py", 1),
                (ConfigFile("conf/a.yaml", name, name, (name,), (Setting(name, name, 7),)),),
            ),
        ),
        seeds=(spot("train.py", 5),),
        tracked=(Tracked(name, "track", name, spot("train.py", 8)),),
        models=(ModelUse(name, name, "floating", spot("serve.py", 1)),),
        scheme=(spot("docs/model-card.md", 9, name),),
        cards=(Card("model", "docs/model-card.md", name, ((name, 1), (name, 2)), ("data",)),),
        serving=(Serving(name, spot("bentofile.yaml", 1), (name,)),),
        drift=Drift((spot("drift.sql", 1),), (name,), (spot("cron.yaml", 1),), (spot("t.py", 2),)),
        guards=(Guard("shared code", name, (spot("features.py", 1),)),),
    )


def test_everything_leads_to_its_line(context: Any, checked: Any) -> None:
    (page,) = render_data(whole(), context()).pages
    html = checked(page.html)
    for place in (
        "dvc.yaml#L3",
        "dvc.lock#L9",
        ".dvc/config#L4",
        "load.py#L2",
        "train.py#L1",
        "conf/a.yaml#L7",
        "train.py#L5",
        "train.py#L8",
        "serve.py#L1",
        "bentofile.yaml#L1",
        "drift.sql#L1",
        "cron.yaml#L1",
        "features.py#L1",
    ):
        assert f"{REPO}/blob/{COMMIT}/{place}" in html.links, place
    assert "5.7\N{NO-BREAK SPACE}MB" in page.html
    assert "94cad07620" in html.words
    assert page.uri == "data/"
    assert {item.anchor for item in page.toc} <= set(html.ids)


def test_what_a_repo_says_stays_text(context: Any, checked: Any) -> None:
    (page,) = render_data(whole(HOSTILE), context()).pages
    checked(page.html)
    assert "<script" not in page.html


def test_a_card_leads_to_its_page_where_there_is_one(context: Any, checked: Any) -> None:
    ctx = context(published={"docs/model-card.md": "docs/model-card/"})
    (page,) = render_data(whole(), ctx).pages
    html = checked(page.html)
    assert "../docs/model-card/" in html.links
    assert "intended use" in html.words, "what the card does not cover"


def test_paths_are_shown_from_the_services_folder(context: Any, checked: Any) -> None:
    data = Data(serving=(Serving("Triton", spot("services/risk/config.pbtxt", 1)),))
    (page,) = render_data(data, context(path="services/risk")).pages
    assert "Triton config.pbtxt:1" in checked(page.html).words


def test_nothing_to_show_is_no_page(context: Any) -> None:
    seen = Data(trains=(spot(),), predicts=(spot(),), seeds=(spot(),))
    assert render_data(seen, context()).pages == ()


def test_the_diagram_shows_data_between_steps_and_leaves_code_out() -> None:
    made = Stage("prepare", spot(), needs=("a/raw.csv", "a/prepare.py"), makes=("a/rows.npz",))
    used = Stage("train", spot(), needs=("a/rows.npz",), metrics=("a/metrics.json",))
    text = str(diagram(Pipeline("a/dvc.yaml", "DVC", (made, used)), "a"))
    assert 's0["prepare"]' in text
    assert '[("raw.csv")]' in text
    assert '[/"metrics.json"/]' in text
    assert "prepare.py" not in text
    assert text.count("--&gt;") == 4


def test_names_are_no_syntax_of_the_diagram() -> None:
    stage = Stage(HOSTILE, spot(), needs=(HOSTILE,), makes=("x\ny --> z",))
    text = str(diagram(Pipeline("dvc.yaml", "DVC", (stage,)), ""))
    lines = text.split("\n")
    assert len([line for line in lines if "--&gt;" in line and '"' not in line]) == 2
    assert all(line.count('"') in (0, 2) for line in lines[1:] if "class=" not in line)
    assert "<script" not in text


def test_a_pipeline_without_data_between_steps_has_no_diagram() -> None:
    assert diagram(Pipeline("MLproject", "MLflow project", (Stage("main", spot()),)), "") == ""


def test_a_large_pipeline_is_drawn_up_to_a_bound() -> None:
    stages = tuple(
        Stage(f"s{n}", spot(), needs=(f"{n}.csv",), makes=(f"{n + 1}.csv",)) for n in range(500)
    )
    text = str(diagram(Pipeline("dvc.yaml", "DVC", stages), ""))
    assert "460 more steps" in text
    assert text.count("--&gt;") == 80


@pytest.mark.parametrize(
    ("number", "shown"),
    [(-1, ""), (0, "0 B"), (2048, "2.0 KB"), (5_971_032, "5.7 MB"), (10**15, "909 TB")],
)
def test_sizes_are_written_for_people(number: int, shown: str) -> None:
    assert size(number) == shown.replace(" ", "\N{NO-BREAK SPACE}")
