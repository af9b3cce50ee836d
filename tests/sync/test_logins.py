"""Logins and tokens: what gets in, and that no token gets out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from handbook.model.repo import RepoState
from handbook.settings import Settings
from handbook.sync import SyncEvent, read_lock, sync_repos
from handbook.tree import GitTree

MakeRepo = Callable[..., Any]


CANARY = "s3cr3t-canary-0123456789"


ANY = 1 << 20


def sync(settings: Settings, repo: str, ref: str = "", **options: Any) -> RepoState:
    return sync_repos([(repo, ref)], settings, retry_after=(), **options)[repo, ref]


def read(state: RepoState, path: str = "README.md") -> str:
    with GitTree(state.git_dir, state.commit, state.repo) as tree:
        return tree.text(path, ANY)


def canary_free(settings: Settings, events: list[SyncEvent], states: Any) -> bool:
    files = [path for path in Path(settings.lock).parent.rglob("*") if path.is_file()]
    assert files
    said = f"{events!r}{states!r}".encode()
    return not any(CANARY.encode() in data for data in [said, *(f.read_bytes() for f in files)])


def test_a_private_repo_over_https(
    git_repo: MakeRepo, settings_with: Callable[..., Settings], https: Any, home: Path
) -> None:
    settings = settings_with(blob=1000, image=1000, openapi_file=1000)
    repo = git_repo("risk.git")
    repo.commit({"README.md": "private", "big": "x" * 2000})
    https.login = f"reader:{CANARY}"
    (home / "store").write_text(f"https://reader:{CANARY}@127.0.0.1:{https.server_port}\n")
    with (home / ".gitconfig").open("a") as file:
        file.write(f"[credential]\nhelper = store --file={home / 'store'}\n")
    events: list[SyncEvent] = []
    url = f"{https.url}/risk.git"
    state = sync(settings, url, report=events.append)
    assert not state.problem
    assert read(state) == "private"
    with GitTree(state.git_dir, state.commit, state.repo) as tree:
        assert tree.entries()["big"].size == -1  # the filter holds over https
    seen = len(https.requests_seen)
    assert sync(settings, url, report=events.append) == state
    assert events[-1].kind == "unchanged"
    assert len(https.requests_seen) - seen <= 3  # asked, asked with login, listed
    repo.commit({"README.md": "more"})
    assert read(sync(settings, url, report=events.append)) == "more"
    assert canary_free(settings, events, state)


def test_a_login_through_askpass(
    git_repo: MakeRepo,
    settings: Settings,
    https: Any,
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    git_repo("risk").commit({"README.md": "private"})
    https.login = f"reader:{CANARY}"
    askpass = home / "askpass"
    askpass.write_text(f'#!/bin/sh\ncase "$1" in User*) echo reader;; *) echo {CANARY};; esac\n')
    askpass.chmod(0o755)
    monkeypatch.setenv("GIT_ASKPASS", str(askpass))
    state = sync(settings, f"{https.url}/risk")
    assert read(state) == "private"
    assert canary_free(settings, [], state)


def test_without_a_login_nothing_asks(
    git_repo: MakeRepo,
    settings: Settings,
    https: Any,
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    git_repo("risk").commit({"README.md": "private"})
    asked = home / "asked"
    for name in ("SSH_ASKPASS", "GIT_PAGER"):
        monkeypatch.setenv(name, str(home / "prompt"))
    monkeypatch.setenv("DISPLAY", ":0")
    (home / "prompt").write_text(f"#!/bin/sh\ntouch {asked}\n")
    (home / "prompt").chmod(0o755)
    state = sync(settings, f"{https.url}/risk")
    assert state.commit == ""
    assert "credential helper" in state.problem
    assert not asked.exists()


def test_a_repo_that_is_not_on_the_server(settings: Settings, https: Any, tmp_path: Path) -> None:
    (tmp_path / "repos").mkdir()
    https.login = ":"
    state = sync(settings, f"{https.url}/none")
    assert "There is no repo" in state.problem or "credential helper" in state.problem


def test_url_with_token(git_repo: MakeRepo, settings: Settings, https: Any) -> None:
    git_repo("risk").commit({"README.md": "private"})
    https.login = f"reader:{CANARY}"
    url = f"https://reader:{CANARY}@127.0.0.1:{https.server_port}/risk"
    other = git_repo("other")
    other.commit({"README.md": "x"})
    events: list[SyncEvent] = []
    states = sync_repos([(url, ""), (other.url, "")], settings, report=events.append)
    assert "credential helper" in states[url, ""].problem
    assert CANARY not in states[url, ""].problem
    assert not https.requests_seen
    assert list(read_lock(settings.lock)) == [(other.url, "")]
    assert canary_free(settings, events, None)


@pytest.mark.parametrize("works", [True, False])
def test_a_token_in_the_users_own_insteadof(
    git_repo: MakeRepo, settings: Settings, https: Any, home: Path, works: bool
) -> None:
    git_repo("risk").commit({"README.md": "private"})
    https.login = f"reader:{CANARY if works else 'other'}"
    place = f"127.0.0.1:{https.server_port}/"
    with (home / ".gitconfig").open("a") as file:
        file.write(f'[url "https://reader:{CANARY}@{place}"]\n')
        file.write("insteadOf = https://git.example.org/\n")
    events: list[SyncEvent] = []
    state = sync(settings, "https://git.example.org/risk", report=events.append)
    assert (state.commit != "") == works
    assert canary_free(settings, events, state)


def test_a_secret_in_what_git_says_is_left_out(
    git_repo: MakeRepo, settings: Settings, fake_ssh: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_TRACE_CURL", "1")
    fake_ssh.behave(
        f"echo 'fatal: https://u:{CANARY}@host/x and token={CANARY} and"
        f" glpat-{CANARY} failed' >&2; exit 1"
    )
    events: list[SyncEvent] = []
    state = sync(settings, fake_ssh.url(git_repo()), report=events.append)
    assert "***" in state.problem
    assert canary_free(settings, events, state)


@pytest.mark.parametrize("transport", ["ext", "http", "git"])
def test_the_users_configuration_cannot_open_other_protocols(
    settings: Settings, home: Path, tmp_path: Path, transport: str
) -> None:
    evil = {
        "ext": f"ext::touch {tmp_path}/canary ",
        "http": "http://127.0.0.1:9/",
        "git": "git://x/",
    }
    (home / ".gitconfig").write_text(
        f'[url "{evil[transport]}"]\ninsteadOf = https://git.example.org/\n'
        "[protocol]\nallow = always\n"
    )
    state = sync(settings, "https://git.example.org/risk")
    assert "protocol that is not allowed" in state.problem
    assert not (tmp_path / "canary").exists()


def test_the_users_insteadof_may_lead_to_a_folder(
    git_repo: MakeRepo, settings: Settings, home: Path
) -> None:
    repo = git_repo("risk")
    repo.commit({"README.md": "x"})
    (home / ".gitconfig").write_text(
        f'[url "file://{repo.path.parent}/"]\ninsteadOf = https://git.example.org/\n'
    )
    assert read(sync(settings, "https://git.example.org/risk")) == "x"
