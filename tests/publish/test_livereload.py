"""Pages reload themselves while serving: MkDocs' script, and no other, is allowed."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterable
from typing import Any

from mkdocs.livereload import LiveReloadServer

from handbook.publish.csp import meta_content
from handbook.publish.livereload import allowed, reloading

PAGE = (
    f'<html><head><meta http-equiv="Content-Security-Policy" content="{meta_content()}"></head>'
    "<body><p>Hello</p></body></html>"
).encode()


def injected(page: bytes = PAGE) -> bytes:
    """Return what MkDocs serves for a page."""
    server = LiveReloadServer(builder=lambda: None, host="127.0.0.1", port=0, root=".")
    result: bytes = server._inject_js_into_html(page, 7)  # type: ignore[no-untyped-call]
    server.server_close()
    return result


def digest(page: bytes) -> str:
    script = page.split(b"<script>")[-1].split(b"</script>")[0]
    return base64.b64encode(hashlib.sha256(script).digest()).decode()


def test_the_policy_names_the_script_that_mkdocs_adds() -> None:
    served = injected()
    policy = allowed(served).decode().split('content="')[1].split('"')[0]
    assert f"script-src 'self' 'sha256-{digest(served)}'" in policy
    assert "unsafe-inline" not in policy.split("style-src")[0]


def test_a_page_without_the_script_keeps_its_policy() -> None:
    assert allowed(PAGE) == PAGE
    other = PAGE.replace(b"<p>", b"<script>alert(1)</script><p>")
    assert allowed(other) == other


def test_the_answer_has_the_length_of_the_page() -> None:
    told: list[Any] = []
    answer = reloading(application("text/html; charset=utf-8", injected()))
    body = b"".join(answer({}, lambda *given: told.append(given)))
    assert dict(told[0][1])["Content-Length"] == str(len(body))
    assert b"sha256-" in body


def test_other_files_pass_as_they_are() -> None:
    script = injected()
    answer = reloading(application("application/javascript", script))
    assert b"".join(answer({}, lambda *_: None)) == script


def application(kind: str, page: bytes) -> Callable[..., Iterable[bytes]]:
    def serve(_: Any, start_response: Callable[..., Any]) -> Iterable[bytes]:
        start_response("200 OK", [("Content-Type", kind), ("Content-Length", str(len(page)))])
        return [page]

    return serve
