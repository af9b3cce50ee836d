"""The README against the code: settings, commands, and the example that it shows."""

from __future__ import annotations

import argparse
import json
import re
import shlex
import tomllib
from dataclasses import fields

import jsonschema
import pytest
from tests.docs.pages import ROOT, codes, page, yaml_of

from fraud_score.__main__ import _parser
from fraud_score.settings import SettingError, Settings

README = page("README.md")
SETTINGS = {codes(row["Variable"])[0]: row for row in README.table("Settings")}


def _read() -> dict[str, str]:
    """Names that the settings read, each with its field."""
    text = (ROOT / "src/fraud_score/settings.py").read_text(encoding="utf-8")
    assigned = re.findall(r'(\w+)=\w[\w.]*\(\s*(?:read\.\w+\(\s*)?"([A-Z_]+)"', text)
    return {variable: name for name, variable in assigned}


def test_every_setting_is_listed_and_no_other() -> None:
    assert set(SETTINGS) == set(_read())
    assert len(SETTINGS) == len(fields(Settings))


@pytest.mark.parametrize("variable", SETTINGS)
def test_its_default_is_the_one_shown(variable: str) -> None:
    shown = codes(SETTINGS[variable]["Default"])
    default = getattr(Settings, _read()[variable])
    if not shown:
        assert not default
        return
    given = Settings.from_environment({variable: shown[0]})
    assert getattr(given, _read()[variable]) == default


def test_all_wrong_values_are_named_at_once() -> None:
    wrong = {"FRAUD_SCORE_PORT": "http", "FRAUD_SCORE_BATCH": "0", "DATABASE_URL": "mysql://x"}
    with pytest.raises(SettingError) as caught:
        Settings.from_environment(wrong)
    assert all(name in str(caught.value) for name in wrong)


def test_the_curl_example_is_a_payment() -> None:
    (command,) = [block for block in README.code("bash") if block.startswith("curl")]
    words = shlex.split(command)
    payment = json.loads(words[words.index("-d") + 1])
    _validate("Transaction", payment)


def test_the_answer_shown_is_a_job() -> None:
    (answer,) = README.code("json")
    _validate("Job", json.loads(answer))


def _validate(name: str, value: object) -> None:
    components = yaml_of("openapi.yaml")["components"]
    schema = {"$ref": f"#/components/schemas/{name}", "components": components}
    jsonschema.Draft202012Validator(schema).validate(value)


def test_make_targets_exist() -> None:
    made = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M))
    named = {name for shown in re.findall(r"\bmake ([a-z]+)\b", README.text) for name in [shown]}
    assert named <= made


def test_every_command_is_listed_and_no_other() -> None:
    listed = [codes(row["Command"])[0].split()[1] for row in README.table("Commands")]
    assert sorted(listed) == sorted(_subcommands(_parser()))


def _subcommands(parser: argparse.ArgumentParser) -> list[str]:
    (group,) = [a for a in parser._actions if isinstance(a, argparse._SubParsersAction)]
    return list(group.choices)


def test_the_number_of_dependencies_is_the_one_shown() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    shown = re.search(r"(\d+) direct dependencies in the service", README.text.replace("\n", " "))
    assert shown
    assert int(shown[1]) == len(project["dependencies"])
