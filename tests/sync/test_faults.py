"""What goes wrong on the way: kills, hangs, drops, refusals. The last good copy stays."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from handbook.model.repo import RepoState
from handbook.settings import Settings
from handbook.sync import SyncEvent, sync_repos
from handbook.tree import GitTree

MakeRepo = Callable[..., Any]


ANY = 1 << 20


def sync(settings: Settings, repo: str, ref: str = "", **options: Any) -> RepoState:
    options = {"retry_after": (), **options}
    return sync_repos([(repo, ref)], settings, **options)[repo, ref]


def read(state: RepoState, path: str = "README.md") -> str:
    with GitTree(state.git_dir, state.commit, state.repo) as tree:
        return tree.text(path, ANY)


# A shell that runs the tests in the background ignores the interrupt; programs inherit that.
SCRIPT = """
import signal, sys, msgspec
signal.signal(signal.SIGINT, signal.default_int_handler)
from handbook.settings import Settings
from handbook.sync import sync_repos
settings = msgspec.json.decode(sys.argv[1], type=Settings)
sync_repos([(sys.argv[2], "")], settings)
"""


HALF = 'echo $$ > "{pids}"; eval "$command" | dd bs=1 count=100000 2>/dev/null; sleep 60'


@pytest.fixture
def start_sync() -> Iterator[Callable[[Settings, str], subprocess.Popen[bytes]]]:
    """Start a sync in a process of its own, which is gone at the end of the test."""
    started: list[subprocess.Popen[bytes]] = []

    def start(settings: Settings, url: str) -> subprocess.Popen[bytes]:
        words = [sys.executable, "-c", SCRIPT, msgspec.json.encode(settings).decode(), url]
        started.append(subprocess.Popen(words, stderr=subprocess.DEVNULL))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()


def wait_for(found: Callable[[], Any]) -> Any:
    for _ in range(500):
        if value := found():
            return value
        time.sleep(0.02)
    pytest.fail("did not happen in ten seconds")


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # a dead process that nobody has waited for yet is not running either
    return "Z" not in Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_killed_mid_fetch(
    git_repo: MakeRepo,
    settings: Settings,
    fake_ssh: Any,
    start_sync: Callable[[Settings, str], subprocess.Popen[bytes]],
    number: signal.Signals,
) -> None:
    repo = git_repo()
    repo.commit({"README.md": "one", "big": os.urandom(300_000)})
    url = fake_ssh.url(repo)
    pids = Path(settings.state).parent.parent / "pids"
    fake_ssh.behave(
        f'case "$(cat {fake_ssh.log} | wc -l)" in 1) eval "$command";; *) '
        + HALF.format(pids=pids)
        + ";; esac"
    )
    process = start_sync(settings, url)
    wait_for(lambda: pids.exists() and pids.read_text().strip())
    wait_for(lambda: list(Path(settings.mirrors).glob("*/objects/pack/tmp_pack_*")))
    ssh = int(pids.read_text())
    process.send_signal(number)
    process.wait(timeout=20)
    assert not list(Path(settings.mirrors).glob("*.git"))
    assert not Path(settings.lock).exists()
    if number == signal.SIGINT:
        wait_for(lambda: not is_running(ssh))
        assert not list(Path(settings.mirrors).glob("*.new-*"))
    elif is_running(ssh):  # nobody could tell it; it holds nothing that we need
        os.killpg(os.getpgid(ssh), signal.SIGKILL)
    fake_ssh.behave(fake_ssh.serve)
    state = sync(settings, url)
    assert (state.stale, read(state)) == (False, "one")
    assert sorted(path.suffix for path in Path(settings.mirrors).iterdir()) == [".git", ".lock"]


def test_two_syncs_sharing_a_state_folder(
    git_repo: MakeRepo,
    settings: Settings,
    fake_ssh: Any,
    start_sync: Callable[[Settings, str], subprocess.Popen[bytes]],
) -> None:
    repos = [git_repo(f"r{number}") for number in range(3)]
    for repo in repos:
        repo.commit({"README.md": "one", "big": os.urandom(20_000)})
    keys = [(fake_ssh.url(repo), "") for repo in repos]
    results: list[dict[tuple[str, str], RepoState]] = []
    threads = [
        threading.Thread(target=lambda: results.append(sync_repos(keys, settings)))
        for _ in range(3)
    ]
    process = start_sync(settings, keys[0][0])
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert process.wait(timeout=30) == 0
    for states in results:
        assert [read(states[key]) for key in keys] == ["one"] * 3
        assert not any(state.problem for state in states.values())
    assert len(list(Path(settings.mirrors).glob("*.git"))) == 3


def test_a_mirror_that_another_sync_holds(
    git_repo: MakeRepo, settings_with: Callable[..., Settings]
) -> None:
    fcntl = pytest.importorskip("fcntl")
    repo = git_repo()
    commit = repo.commit({"README.md": "one"})
    mirror = Path(sync(settings_with(), repo.url).git_dir)
    repo.commit({"README.md": "two"})
    with mirror.with_suffix(".lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        state = sync(settings_with(fetch_seconds=1), repo.url)
    assert (state.commit, state.stale) == (commit, True)
    assert "Another sync" in state.problem


@pytest.mark.parametrize(
    "body",
    [
        pytest.param("sleep 60", id="silent"),
        pytest.param("trap '' TERM; sleep 60; sleep 60", id="deaf"),
        pytest.param('eval "$command" | dd bs=1 count=400 2>/dev/null; sleep 60', id="half"),
        pytest.param("while :; do echo; sleep 0.05; done", id="nonsense"),
    ],
)
def test_hang(
    git_repo: MakeRepo,
    settings_with: Callable[..., Settings],
    fake_ssh: Any,
    tmp_path: Path,
    body: str,
) -> None:
    repo = git_repo()
    commit = repo.commit({"README.md": "one"})
    url = fake_ssh.url(repo)
    sync(settings_with(), url)
    pids = tmp_path / "pids"
    fake_ssh.behave(f'echo $$ > "{pids}"; {body}')
    start = time.monotonic()
    state = sync(settings_with(fetch_seconds=1), url, retry_after=(0.1, 0.1))
    assert time.monotonic() - start < 6
    assert (state.commit, state.stale) == (commit, True)
    assert state.problem
    assert not is_running(int(pids.read_text()))


def test_a_hang_does_not_hold_up_the_others(
    git_repo: MakeRepo, settings_with: Callable[..., Settings], fake_ssh: Any
) -> None:
    slow, fast = git_repo("slow"), git_repo("fast")
    for repo in (slow, fast):
        repo.commit({"README.md": "x"})
    fake_ssh.behave('case "$*" in *slow*) sleep 60;; *) eval "$command";; esac')
    keys = [(fake_ssh.url(slow), ""), (fake_ssh.url(fast), "")]
    events: list[SyncEvent] = []
    states = sync_repos(keys, settings_with(fetch_seconds=1), report=events.append)
    assert [event.kind for event in events] == ["fetched", "failed"]
    assert "in time" in states[keys[0]].problem


def test_network_drops_mid_fetch(git_repo: MakeRepo, settings: Settings, fake_ssh: Any) -> None:
    repo = git_repo()
    commit = repo.commit({"README.md": "one"})
    url = fake_ssh.url(repo)
    sync(settings, url)
    repo.commit({"README.md": "two", "big": os.urandom(100_000)})
    fake_ssh.behave('{ eval "$command"; } | { dd bs=1 count=5000 2>/dev/null; kill $$; }')
    state = sync(settings, url, retry_after=(0.01, 0.01))
    assert fake_ssh.calls() == 6  # three times a question and a fetch
    assert (state.commit, state.stale) == (commit, True)
    assert read(state) == "one"
    assert not list(Path(state.git_dir).glob("objects/pack/tmp_*"))


def test_trying_again_helps(git_repo: MakeRepo, settings: Settings, fake_ssh: Any) -> None:
    repo = git_repo()
    commit = repo.commit({"README.md": "one"})
    fake_ssh.behave(
        f'if [ "$(wc -l < "{fake_ssh.log}")" -le 2 ]; then'
        ' echo "ssh: connect to host git.example.org port 22: Connection refused" >&2; exit 255;'
        ' fi; eval "$command"'
    )
    state = sync(settings, fake_ssh.url(repo), retry_after=(0.01, 0.01))
    assert (state.commit, state.problem) == (commit, "")


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("git@git.example.org: Permission denied (publickey).", "key of this machine"),
        ("Host key verification failed.", "known_hosts"),
        ("ERROR: Repository not found.", "There is no repo at this address"),
        ("ssh: Could not resolve hostname git.example.org: x", "name is not known"),
    ],
)
def test_a_refusal_is_explained_and_not_tried_again(
    git_repo: MakeRepo, settings: Settings, fake_ssh: Any, said: str, told: str
) -> None:
    fake_ssh.behave(f'echo "{said}" >&2; exit 255')
    state = sync(settings, fake_ssh.url(git_repo()))
    assert told in state.problem
    assert state.problem.isprintable()
    assert fake_ssh.calls() == 1


def test_a_server_cannot_forge_log_lines(
    git_repo: MakeRepo, settings: Settings, fake_ssh: Any
) -> None:
    fake_ssh.behave("printf 'fatal: a\\033[2J\\rok\\n' >&2; exit 1")
    state = sync(settings, fake_ssh.url(git_repo()))
    assert state.problem.isprintable()
