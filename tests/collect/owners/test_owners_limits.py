"""Owners of hostile or very large repos: bounded, and said so."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from handbook.collect.owners import collect_owners
from handbook.collect.owners.names import clean, hide_addresses, is_bot, kind_of, name_phrase
from handbook.model.facts import Found
from handbook.model.limits import Limits
from handbook.model.people import Owners
from handbook.model.service import Service
from handbook.tree import Commit, MemoryTree

SERVICE = Service("Risk", "risk", "https://git.example.org/acme/risk")


def owners(tree: MemoryTree, limits: Limits | None = None) -> Found[Owners]:
    fact = collect_owners(tree, SERVICE, limits or Limits())
    assert isinstance(fact, Found)
    return fact


def messages(fact: Found[Owners]) -> str:
    return "\n".join(problem.message for problem in fact.problems)


def test_an_oversized_file_is_said_and_not_read(memory_tree: type[MemoryTree]) -> None:
    fact = owners(memory_tree({"CODEOWNERS": "* @acme/risk\n" + "#" * 300_000}))
    assert fact.value.owners == ()
    assert "CODEOWNERS is not read" in messages(fact)


def test_a_link_out_of_the_repo_is_not_followed(memory_tree: type[MemoryTree]) -> None:
    tree = memory_tree({"MAINTAINERS": "- Jane Roe"}, links={"CODEOWNERS": "/etc/passwd"})
    assert [owner.name for owner in owners(tree).value.owners] == ["Jane Roe"]


def test_patterns_made_to_take_forever_do_not(memory_tree: type[MemoryTree]) -> None:
    stars = "*a" * 40 + "b"
    rules = "\n".join(["* @acme/risk", *(f"{stars}{at} @acme/slow" for at in range(300))])
    files = {"CODEOWNERS": rules} | {f"{'a' * 100}{at}/{'a' * 100}": "" for at in range(800)}
    tree = memory_tree(files)
    tree.entries()
    began = time.process_time()
    fact = owners(tree)
    assert time.process_time() - began < 10
    assert [owner.name for owner in fact.value.owners] == ["@acme/risk"]
    assert "Not all rules for parts of the service are shown" in messages(fact)


def test_too_many_rules_are_cut_with_a_notice(memory_tree: type[MemoryTree]) -> None:
    rules = "* @acme/risk\n" + "".join(f"/{at}/ @acme/part\n" for at in range(2_500))
    fact = owners(memory_tree({"CODEOWNERS": rules}))
    assert "Only the first 2000 of 2501 rules are read." in messages(fact)


def test_includes_that_multiply_are_each_read_once(memory_tree: type[MemoryTree]) -> None:
    names = [f"OWNERS.{at}" for at in range(15)]
    everything = "".join(f"file://{name}\n" for name in ["OWNERS", *names]) * 200
    files = dict.fromkeys(["OWNERS", *names], everything + "jane@example.org\n")
    began = time.process_time()
    fact = owners(memory_tree(files))
    assert time.process_time() - began < 10
    assert [owner.name for owner in fact.value.owners] == ["jane"]
    assert len(fact.value.owners[0].mentions) == 16


def test_more_aliases_than_the_limit_are_refused(memory_tree: type[MemoryTree]) -> None:
    many = ", ".join(["*a"] * 101)
    fact = owners(memory_tree({"OWNERS": f"x: &a ann\napprovers: [{many}]\n"}))
    assert "OWNERS is not read: more than 100 aliases" in messages(fact)
    assert fact.problems[0].origin.line == 2


@pytest.mark.parametrize("text", ["approvers:\n" + "[" * 5_000, "approvers: &a [*a]"])
def test_yaml_made_to_recurse_is_survived(text: str, memory_tree: type[MemoryTree]) -> None:
    collect_owners(memory_tree({"OWNERS": text, "catalog-info.yaml": text}), SERVICE, Limits())


def test_keys_without_number_take_no_time(memory_tree: type[MemoryTree]) -> None:
    keys = "".join(f" k{at}:\n" for at in range(30_000))
    files = {"OWNERS": "approvers: [ann]\n", "OWNERS_ALIASES": f"aliases:\n{keys}"}
    began = time.process_time()
    owners(memory_tree(files))
    assert time.process_time() - began < 5


def commit(author: str, key: str, day: int) -> Commit:
    date = f"2026-01-{day:02d}T00:00:00+00:00"
    return Commit(f"{day:040x}", date, date, author, key, "Change")


def test_committers_are_counted_and_bots_are_apart(memory_tree: type[MemoryTree]) -> None:
    history = (
        commit("Jane Roe", "k1", 9),
        commit("dependabot[bot]", "k2", 8),
        commit("jane roe", "k3", 7),
        commit("max@example.org", "k4", 6),
        commit("Jane Roe", "k1", 5),
    )
    found = owners(memory_tree({"a.py": ""}, history=history)).value
    assert [(person.name, person.commits) for person in found.committers] == [
        ("Jane Roe", 3),
        ("max", 1),
    ]
    assert found.committers[0].first == "2026-01-05T00:00:00+00:00"
    assert found.committers[0].last == "2026-01-09T00:00:00+00:00"
    assert [bot.name for bot in found.bots] == ["dependabot[bot]"]
    assert found.primary is None


def test_mailmap_and_addresses_in_a_real_repo(git_repo: Callable[..., object]) -> None:
    repo = git_repo("risk")
    files = {".mailmap": "Jane Roe <jane@example.org> <j@old.example.org>\n", "a.py": "1"}
    repo.commit(files, author=("Jane Roe", "jane@example.org"))  # type: ignore[attr-defined]
    repo.commit({"a.py": "2"}, author=("jr", "j@old.example.org"))  # type: ignore[attr-defined]
    with repo.open() as tree:  # type: ignore[attr-defined]
        fact = collect_owners(tree, SERVICE, Limits())
    assert isinstance(fact, Found)
    assert [(person.name, person.commits) for person in fact.value.committers] == [("Jane Roe", 2)]
    assert "@" not in str(fact.value.committers)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("@acme/platform", "team"),
        ("@jroe", "person"),
        ("Acme Inc.", "team"),
        ("ml-platform", "team"),
        ("Jane Teamer", "person"),
        ("Robot Smith", "person"),
        ("renovate[bot]", "bot"),
        ("Mend Renovate", "bot"),
        ("acme-bot", "bot"),
        ("@@maintainer", "team"),
    ],
)
def test_teams_people_and_bots_are_told_apart(name: str, kind: str) -> None:
    assert kind_of(name) == kind


def test_bots_are_not_people_with_bot_in_their_name() -> None:
    assert not is_bot("Talbot")
    assert is_bot("Release Bot")


@pytest.mark.parametrize(
    ("text", "name", "handle"),
    [
        ("Jane Roe <jane@example.org> (@jroe)", "Jane Roe", "@jroe"),
        ("[Jane Roe](https://github.com/jroe) - jane@example.org", "Jane Roe", "@jroe"),
        ("jane.roe@example.org", "jane.roe", ""),
        ("7+jroe@users.noreply.github.com", "@jroe", "@jroe"),
        ("**Jane Roe** ([@jroe](https://github.com/jroe)), Acme", "Jane Roe, Acme", "@jroe"),
    ],
)
def test_names_in_free_text(text: str, name: str, handle: str) -> None:
    named = name_phrase(text)
    assert named is not None
    assert (named.name, named.handle) == (name, handle)


def test_addresses_are_hidden_and_versions_are_not_addresses() -> None:
    text = "actions/checkout@v4.1.0, a.b+c@mail.example.org and x@example.org"
    assert hide_addresses(text) == "actions/checkout@v4.1.0, a.b+c and x"


def test_names_are_one_short_line() -> None:
    assert clean("a\nb\t\x1b[31m\u202ec\u200b") == "a b [31mc"
    assert len(clean("x" * 10_000)) == 80
