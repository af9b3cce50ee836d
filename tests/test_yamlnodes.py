"""YAML of untrusted repos: its nodes with their lines, and the limits."""

from __future__ import annotations

import time

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from handbook.errors import YamlError
from handbook.model.limits import Limits
from handbook.yamlnodes import Mapping, Node, Scalar, Sequence, iter_documents, texts

LIMITS = Limits()


@pytest.fixture(params=["CSafeLoader", "SafeLoader"])
def parser(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both of PyYAML's parsers: not every platform has the one in C."""
    monkeypatch.setattr("handbook.yamlnodes._LOADER", getattr(yaml, request.param))


def documents(text: str, limits: Limits = LIMITS) -> list[Node]:
    return list(iter_documents(text, limits))


def mapping(text: str) -> Mapping:
    (document,) = documents(text)
    assert isinstance(document, Mapping)
    return document


def mistake(text: str, limits: Limits = LIMITS) -> YamlError:
    with pytest.raises(YamlError) as raised:
        documents(text, limits)
    return raised.value


@pytest.mark.usefixtures("parser")
def test_every_node_has_its_line() -> None:
    assert documents("# first\na:\n  - 'x'\n  - b: y\n---\nz\n") == [
        Mapping(
            2,
            [
                (
                    Scalar(2, "a", True),
                    Sequence(
                        3,
                        [
                            Scalar(3, "x"),
                            Mapping(4, [(Scalar(4, "b", True), Scalar(4, "y", True))]),
                        ],
                    ),
                )
            ],
        ),
        Scalar(6, "z", True),
    ]


@pytest.mark.usefixtures("parser")
@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a: 'b\n", 1),  # found on the line after the last
        ("a:\n  - b\n c: [\n", 3),
        ("a: b\nc: \x07\n", 2),
        ("a: b\n? [c]\n: d\n", 2),
        ("a: b\nc: *d\n", 2),
        ("a: b\nc: &c [*c]\n", 2),
        ("a: b\n\tc: d\n", 2),
        ("%YAML 9.0\n---\na\n", 1),
    ],
)
def test_what_is_not_read_names_its_line(text: str, line: int) -> None:
    assert mistake(text).line == line


@pytest.mark.usefixtures("parser")
def test_an_escape_that_names_no_character() -> None:
    assert mistake('a: "\\UFFFFFFFF"\n').line == 1


def test_documents_before_the_mistake_are_given() -> None:
    stream = iter_documents("a\n---\n[\n", LIMITS)
    assert next(stream) == Scalar(1, "a", True)
    with pytest.raises(YamlError):
        next(stream)


@pytest.mark.usefixtures("parser")
@pytest.mark.parametrize(
    ("tagged", "node"),
    [
        (
            "!!python/object/apply:os.system [touch gotcha]",
            Sequence(1, [Scalar(1, "touch gotcha", True)]),
        ),
        ("!!python/name:os.system ''", Scalar(1, "")),
        ("!ENV HOME", Scalar(1, "HOME", True)),
    ],
)
def test_tags_have_no_effect(tagged: str, node: Node) -> None:
    assert mapping(f"a: {tagged}\n").get("a") == node


@pytest.mark.usefixtures("parser")
@pytest.mark.parametrize("opening", ["[", "{", "- ", "? ", "{a: ", "a: &a [", "!x ["])
def test_depth_is_bounded(opening: str) -> None:
    began = time.process_time()
    assert mistake(opening * 50_000).line == 1
    assert time.process_time() - began < 2


def test_the_limit_of_depth_is_exact() -> None:
    assert documents("[" * 5 + "]" * 5, Limits(yaml_depth=5))
    assert mistake("[" * 6 + "]" * 6, Limits(yaml_depth=5)).message == "nested deeper than 5 levels"


def test_aliases_are_the_node_itself_and_counted() -> None:
    node = mapping("a: &a [x]\nb: [*a, *a]\n")
    listed = node.get("b")
    assert isinstance(listed, Sequence)
    assert all(item is node.get("a") for item in listed.items)
    text = f"a: &a x\nb: [{', '.join(['*a'] * 101)}]\n"
    error = mistake(text)
    assert (error.message, error.line) == ("more than 100 aliases", 2)


def test_an_alias_counts_in_its_document_only() -> None:
    assert mistake("&a x\n---\n*a\n").message == "alias '*a' has no anchor before it"
    assert len(mistake(f"*{'a' * 100_000}\n").message) < 200


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("", None),
        ("~", None),
        ("null", None),
        ("'null'", "null"),
        ("true", True),
        ("False", False),
        ("'true'", "true"),
        ("yes", "yes"),
        ("tRUE", "tRUE"),
        ("12", 12),
        ("-7", -7),
        ("1.10", 1.1),
        (".5", 0.5),
        ("1e3", 1000.0),
        ("1.2.3", "1.2.3"),
        ("0x1f", "0x1f"),
        (".inf", ".inf"),
        ("2026-01-01", "2026-01-01"),
        ("٣", "٣"),
        ("9" * 5_000, "9" * 5_000),
        ("|-\n  12", "12"),
    ],
)
def test_values(written: str, value: object) -> None:
    scalar = mapping(f"a: {written}\n").get("a")
    assert isinstance(scalar, Scalar)
    assert scalar.value == value
    assert type(scalar.value) is type(value)


def test_values_stay_as_written() -> None:
    assert [item.text for item in texts(mapping("a: [1.10, 0755, yes]").get("a"))] == [
        "1.10",
        "0755",
        "yes",
    ]


def test_of_a_key_given_twice_the_first_counts() -> None:
    node = mapping("a: 1\nb: 2\na: 3\n")
    assert [key.text for key, _ in node.pairs] == ["a", "b", "a"]
    assert node.get("a") == Scalar(1, "1", True)
    assert node.first()["a"] == (Scalar(1, "a", True), Scalar(1, "1", True))


def test_access_tells_kinds_apart() -> None:
    node = mapping("text: x\nnull: ~\nblank: '  '\nlist: [a, ~, {b: c}, '', d]\nmap: {k: v}\n")
    assert node.scalar("text") == Scalar(1, "x", True)
    assert [node.scalar(key) for key in ("null", "blank", "list", "map", "none")] == [None] * 5
    assert node.mapping("map").scalar("k") == Scalar(5, "v", True)
    assert node.mapping("text") == node.mapping("none") == Mapping(1, [])
    assert [item.text for item in texts(node.get("list"))] == ["a", "d"]
    assert [item.text for item in texts(node.get("text"))] == ["x"]
    assert texts(node.get("map")) == texts(None) == ()


WORDS = ("a: ", "&x ", "*x ", "!!python/none ", "--- ", "...\n", "\\U")
SCRAPS = st.sampled_from((*"-?[]{},'\"|>#%\n \t:\\\ufeff\x85\u2028\ud800", *WORDS))


@pytest.mark.parametrize("loader", ["CSafeLoader", "SafeLoader"])
@settings(deadline=None)  # other work on the machine is no fault of the code
@given(st.lists(SCRAPS, max_size=40).map("".join) | st.text(max_size=60))
def test_any_text_gives_nodes_or_an_error_with_a_line(loader: str, text: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("handbook.yamlnodes._LOADER", getattr(yaml, loader))
        try:
            found = documents(text)
        except YamlError as error:
            assert 1 <= error.line <= text.count("\n") + text.count("\r") + 3
            assert error.message
        else:
            assert all(node.line >= 1 for node in found)
