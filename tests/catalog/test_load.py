"""The catalogue file: cases in cases/load/*.yml, and what no case file can hold."""

from __future__ import annotations

import json
import os
from importlib.resources import files
from operator import itemgetter
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from handbook.catalog import load_catalog
from handbook.errors import CatalogError, YamlError
from handbook.model.catalog import (
    RESERVED_SLUGS,
    SLUG_LENGTH,
    Catalog,
    entity_name,
    last_segment,
    slug_mistake,
    slugify,
)
from handbook.model.limits import Limits

CASES: list[dict[str, Any]] = [
    {**case, "id": f"{path.stem}: {case['case']}"}
    for path in sorted(Path(__file__).parent.glob("cases/load/*.yml"))
    for case in yaml.safe_load(path.read_text(encoding="utf-8"))
]
SEEN = [case for case in CASES if case.get("schema") != "blind"]
SCHEMA = json.loads(
    files("handbook").joinpath("catalog/catalog.schema.json").read_text(encoding="utf-8")
)
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)
RESERVED = "which the site keeps for itself; give the service"  # of a name: the schema is blind


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "catalog.yml"


def problems_of(file: Path, limits: Limits | None = None) -> tuple[str, ...]:
    with pytest.raises(CatalogError) as raised:
        load_catalog(file, limits)
    return raised.value.problems


@pytest.mark.parametrize("case", CASES, ids=itemgetter("id"))
def test_case(case: dict[str, Any], file: Path) -> None:
    file.write_text(case["catalog"], encoding="utf-8")
    if "problems" in case:
        assert list(problems_of(file)) == case["problems"]
        return
    entries = load_catalog(file).entries
    assert len(entries) == len(case["entries"])
    for entry, expected in zip(entries, case["entries"], strict=True):
        actual = json.loads(msgspec.json.encode(entry))
        wanted = {
            key: os.path.normpath(value.replace("FOLDER", str(file.parent)))
            if key == "repo" and value.startswith("FOLDER")
            else value
            for key, value in expected.items()
        }
        assert {key: actual[key] for key in wanted} == wanted


def entries_of(cases: list[dict[str, Any]]) -> list[Any]:
    """Each entry of each case by itself, as an editor sees it."""
    documents = ((case["id"], yaml.safe_load(case["catalog"])) for case in cases)
    return [
        pytest.param(entry, id=f"{name} {number}")
        for name, document in documents
        if isinstance(document, dict)
        for number, entry in enumerate(document.get("services") or (), 1)
    ]


@pytest.mark.parametrize("case", SEEN, ids=itemgetter("id"))
def test_schema_agrees_on_files(case: dict[str, Any]) -> None:
    errors = list(VALIDATOR.iter_errors(yaml.safe_load(case["catalog"])))
    assert bool(errors) == ("problems" in case), errors


@pytest.mark.parametrize("entry", entries_of(SEEN))
def test_schema_agrees_on_entries(entry: object, file: Path) -> None:
    document = {"services": [entry]}
    file.write_text(yaml.safe_dump(document), encoding="utf-8")
    errors = list(VALIDATOR.iter_errors(document))
    try:
        load_catalog(file)
    except CatalogError as error:
        assert bool(errors) == (RESERVED not in str(error)), error
    else:
        assert not errors


def test_schema_is_valid_and_describes_every_key() -> None:
    from handbook.catalog.entry import KEYS

    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    properties = SCHEMA["$defs"]["entry"]["properties"]
    assert set(properties) == set(KEYS)
    assert all(part["description"] for part in properties.values())
    assert set(properties["slug"]["not"]["enum"]) == RESERVED_SLUGS


def test_missing_file(file: Path) -> None:
    (problem,) = problems_of(file)
    assert problem.startswith("catalog.yml: cannot be read (No such file or directory); create it")


def test_not_utf8(file: Path) -> None:
    file.write_bytes(b"services:\n  - repo: ./a\n    name: Caf\xe9\n")
    assert problems_of(file) == ("catalog.yml:3: is not UTF-8; save the file in that encoding",)


def test_byte_order_mark_and_windows_lines(file: Path) -> None:
    file.write_bytes(b"\xef\xbb\xbfservices:\r\n  - repo: ./a\r\n    ref: main\r\n")
    assert load_catalog(file).entries[0].ref == "main"


def test_larger_than_the_limit(file: Path) -> None:
    file.write_text("services: []\n" + "#" * 200)
    assert problems_of(file, Limits(catalog=100)) == (
        "catalog.yml: is larger than 100 bytes; split the catalogue",
    )


def test_yaml_laughs(file: Path) -> None:
    lines = ["a0: &a0 [x]", *(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, 80))]
    file.write_text("\n".join(lines))
    assert "more than 100 aliases" in problems_of(file)[0]


def test_nested_deeply(file: Path) -> None:
    file.write_text("services: " + "[" * 100_000)
    assert "nested deeper than 64 levels" in problems_of(file)[0]


def test_a_thousand_services(file: Path) -> None:
    entries = "".join(f"  - repo: https://github.com/acme/s{n}\n" for n in range(1000))
    file.write_text(f"services:\n{entries}")
    assert len(load_catalog(file).entries) == 1000


def test_errors_survive_a_worker() -> None:
    import pickle

    error = pickle.loads(pickle.dumps(YamlError("odd", 3)))  # noqa: S301 - our own
    assert (error.line, str(error)) == (3, "line 3: odd")


def test_own_catalogue() -> None:
    root = Path(__file__).parents[2]
    catalog = load_catalog(root / "catalog.yml")
    assert [entry.path for entry in catalog.entries] == ["sample_service", "plugins"]
    assert {entry.repo for entry in catalog.entries} == {str(root)}
    modeline = (root / "catalog.yml").read_text().splitlines()[0]
    assert (root / modeline.partition("$schema=")[2]).is_file()


@settings(deadline=None)  # other work on the machine is no fault of the code
@given(st.binary(max_size=200))
def test_any_bytes_give_a_catalogue_or_problems(
    tmp_path_factory: pytest.TempPathFactory, data: bytes
) -> None:
    check_no_crash(tmp_path_factory, data)


SCRAPS = (
    r"services repo path paths name tags slug : - \n - &a *a ? { } [ ] ' \" | !x --- .. / ./a 1.0"
    r" ~ , https://x.org/a a@b:c * # % \t \u00e9 \u63a8 \n\u0020\u0020 :\u0020 -\u0020 \n--- \ufeff"
)
SCRAP = st.sampled_from([scrap.encode().decode("unicode_escape") for scrap in SCRAPS.split()])


@settings(deadline=None)  # other work on the machine is no fault of the code
@given(st.lists(SCRAP, max_size=40))
def test_any_yaml_gives_a_catalogue_or_problems(
    tmp_path_factory: pytest.TempPathFactory, scraps: list[str]
) -> None:
    check_no_crash(tmp_path_factory, ("services:\n  - " + "".join(scraps)).encode())


def check_no_crash(factory: pytest.TempPathFactory, data: bytes) -> None:
    file = factory.getbasetemp() / "catalog.yml"
    file.write_bytes(data)
    lines = data.count(b"\n") + data.count(b"\r") + 1
    try:
        catalog = load_catalog(file)
    except CatalogError as error:
        assert error.problems
        for problem in error.problems:
            line = problem.removeprefix("catalog.yml:").partition(":")[0]
            assert not line.isdecimal() or 1 <= int(line) <= lines, problem
    else:
        assert isinstance(catalog, Catalog)
        slugs = [entry.own_slug for entry in catalog.entries if not entry.paths]
        assert not any(map(slug_mistake, slugs))
        assert len(set(slugs)) == len(slugs)


@settings(deadline=None)  # other work on the machine is no fault of the code
@given(st.text())
def test_slugs(name: str) -> None:
    slug = slugify(name)
    assert slug == slugify(slug)
    assert slugify(name.upper()) in {slug, slugify(name.upper().lower())}
    assert not slug or not set(slug) - set("abcdefghijklmnopqrstuvwxyz0123456789-")
    assert not slug or slug_mistake(slug) == "" or len(slug) > SLUG_LENGTH or slug in RESERVED_SLUGS


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Größe_Scorer", "grosse-scorer"),
        ("  a..b//c ", "a-b-c"),
        ("ＦＲＡＵＤ", "fraud"),
        ("\u212aernel", "kernel"),  # the sign for kelvin
        ("İstanbul", "istanbul"),
        ("ﬁle", "file"),
        ("x\u0000y", "x-y"),
        ("推薦 api", ""),
        ("sc\u043erer", ""),  # a Cyrillic o
        ("🦄", ""),
        ("🦄 ranker", "ranker"),
    ],
)
def test_slug_of(name: str, slug: str) -> None:
    assert slugify(name) == slug


@pytest.mark.parametrize(
    ("place", "name"),
    [
        ("https://github.com/acme/scorer.git/", "scorer"),
        ("git@host:scorer.git", "scorer"),
        ("/srv/git/scorer/.git", "scorer"),
        ("/srv/git/scorer.git", "scorer"),
        ("services/scorer", "scorer"),
    ],
)
def test_last_segment(place: str, name: str) -> None:
    assert last_segment(place) == name


@pytest.mark.parametrize(
    ("reference", "name"),
    [
        ("group:default/team-risk", "team-risk"),
        ("group:team-risk", "team-risk"),
        ("user:default/ada", "ada"),
        ("group:payments/core", "payments/core"),
        ("@acme/platform", "@acme/platform"),
        ("Team: Risk", "Team: Risk"),
    ],
)
def test_entity_name(reference: str, name: str) -> None:
    assert entity_name(reference) == name
