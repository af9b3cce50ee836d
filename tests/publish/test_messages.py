"""What a newcomer is told: file, line, what was expected, the next step; never a traceback."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable
from typing import Any

import pytest

CASES = {
    # name: (file, replaced, by, command, said)
    "unknown key": (
        "catalog.yml", "repo:", "repos:", "sync",
        r"catalog\.yml:2: unknown key 'repos'; .*did you mean 'repo'",
    ),
    "not YAML": ("catalog.yml", "repo:", "repo: [", "build", r"catalog\.yml:2: is not valid YAML"),
    "no such folder": (
        "catalog.yml", "alpha", "beta", "sync",
        r"catalog\.yml:2: \S+ is not available: There is no such folder\. Mend `repo`",
    ),
    "never fetched": (
        "catalog.yml", "services:", "services:\n  - repo: https://git.invalid/risk", "build",
        r"catalog\.yml:2: .*`handbook sync`",
    ),
    "plugin missing, sync": (
        "mkdocs.yml", "plugins:", "plugin_list:", "sync", r"Add the line `- handbook/services`",
    ),
    "plugin missing, build": (
        "mkdocs.yml", "plugins:", "plugin_list:", "build", r"Add the line `- handbook/services`",
    ),
    "plugin missing, doctor": (
        "mkdocs.yml", "plugins:", "plugin_list:", "doctor",
        r"add `- handbook/services` to its plugins",
    ),
    "other theme": (
        "mkdocs.yml", "name: material", "name: readthedocs", "build",
        r"needs `theme: \{name: material\}`",
    ),
    "flat addresses": (
        "mkdocs.yml", "site_name", "use_directory_urls: false\nsite_name", "build",
        r"needs `use_directory_urls: true`",
    ),
    "unknown limit": (
        "mkdocs.yml", "limits: {}", "limits: {pagse: 5}", "sync",
        r"mkdocs\.yml: .*limits has no 'pagse'; did you mean 'pages'\?",
    ),
    "limit that is no number": (
        "mkdocs.yml", "limits: {}", "limits: {pages: many}", "sync", r"Write whole numbers",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_a_mistake_is_named_with_the_next_step(
    name: str, project: Callable[..., Any], git_repo: Callable[..., Any]
) -> None:
    file, old, new, command, said = CASES[name]
    alpha = git_repo("alpha")
    alpha.commit({"README.md": "# Alpha\n"})
    site = project()
    site.catalog(alpha.url)
    text = (site.folder / file).read_text()
    assert old in text
    site.write(file, text.replace(old, new))
    done = site.run("handbook", command, check=False)
    told = done.stdout + done.stderr
    assert re.search(said, told), told
    assert "Traceback" not in told


@pytest.mark.parametrize("command", ["sync", "build", "serve", "doctor"])
def test_outside_of_a_handbook(command: str, project: Callable[..., Any]) -> None:
    site = project()
    (site.folder / "mkdocs.yml").unlink()
    done = site.run("handbook", command, check=False)
    assert done.returncode
    assert "mkdocs.yml not found. Run this in the handbook's folder" in done.stdout + done.stderr


def test_a_port_that_is_taken(project: Callable[..., Any], git_repo: Callable[..., Any]) -> None:
    alpha = git_repo("alpha")
    alpha.commit({"README.md": "# Alpha\n"})
    site = project()
    site.catalog(alpha.url)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        done = site.run("handbook", "serve", "--dev-addr", address, check=False)
    assert done.returncode
    assert "Name another one, such as --dev-addr" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_link_to_no_service_names_the_one_that_may_be_meant(
    project: Callable[..., Any], git_repo: Callable[..., Any]
) -> None:
    alpha = git_repo("alpha")
    alpha.commit({"README.md": "# Alpha\n"})
    site = project()
    site.catalog(alpha.url)
    site.write("docs/index.md", "# Home\n\n[a](service:alhpa/) [z](service:zebra/)\n")
    said = site.build()
    assert "service:alhpa/ leads to no page (services/alhpa/ is not on this site)." in said
    assert "Did you mean the service alpha?" in said
    assert "There is no such service." in said
