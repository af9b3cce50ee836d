"""Going on from a step of a run that was kept."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from handbook.errors import TutorialError
from handbook.tutorial.runner.processes import running

Started = Callable[..., Any]
FIRST = """
```bash
mkdir svc && cd svc
plain="a  b
TUTORIAL_RUN=c"
export LOUD="it's"
readonly FIXED=1
greet() { echo "hello $1"; }
echo once >>../count
```

<!-- step: id=serve always -->
```bash
sleep 600 & server=$!
echo $PORT >port; mkdir -p sub && cd sub
```

```bash
cd ..
```

<!-- step: id=middle -->
```bash
after=serve
```

<!-- step: id=check -->
```bash
kill -0 $server
greet "$plain $LOUD $FIXED $after"; pwd
cat ../count
EXPECTED
```
"""
SECOND = (
    "---\nneeds: [a]\n---\n\n<!-- step: id=stop cleanup -->\n```bash\npkill -P 0 x; true\n```\n"
)


def test_a_run_goes_on_where_it_failed(run: Started, tmp_path: Path) -> None:
    folder = tmp_path / "kept"
    broken = {"a": FIRST.replace("EXPECTED", "false"), "b": SECOND}
    first = run(broken, folder)
    results = first.finish()
    assert results["a"]["check"].startswith("failed: exit code 1; it printed:\nhello a  b\n")
    assert results["b"] == {"stop": "unreached: a: step check failed"}
    assert [process.name for process in first.left] == ["sleep"]

    mended = {"a": FIRST.replace("EXPECTED", "echo $PORT; test $PORT = $(cat port)"), "b": "# B\n"}
    again = run(mended, folder, from_step="check")
    page = again.pages[0]
    outcomes = [again.session.run(page, step) for step in page.steps]
    assert [(o.status, o.why) for o in outcomes] == [
        ("skipped", "done in the run before"),
        ("passed", ""),
        ("skipped", "done in the run before"),
        ("skipped", "done in the run before"),
        ("passed", ""),
    ], outcomes
    # What was restored brought its old mark along: the run would not find its own processes.
    assert [p.name for p in running(again.mark)] == ["bash", "sleep"]
    assert [p.name for p in again.close()] == ["sleep"]
    assert (folder / "workspace/count").read_text() == "once\n"
    assert again.session.own["PORT"] == first.session.own["PORT"]


def test_going_on_is_refused_before_what_has_not_passed(run: Started, tmp_path: Path) -> None:
    folder = tmp_path / "kept"
    pages = {"a": "```bash\ntrue\n```\n\n<!-- step: id=b -->\n```bash\nfalse\n```\n" * 1}
    pages["a"] += "\n<!-- step: id=c -->\n```bash\ntrue\n```\n"
    run(pages, folder).finish()
    with pytest.raises(TutorialError, match=r"--from-step c: a:b comes before it.*--from-step a:b"):
        run(pages, folder, from_step="c")
    changed = {"a": pages["a"].replace("true", "echo changed", 1)}
    with pytest.raises(TutorialError, match="begin there: --from-step a:step-1"):
        run(changed, folder, from_step="b")
    with pytest.raises(TutorialError, match="no step has this id; there are step-1, b, c"):
        run(pages, folder, from_step="d")


def test_steps_of_one_id_on_two_pages_are_told_apart(run: Started, tmp_path: Path) -> None:
    folder = tmp_path / "kept"
    text = "<!-- step: id=go -->\n```bash\necho {}\n```\n"
    pages = {"a": text.format(1), "b": text.format(2)}
    run(pages, folder).finish()
    with pytest.raises(TutorialError, match="two pages have such a step; write a:go or b:go"):
        run(pages, folder, from_step="go")
    assert run(pages, folder, from_step="b:go").finish() == {
        "a": {"go": "skipped: done in the run before"},
        "b": {"go": "passed"},
    }


def test_a_step_done_before_is_not_taken_for_done_when_it_is_run_again(
    run: Started, tmp_path: Path
) -> None:
    folder = tmp_path / "kept"
    text = "".join(f"<!-- step: id={i} -->\n```bash\ntest ! -e ../no-{i}\n```\n\n" for i in "abc")
    run({"p": text}, folder).finish()
    (folder / "no-a").touch()
    assert run({"p": text}, folder, from_step="a").finish()["p"]["a"].startswith("failed")
    with pytest.raises(TutorialError, match="p:a comes before it"):
        run({"p": text}, folder, from_step="c")


def test_a_new_run_in_a_kept_folder_begins_with_an_empty_workspace(
    run: Started, tmp_path: Path
) -> None:
    pages = {"a": "```bash\nmkdir svc\n```\n"}
    for _ in range(2):
        assert run(pages, tmp_path / "kept").finish() == {"a": {"step-1": "passed"}}


def test_folders_that_are_not_a_run_s_are_left_alone(run: Started, tmp_path: Path) -> None:
    pages = {"a": "```bash\ntrue\n```\n"}
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(TutorialError, match="holds other things"):
        run(pages, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
    with pytest.raises(TutorialError, match="no run was kept here"):
        run(pages, tmp_path / "new", from_step="step-1")


def test_a_folder_is_one_run_s_at_a_time(run: Started, tmp_path: Path) -> None:
    pages = {"a": "```bash\ntrue\n```\n"}
    first = run(pages, tmp_path / "kept")
    with pytest.raises(TutorialError, match="another run is using this folder"):
        run(pages, tmp_path / "kept")
    first.finish()
    run(pages, tmp_path / "kept").finish()
