"""The curl command, run by a real shell with a curl that only says what it got."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handbook.collect.openapi.curl import curl, placeholder
from handbook.model.api import (
    ApiDefinition,
    Body,
    Example,
    Media,
    Parameter,
    Schema,
    SecurityScheme,
)

SERVER = "https://api.example.org/v1"


def arguments(command: str) -> list[str]:
    """Return the arguments curl would be started with; variables have their own names."""
    script = (
        "TOKEN=TOKEN API_KEY=API_KEY BASE_URL=BASE_URL USERNAME=USERNAME PASSWORD=PASSWORD\n"
        "curl() { printf '%s\\0' \"$@\"; }\n" + command
    )
    done = subprocess.run(
        ["/bin/sh", "-c", script], capture_output=True, check=True, cwd="/", env={"PATH": ""}
    )
    assert done.stderr == b""
    return done.stdout.decode().split("\0")[:-1]


def parameter(name: str, place: Any, example: str = "", *, required: bool = True) -> Parameter:
    return Parameter(name, place, Schema(), required, example=example)


def body(kind: str, text: str) -> Body:
    return Body((Media(kind, None, (Example(text),)),), required=True)


def test_all_that_is_required_is_filled_in() -> None:
    parameters = [
        parameter("petId", "path"),
        parameter("v", "path", "a/b c"),
        parameter("q", "query", "x&y"),
        parameter("optional", "query", required=False),
        parameter("X-Id", "header", "7"),
    ]
    command = curl(("PUT", "/p/{petId}/{v}"), SERVER, parameters, None, [])
    assert arguments(command) == [
        *("--request", "PUT"),
        *("--url", "https://api.example.org/v1/p/PET_ID/a%2Fb%20c?q=x%26y"),
        *("--header", "X-Id: 7"),
    ]


@pytest.mark.parametrize(
    ("kind", "detail", "expected"),
    [
        ("apiKey", "header X-Key", ["--header", "X-Key: API_KEY"]),
        ("apiKey", "cookie sid", ["--cookie", "sid=API_KEY"]),
        ("http", "bearer", ["--header", "Authorization: Bearer TOKEN"]),
        ("http", "basic", ["--user", "USERNAME:PASSWORD"]),
        ("oauth2", "implicit", ["--header", "Authorization: Bearer TOKEN"]),
        ("apiKey", "header @/etc/passwd", []),
    ],
)
def test_credentials_come_from_variables(kind: str, detail: str, expected: list[str]) -> None:
    scheme = SecurityScheme("s", "auth-s", kind, detail)
    assert arguments(curl(("GET", "/"), SERVER, [], None, [scheme]))[4:] == expected


def test_a_key_in_the_query() -> None:
    scheme = SecurityScheme("s", "auth-s", "apiKey", "query key")
    command = curl(("GET", "/a"), SERVER, [parameter("q", "query", "1")], None, [scheme])
    assert arguments(command)[3] == "https://api.example.org/v1/a?q=1&key=API_KEY"


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        ("application/json", '{"a": "it\'s"}', ["--data-raw", '{"a": "it\'s"}']),
        ("application/json", "@/etc/passwd", ["--data-raw", "@/etc/passwd"]),
        (
            "application/x-www-form-urlencoded",
            '{"a": "@x", "b": 1}',
            ["--data-urlencode", "a=@x", "--data-urlencode", "b=1"],
        ),
        (
            "multipart/form-data",
            '{"file": "<binary>", "note": "@/etc/passwd"}',
            ["--form", "file=@FILE", "--form-string", "note=@/etc/passwd"],
        ),
    ],
)
def test_bodies_never_name_a_file_of_the_reader(kind: str, text: str, expected: list[str]) -> None:
    got = arguments(curl(("POST", "/"), SERVER, [], body(kind, text), []))[4:]
    assert got[-len(expected) :] == expected


@pytest.mark.parametrize("server", ["", "/v1", "file:///etc/passwd", "-K/etc/passwd", "//host/x"])
def test_servers_that_are_no_web_address(server: str) -> None:
    url = arguments(curl(("GET", "/a"), server, [], None, []))[3]
    assert url.startswith("BASE_URL")
    assert "file:" not in url
    assert "//host" not in url


text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
hostile = st.one_of(text, st.sampled_from(["'; touch x; '", "$(id)", "`id`", '"', "\\", "\n-K x"]))


@settings(max_examples=60, deadline=None)
@given(hostile, hostile, hostile, hostile)
def test_nothing_a_definition_says_leaves_its_argument(
    path: str, name: str, value: str, payload: str
) -> None:
    parameters = [parameter(name, place, value) for place in ("path", "query", "header")]
    command = curl(("POST", "/" + path), SERVER, parameters, body("application/json", payload), [])
    got = arguments(command)
    options = [item for item in got if item.startswith("--")]
    assert got[0:2] == ["--request", "POST"] or got[:3] == ["--request", "POST", "--globoff"]
    assert got[got.index("--url") + 1].startswith(SERVER)
    assert set(options) - {payload} <= {
        *("--request", "--globoff", "--url", "--header", "--data-raw", "--data-binary"),
    }


@pytest.mark.parametrize(
    ("name", "expected"), [("petId", "PET_ID"), ("x-y z", "X_Y_Z"), ("", "VALUE"), ("é", "É")]
)
def test_placeholder(name: str, expected: str) -> None:
    assert placeholder(name) == expected


def test_the_first_way_to_authenticate_is_shown(api_of: Callable[..., ApiDefinition]) -> None:
    api = api_of(
        servers=[{"url": SERVER}],
        security=[{"key": []}],
        paths={"/a": {"get": {"responses": {}}, "put": {"security": [], "responses": {}}}},
        components={
            "securitySchemes": {"key": {"type": "apiKey", "in": "header", "name": "X-Key"}}
        },
    )
    get, put = (operation.curl for operation in api.operations)
    assert get.split("\n")[-1].strip() == "--header 'X-Key: '\"$API_KEY\""
    assert "X-Key" not in put
