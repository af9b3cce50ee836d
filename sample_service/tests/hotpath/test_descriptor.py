"""The Rust library computes what Python defines, bit for bit."""

from __future__ import annotations

import doctest
import math
from array import array
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fraud_features import DESCRIPTOR_BUCKETS, descriptor
from fraud_features.hotpath import Library

_edges = st.sampled_from([*"az AZ@[`{09/:#\0\x7f\x80\xff\u0100\uffff\U0010ffffß", "12", "ab1"])
_texts = st.text(st.characters(codec="utf-8")) | st.lists(_edges).map("".join)


def python(texts: list[str]) -> bytes:
    return descriptor.packed_by_python([text.encode() for text in texts]).tobytes()


def rust(library: Library, texts: list[str]) -> bytes:
    return library.packed([text.encode() for text in texts]).tobytes()


@given(texts=st.lists(_texts, max_size=40))
@settings(deadline=None, max_examples=500)
def test_agrees_on_any_text(library: Library, texts: list[str]) -> None:
    assert rust(library, texts) == python(texts)


@pytest.mark.parametrize("text", ["", "x" * 1_000_000, "0" * 100_000, "é1 " * 50_000, "a\0b"])
def test_agrees_on_extremes(library: Library, text: str) -> None:
    assert rust(library, [text, "a", text]) == python([text, "a", text])


def test_agrees_on_a_large_batch(library: Library) -> None:
    texts = [f"SHOP*{number} Köln" for number in range(5_000)]
    assert rust(library, texts) == python(texts)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"", b""),
        (b" \t\0", b""),
        (b"Shop *4711-a ", b"SHOP # A"),
        (b"12#34", b"# #"),
        (b"1a2", b"#A#"),
        ("Köln".encode(), "KöLN".encode()),
    ],
)
def test_normalises(text: bytes, expected: bytes) -> None:
    assert descriptor.normalised(text) == expected


@given(text=_texts)
def test_has_length_one_or_is_zero(text: str) -> None:
    (row,) = descriptor.vectors([text])
    assert len(row) == DESCRIPTOR_BUCKETS
    assert math.hypot(*row) == pytest.approx(1.0, abs=1e-6) or not any(row)


def test_the_example_is_right() -> None:
    assert doctest.testmod(descriptor) == (0, 1)


def test_no_texts_have_no_vectors() -> None:
    assert descriptor.vectors([]) == []


def test_refuses_a_lone_surrogate() -> None:
    with pytest.raises(UnicodeEncodeError):
        descriptor.vectors(["\ud800"])


@pytest.mark.parametrize(
    ("offsets", "rows", "message"),
    [
        ([], 0, "offsets"),
        ([0], 0, "offsets"),
        ([0, 3], 1, "offsets"),
        ([0, 5], 1, "offsets"),
        ([1, 4], 1, "offsets"),
        ([0, 2**64 - 1], 1, "offsets"),
        ([0, 3, 2, 4], 3, "offsets"),
        ([0, 2**64 - 1, 4], 2, "offsets"),
        ([0, 4], 0, "one row per text"),
        ([0, 4], 2, "one row per text"),
        ([0, 2, 4], 1, "one row per text"),
    ],
)
def test_refuses_buffers_that_do_not_fit(
    library: Library, offsets: list[int], rows: int, message: str
) -> None:
    output = array("f", [7.0] * rows * DESCRIPTOR_BUCKETS)
    with pytest.raises(ValueError, match=message):
        library.call(b"abcd", array("Q", offsets), output)
    assert set(output) <= {7.0}


@given(
    text=st.binary(max_size=20),
    offsets=st.lists(st.integers(0, 24) | st.integers(0, 2**64 - 1), max_size=6),
    rows=st.integers(0, 6),
)
def test_any_buffers_are_worked_or_refused(
    library: Library, text: bytes, offsets: list[int], rows: int
) -> None:
    output = array("f", [7.0] * rows * DESCRIPTOR_BUCKETS)
    fits = (
        bool(offsets)
        and offsets == sorted(offsets)
        and (offsets[0], offsets[-1]) == (0, len(text))
        and rows == len(offsets) - 1
    )
    if not fits:
        with pytest.raises(ValueError, match="hot path"):
            library.call(text, array("Q", offsets), output)
        return
    library.call(text, array("Q", offsets), output)
    parts = [text[a:b] for a, b in pairwise(offsets)]
    assert output == descriptor.packed_by_python(parts)


def test_offsets_of_another_width_are_refused(library: Library) -> None:
    with pytest.raises(TypeError, match="64-bit"):
        library.call(b"abcd", array("I", [0, 4]), array("f", bytes(4 * DESCRIPTOR_BUCKETS)))
    with pytest.raises(TypeError, match="float32"):
        library.call(b"abcd", array("Q", [0, 4]), array("d", [0.0] * DESCRIPTOR_BUCKETS))
