from __future__ import annotations

import subprocess

import pytest

from handbook.model.repo import check_url, is_local, is_ref_name


@pytest.mark.parametrize(
    "url",
    [
        "https://git.example.org/acme/risk",
        "https://git.example.org:8443/acme/risk.git",
        "https://[::1]/acme/risk",
        "ssh://git@git.example.org:2222/acme/risk.git",
        "git@git.example.org:acme/risk.git",
        "git.example.org:risk",
        "/srv/git/risk",
        "/srv/git/with space",
        "../risk",
        "./a:b",
    ],
)
def test_urls_we_give_to_git(url: str) -> None:
    assert check_url(url) == ""


@pytest.mark.parametrize(
    ("url", "why"),
    [
        pytest.param("ext::sh -c 'touch canary'", "program", id="url-ext-transport"),
        pytest.param("ext::sh", "program", id="url-ext-transport-short"),
        pytest.param("fd::17/foo", "program", id="url-fd-transport"),
        pytest.param("--upload-pack=touch canary", "-", id="url-leading-option"),
        pytest.param("-oProxyCommand=touch:x", "option", id="url-leading-option-ssh"),
        pytest.param("ssh://-oProxyCommand=touch/x", "option", id="url-option-as-host"),
        pytest.param("ssh://git@-oProxyCommand=touch/x", "option", id="url-option-after-user"),
        pytest.param("git@-oProxyCommand=x:y", "option", id="url-option-as-scp-host"),
        pytest.param("git@host:--upload-pack=x", "option", id="url-option-as-path"),
        pytest.param("https://me:s3cr3t@host/x", "credential helper", id="url-with-token"),
        pytest.param("https://ghp_x@host/x", "credential helper", id="url-with-token-as-user"),
        pytest.param("ssh://git:pw@host/x", "credential helper", id="url-with-ssh-password"),
        pytest.param("oauth2:tok@host:acme/x", "credential helper", id="url-with-scp-token"),
        pytest.param("https://host/x?private_token=y", "query", id="url-with-token-in-query"),
        pytest.param("https://host/x#y", "fragment", id="url-with-fragment"),
        pytest.param("file:///etc", "file url", id="url-file"),
        pytest.param("http://host/x", "only https", id="url-http"),
        pytest.param("git://host/x", "only https", id="url-git"),
        pytest.param("https://host/a b", "space", id="url-space"),
        pytest.param("https://host/a\nb", "control", id="url-newline"),
        pytest.param("/srv/a\x1b[2J", "control", id="path-escape"),
        pytest.param("https:///x", "no host", id="url-no-host"),
        pytest.param("https://host", "no repo", id="url-no-path"),
        pytest.param("", "empty", id="url-empty"),
    ],
)
def test_urls_we_refuse_and_why(url: str, why: str) -> None:
    problem = check_url(url)
    assert why in problem
    assert "s3cr3t" not in problem
    assert "ghp_x" not in problem


@pytest.mark.parametrize(
    ("repo", "local"),
    [
        ("/srv/x", True),
        ("../x", True),
        ("./a:b", True),
        ("x", True),
        ("host:x", False),
        ("https://host/x", False),
        ("ext::x", False),
    ],
)
def test_what_is_local(repo: str, local: bool) -> None:
    assert is_local(repo) is local


@pytest.mark.parametrize(
    "name",
    [
        *("main", "release/1.x", "v1.0.0", "größe", "a@b", "@a", "a{b", "a-/b", "A~", "x.y"),
        *("", "@", "a b", "a..b", "a~1", "a^", "a:b", "a?", "a*", "a[b]", "a\\b", "a@{b", "a\tb"),
        *("/a", "a/", "a//b", ".a", "a/.b", "a.", "a./b", "a.lock", "a.lock/b", "a.lockx", "\x7f"),
        *("refs/heads/main", "refs/heads/a\n", "a\x1b[2J", "..", "/"),
    ],
)
def test_names_of_refs_are_those_git_allows(name: str) -> None:
    asked = ["git", "check-ref-format", "--allow-onelevel", name]
    allowed = subprocess.run(asked, check=False).returncode == 0
    assert is_ref_name(name) is allowed
