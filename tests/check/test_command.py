"""``handbook check`` and ``handbook explain``, run on real folders."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from handbook.cli import main


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [str(part) for part in arguments])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "risk"
    made.mkdir()
    (made / "README.md").write_text("# Risk\n", encoding="utf-8")
    return made


def owned(folder: Path) -> None:
    (folder / "CODEOWNERS").write_text("* @acme/risk @acme/risk-ml\n", encoding="utf-8")


ONE = ("--select", "DOC03")


def test_what_is_lacking_fails_with_the_next_step(folder: Path) -> None:
    done = run("check", folder, *ONE)
    assert done.exit_code == 1
    assert "✗ DOC03" in done.output
    assert "Do: Add a CODEOWNERS file" in done.output
    assert "Searched" in done.output
    assert "handbook explain DOC03" in done.output


def test_edits_count_before_they_are_committed(folder: Path) -> None:
    owned(folder)
    done = run("check", folder, *ONE)
    assert done.exit_code == 0, done.output
    assert "risk: gold. 1 of 1 applicable rules are met." in done.output
    assert "show them with --all" in done.output
    assert "CODEOWNERS:1" in run("check", folder, *ONE, "--all").output


def test_a_ref_is_judged_as_it_was(folder: Path) -> None:
    for arguments in (
        ["init", "-q", "-b", "main"],
        ["add", "-A"],
        ["-c", "user.name=t", "-c", "user.email=t@example.org", "commit", "-qm", "First"],
    ):
        subprocess.run(["git", *arguments], cwd=folder, check=True)
    owned(folder)
    assert run("check", folder, *ONE).exit_code == 0
    assert run("check", folder, *ONE, "--ref", "main").exit_code == 1
    done = run("check", folder, "--ref", "nope")
    assert done.exit_code == 2
    assert "no commit, branch or tag 'nope'" in done.output


def test_a_folder_of_a_monorepo_is_a_service(folder: Path) -> None:
    subprocess.run(["git", "init", "-q"], cwd=folder, check=True)
    inner = folder / "services" / "score"
    inner.mkdir(parents=True)
    (inner / "README.md").write_text("# Score", encoding="utf-8")
    (folder / "CODEOWNERS").write_text("/services/score/ @acme/a @acme/b\n", encoding="utf-8")
    assert run("check", inner, *ONE).exit_code == 0


def test_a_baseline_lets_known_findings_pass_and_no_others(folder: Path, tmp_path: Path) -> None:
    known = tmp_path / "baseline.json"
    assert run("check", folder, *ONE, "--baseline", known, "--write-baseline").exit_code == 0
    done = run("check", folder, *ONE, "--baseline", known)
    assert done.exit_code == 0
    assert "1 known from the baseline" in done.output
    with_another = run("check", folder, *ONE[:-1], "DOC03,DOC04", "--baseline", known)
    assert with_another.exit_code == 1
    assert "DOC04" in with_another.output
    assert "✗ DOC03" not in with_another.output
    known.write_text("{}", encoding="utf-8")
    assert run("check", folder, *ONE, "--baseline", known).exit_code == 1
    known.write_text("[", encoding="utf-8")
    assert "--write-baseline" in run("check", folder, *ONE, "--baseline", known).output


def test_json_has_stable_keys(folder: Path) -> None:
    document = json.loads(run("check", folder, *ONE, "--format", "json").output)
    assert (document["format"], document["service"], document["level"]) == (1, "risk", None)
    assert document["blocking"] == ["DOC03"]
    assert document["findings"][0]["status"] == "fail"


def test_markdown_is_a_table_of_what_needs_work(folder: Path) -> None:
    done = run("check", folder, *ONE, "--format", "markdown")
    assert "| DOC03 Maintainers and owners are listed. |".replace(".", "") in done.output.replace(
        "\\", ""
    ).replace(".", "")
    owned(folder)
    assert "Every applicable rule is met" in run("check", folder, *ONE, "--format=markdown").output


@pytest.mark.parametrize("option", ["--select", "--ignore"])
def test_an_unknown_rule_is_named_with_those_there_are(folder: Path, option: str) -> None:
    done = run("check", folder, option, "NOPE9")
    assert done.exit_code == 2
    assert "no rule or family 'NOPE9'" in done.output
    assert "DOC03" in done.output


def test_a_family_stands_for_its_rules(folder: Path) -> None:
    document = json.loads(run("check", folder, "--select", "DOC", "--format", "json").output)
    assert {finding["code"][:3] for finding in document["findings"]} == {"DOC"}
    rest = json.loads(run("check", folder, "--ignore", "DOC", "--format", "json").output)
    assert not any(finding["code"].startswith("DOC") for finding in rest["findings"])


def test_a_level_bounds_what_fails(folder: Path) -> None:
    assert run("check", folder, *ONE, "--level", "bronze").exit_code == 1


def test_names_from_a_repo_do_not_reach_the_terminal_raw(folder: Path) -> None:
    (folder / "CODEOWNERS").write_text("* @acme/\x1b[2Jrisk\n", encoding="utf-8")
    assert "\x1b[2J" not in run("check", folder, *ONE, "--all").output


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (
            "exempt:\n  - rule: DOC01\n    who: me\n    until: 2030-01-01\n",
            ".handbook.yml:2: an entry lacks reason. It needs rule, reason, who, until.",
        ),
        ("kindd: service\n", ".handbook.yml:1: unknown key 'kindd'. Known: kind,"),
        ("exempt: [\n", "Mend the YAML: until then nothing of the file counts."),
    ],
)
def test_a_mistake_in_what_is_declared_is_said(folder: Path, text: str, says: str) -> None:
    (folder / ".handbook.yml").write_text(text)
    for _ in range(2):  # the second answer is a kept one
        done = CliRunner().invoke(main, ["check", str(folder), "--format", "json"])
        assert says in done.stderr
        assert json.loads(done.stdout)["findings"]


def test_explain_teaches_a_rule_and_lists_them() -> None:
    done = run("explain", "doc03")
    assert done.exit_code == 0
    for heading in ("What it does", "Why", "How to fix", "Equivalents"):
        assert heading in done.output
    listed = run("explain", "nope")
    assert listed.exit_code == 2
    assert "DOC03    Maintainers" in listed.output


def test_a_report_is_kept_until_anything_changes(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("handbook.tree.working._UNSURE", -(10**12))  # as if they were old files
    cache = ("--cache", tmp_path / "kept", *ONE)
    first = run("check", folder, *cache)
    assert any(path.name.startswith("report-") for path in (tmp_path / "kept").iterdir())
    monkeypatch.setattr("handbook.checkfolder._judge", lambda *_: pytest.fail("judged again"))
    assert run("check", folder, *cache).output == first.output
    monkeypatch.undo()
    owned(folder)
    assert run("check", folder, *cache).exit_code == 0


def test_nothing_is_kept_where_that_is_asked(folder: Path, _own_cache: Path) -> None:
    assert run("check", folder, "--cache", "off", *ONE).exit_code == 1
    assert list(_own_cache.iterdir()) == []
