"""Logins, tokens, and what a server gives out: https and ssh on this machine."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from handbook.model.repo import RepoState
from handbook.settings import Settings
from handbook.sync import SyncEvent, load_repos, read_lock, sync_repos
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


@pytest.mark.parametrize("old_server", [True, False])
def test_an_unadvertised_commit(
    git_repo: MakeRepo, settings: Settings, fake_ssh: Any, old_server: bool
) -> None:
    repo = git_repo()
    first = repo.commit({"README.md": "one"})
    repo.commit({"README.md": "two"})
    repo.branch("side")
    hidden = repo.commit({"README.md": "hidden"}, branch="side")
    repo.commit({"README.md": "three"}, branch="side")
    if old_server:
        repo.git("config", "uploadpack.allowAnySHA1InWant", "false")
        fake_ssh.behave(fake_ssh.old_server)
    url = fake_ssh.url(repo)
    states = sync_repos([(url, ref) for ref in ("", first, hidden, "f" * 40)], settings)
    assert read(states[url, first]) == "one"
    assert read(states[url, hidden]) == "hidden"
    assert states[url, hidden].branch == ""
    assert read(states[url, ""]) == "two"
    assert f"no commit {'f' * 40}" in states[url, "f" * 40].problem


def test_a_server_without_filters(
    git_repo: MakeRepo, settings_with: Callable[..., Settings], fake_ssh: Any
) -> None:
    settings = settings_with(blob=1000, image=1000, openapi_file=1000)
    repo = git_repo()
    repo.commit({"README.md": "one", "big": "x" * 2000})
    repo.git("config", "uploadpack.allowFilter", "false")
    url = fake_ssh.url(repo)
    for text in ("one", "two"):
        repo.commit({"README.md": text})
        state = sync(settings, url)
        assert read(state) == text
    with GitTree(state.git_dir, state.commit, state.repo) as tree:
        assert tree.entries()["big"].size == 2000


def test_gitlink_option_url_and_other_settings_of_the_repo(
    git_repo: MakeRepo, settings: Settings, tmp_path: Path
) -> None:
    canary = tmp_path / "canary"
    repo = git_repo()
    files = {
        "README.md": "x",
        ".gitmodules": f'[submodule "v"]\npath = v\nurl = --upload-pack=touch {canary}\n',
        ".gitattributes": "*.bin filter=lfs diff=lfs\n* filter=evil\n",
        ".lfsconfig": f"[lfs]\nurl = file://{canary}\n",
        "m.bin": f"version https://git-lfs.github.com/spec/v1\noid sha256:{'a' * 64}\nsize 9\n",
    }
    repo.commit(files, submodules={"v": "1" * 40})
    state = sync(settings, repo.url)
    assert not state.problem
    assert read(state) == "x"
    assert read(state, "m.bin") == files["m.bin"]
    assert not canary.exists()


def test_no_hook_runs(git_repo: MakeRepo, settings: Settings, home: Path, tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    template = home / "template" / "hooks"
    template.mkdir(parents=True)
    repo = git_repo()
    names = ("post-checkout", "reference-transaction", "pre-auto-gc", "post-update", "fsmonitor")
    (repo.git_dir / "hooks").mkdir(exist_ok=True)
    for folder in (template, repo.git_dir / "hooks"):
        for name in names:
            (folder / name).write_text(f"#!/bin/sh\ntouch {canary}\n")
            (folder / name).chmod(0o755)
    (home / ".gitconfig").write_text(
        f"[init]\ntemplateDir = {template.parent}\n[core]\nhooksPath = {template}\n"
    )
    repo.git("config", "uploadpack.packObjectsHook", f"touch {canary}")
    repo.commit({"README.md": "x"})
    repo.tag("v1")
    canary.unlink(missing_ok=True)  # making the repo may run its own
    state = sync(settings, repo.url)
    repo.tag("v2")
    canary.unlink(missing_ok=True)
    assert sync(settings, repo.url).commit == state.commit
    assert not canary.exists()
    assert not (Path(state.git_dir) / "hooks").exists()


def test_the_users_own_settings_for_fetching_do_no_harm(
    git_repo: MakeRepo, settings: Settings, home: Path
) -> None:
    (home / ".gitconfig").write_text(
        "[fetch]\nprune = true\npruneTags = true\nrecurseSubmodules = on-demand\n"
        "writeCommitGraph = true\n[gc]\nauto = 1\nautoDetach = false\n[submodule]\nrecurse = true\n"
        '[remote "handbook"]\nfetch = +refs/*:refs/*\nmirror = true\ntagOpt = --tags\n'
        "[safe]\nbareRepository = explicit\n[core]\nbare = false\n[log]\nshowSignature = true\n"
    )
    repo = git_repo()
    repo.commit({"README.md": "one"})
    repo.branch("side")
    sync(settings, repo.url)
    repo.commit({"README.md": "two"})
    repo.tag("v1")
    state = sync(settings, repo.url)
    assert read(state) == "two"
    refs = (Path(state.git_dir) / "packed-refs").read_text()
    assert "refs/tags/v1" in refs
    assert "refs/heads" not in refs


ODD = {
    "zero-padded-mode": ("tree", b"040000 d\0%s"),
    "dotdot": ("tree", b"100644 ..\0%s"),
    "dotgit": ("tree", b"40000 .git\0%s"),
    "slash": ("tree", b"100644 a/b\0%s"),
    "unsorted": ("tree", b"100644 z\0%s100644 a\0%s"),
    "duplicate": ("tree", b"100644 a\0%s100644 a\0%s"),
    "null-object": ("tree", b"160000 a\0" + bytes(20)),
}


@pytest.mark.parametrize("odd", ODD)
def test_an_odd_tree_does_not_keep_a_repo_out(
    git_repo: MakeRepo, settings: Settings, odd: str
) -> None:
    repo = git_repo()
    blob = repo.blob("# Risk")
    child = repo.tree([("100644", b"x.md", blob)]) if b"40000" in ODD[odd][1] else blob
    kind, template = ODD[odd]
    data = template.replace(b"%s", bytes.fromhex(child))
    bad = repo.git("hash-object", "-t", kind, "-w", "--literally", "--stdin", data=data)
    repo.commit_tree(repo.tree([("100644", b"README.md", blob), ("40000", b"odd", bad)]))
    state = sync(settings, repo.url)
    assert not state.problem
    assert read(state) == "# Risk"


@pytest.mark.parametrize(
    "person",
    [
        pytest.param(b"A <a@example.org>1700000000 +0000", id="no-space-before-date"),
        pytest.param(b"A <a@example.org> 0170000000 +0000", id="zero-padded-date"),
        pytest.param(b"A <a@example.org> 99999999999999999999 +0000", id="date-overflow"),
        pytest.param(b"A <a@example.org> 1700000000 +051800", id="bad-zone"),
        pytest.param(b"A<a@example.org> 1700000000 +0000", id="no-space-before-address"),
        pytest.param(b"A 1700000000 +0000", id="no-address"),
    ],
)
def test_an_odd_old_commit_does_not_keep_a_repo_out(
    git_repo: MakeRepo, settings: Settings, person: bytes
) -> None:
    repo = git_repo()
    repo.commit({"README.md": "x"})
    tree = repo.git("rev-parse", "main^{tree}").encode()
    data = b"tree %s\nauthor %s\ncommitter %s\n\nOdd\n" % (tree, person, person)
    oid = repo.git("hash-object", "-t", "commit", "-w", "--literally", "--stdin", data=data)
    repo.git("update-ref", "refs/heads/main", oid)
    repo.commit({"README.md": "y"})
    state = sync(settings, repo.url)
    assert not state.problem
    assert read(state) == "y"
    with GitTree(state.git_dir, state.commit, state.repo) as opened:
        assert len(opened.commits("", 9)) == 2


def test_what_is_no_object_at_all_is_not_taken(git_repo: MakeRepo, settings: Settings) -> None:
    repo = git_repo()
    good = repo.commit({"README.md": "x"})
    sync(settings, repo.url)
    data = b"tree %s\n\0author" % repo.git("rev-parse", "main^{tree}").encode()
    oid = repo.git("hash-object", "-t", "commit", "-w", "--literally", "--stdin", data=data)
    repo.git("update-ref", "refs/heads/main", oid)
    state = sync(settings, repo.url)
    assert (state.commit, state.stale) == (good, True)
    assert "damaged objects" in state.problem


def test_a_local_repo_of_another_user(git_repo: MakeRepo, settings: Settings) -> None:
    os = pytest.importorskip("os")
    if os.geteuid() != 0:
        pytest.skip("only root can give a folder away")
    for bare in (True, False):
        repo = git_repo(f"bare-{bare}", bare=bare)
        repo.commit({"README.md": "x"})
        for path in [repo.path, *repo.path.rglob("*")]:
            os.chown(path, 12345, 12345)
        assert read(sync(settings, repo.url)) == "x"


def test_a_path_with_odd_characters(git_repo: MakeRepo, settings: Settings) -> None:
    repo = git_repo('it\'s a "$(touch canary)" repo; é')
    repo.commit({"README.md": "x"})
    state = sync(settings, repo.url)
    assert not state.problem
    assert read(state) == "x"
    assert load_repos([(repo.url, "")], settings)[repo.url, ""].commit == state.commit


def test_the_surrounding_repo_and_hook_environment_do_not_matter(
    git_repo: MakeRepo, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    around = git_repo("around", bare=False)
    around.git("config", "core.sshCommand", "false")
    repo = git_repo("risk")
    repo.commit({"README.md": "x"})
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY"):
        monkeypatch.setenv(name, str(around.git_dir))
    monkeypatch.chdir(around.path)
    assert read(sync(settings, repo.url)) == "x"
