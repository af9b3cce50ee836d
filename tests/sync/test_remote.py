from __future__ import annotations

import pytest

from handbook.sync.remote import Target, Unresolved, parse_refs

A, B, C, D = ("a" * 40, "b" * 40, "c" * 40, "d" * 40)
OFFER = f"""\
ref: refs/heads/main\tHEAD
{A}\tHEAD
{A}\trefs/heads/main
{B}\trefs/heads/release/1
{B}\trefs/heads/v1
{D}\trefs/tags/v1
{C}\trefs/tags/v1^{{}}
{C}\trefs/tags/light
{C}\trefs/tags/a..b
{C}\trefs/tags/x\x1b[2J
{C}\trefs/pull/1/head
nonsense
"""


@pytest.mark.parametrize(
    ("ref", "target"),
    [
        pytest.param("", Target(A, "main"), id="head"),
        pytest.param("release/1", Target(B, "release/1"), id="branch"),
        pytest.param("v1", Target(B, "v1"), id="branch-before-tag"),
        pytest.param("refs/tags/v1", Target(C), id="tag-by-full-name"),
        pytest.param("refs/heads/v1", Target(B, "v1"), id="branch-by-full-name"),
        pytest.param("light", Target(C), id="light-tag"),
        pytest.param(A, Target(A), id="commit-of-a-branch"),
        pytest.param(D, Target(D, advertised=False), id="unadvertised-commit"),
    ],
)
def test_what_a_ref_means(ref: str, target: Target) -> None:
    assert parse_refs(OFFER.encode()).resolve(ref) == target


@pytest.mark.parametrize(
    ("ref", "why"),
    [
        pytest.param("none", "its branches are main, release/1, v1.", id="unknown"),
        pytest.param("abcdef0", "A commit must be given in full", id="short-commit"),
        pytest.param("refs/pull/1/head", "no branch or tag", id="other-namespace"),
        pytest.param("a..b", "no branch or tag", id="bad-name"),
        pytest.param("x\x1b[2J", "'x\\\\x1b[2J'", id="escape"),
    ],
)
def test_a_ref_that_is_not_there(ref: str, why: str) -> None:
    found = parse_refs(OFFER.encode()).resolve(ref)
    assert isinstance(found, Unresolved)
    assert why in found.problem


def test_a_detached_head_has_no_branch() -> None:
    assert parse_refs(f"{A}\tHEAD\n{B}\trefs/heads/x\n".encode()).resolve("") == Target(A, "")


def test_an_empty_repo_and_a_head_without_branch_say_so() -> None:
    empty = parse_refs(b"").resolve("")
    assert isinstance(empty, Unresolved)
    assert "empty" in empty.problem
    named = parse_refs(b"").resolve("main")
    assert isinstance(named, Unresolved)
    assert "empty" in named.problem
    unborn = parse_refs("".join(f"{A}\trefs/heads/{n}\n" for n in range(12)).encode()).resolve("")
    assert isinstance(unborn, Unresolved)
    assert "and 2 more" in unborn.problem


def test_the_digest_is_that_of_the_tags() -> None:
    offer = parse_refs(OFFER.encode())
    moved = parse_refs(OFFER.replace(A, D).encode())
    retagged = parse_refs(OFFER.replace(C, D).encode())
    assert offer.digest() == moved.digest()
    assert offer.digest() != retagged.digest()
