"""A curl command for an operation.

Everything a definition says ends up inside single quotes; header names that are no header
names are left out (``curl -H @file`` would read a file of whoever pastes the command), and
bodies go through ``--data-raw`` and ``--form-string``, which take "@" as a character.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterable
from urllib.parse import quote

from handbook.collect.openapi.samples import BINARY
from handbook.model.api import Body, Parameter, SecurityScheme

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_BODY_LINES = 40


def curl(
    label: tuple[str, str],
    server: str,
    parameters: Iterable[Parameter],
    body: Body | None,
    schemes: Iterable[SecurityScheme],
) -> str:
    """Return the command, one option a line; required parameters are filled in.

    ``label`` is method and path; ``schemes`` are those that are needed together.
    """
    method, path = label
    sent = [parameter for parameter in parameters if parameter.required]
    query = [(p.name, p.example or placeholder(p.name)) for p in sent if p.place == "query"]
    headers = [(p.name, p.example or placeholder(p.name)) for p in sent if p.place == "header"]
    auth_headers, auth_query, options = _credentials(schemes)
    url = _filled(path, [p for p in sent if p.place == "path"])
    if query:
        url += "?" + "&".join(f"{quote(name)}={quote(value, safe='')}" for name, value in query)
    lines = [f"curl --request {method}" + (" --globoff" if re.search(r"[\[\]{}]", url) else "")]
    lines.append(f"--url {_address(server, url)}{_secrets(auth_query, bool(query))}")
    lines += [_line(name, value) for name, value in headers if _ok(name)]
    lines += [f"--header {_quoted(head)}{secret}" for head, secret in auth_headers]
    lines += [*options, *_data(body)]
    return " \\\n  ".join(lines)


def placeholder(name: str) -> str:
    """Return what stands for a value the reader must give: ``petId`` gives ``PET_ID``."""
    words = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name)
    return re.sub(r"\W+", "_", words).strip("_").upper() or "VALUE"


def _ok(header: str) -> bool:
    return _TOKEN.fullmatch(header) is not None


def _line(name: str, value: str) -> str:
    return f"--header {_quoted(' '.join(f'{name}: {value}'.split()))}"


def _quoted(value: str) -> str:
    return shlex.quote(_CONTROL.sub("", value))


def _filled(path: str, parameters: Iterable[Parameter]) -> str:
    values = {p.name: quote(p.example, safe="") for p in parameters if p.example}
    return re.sub(
        r"\{([^{}/]*)\}", lambda match: values.get(match[1]) or placeholder(match[1]), path
    )


def _address(server: str, url: str) -> str:
    if re.match(r"^https?://", server, re.IGNORECASE):
        return _quoted(server.rstrip("/") + url)
    # Relative to wherever the definition is served, which nobody here knows.
    base = "" if re.match(r"^[\w+.-]*:|^//", server) else server.rstrip("/")
    return f'"$BASE_URL"{_quoted(base + url)}'


def _credentials(
    schemes: Iterable[SecurityScheme],
) -> tuple[list[tuple[str, str]], list[str], list[str]]:
    headers: list[tuple[str, str]] = []
    query: list[str] = []
    options: list[str] = []
    for scheme in schemes:
        place, _, name = scheme.detail.partition(" ")
        if scheme.kind == "apiKey" and place == "header" and _ok(name):
            headers.append((f"{name}: ", '"$API_KEY"'))
        elif scheme.kind == "apiKey" and place == "query":
            query.append(name)
        elif scheme.kind == "apiKey" and place == "cookie" and _ok(name):
            options.append(f'--cookie {_quoted(name + "=")}"$API_KEY"')
        elif scheme.kind == "http" and scheme.detail.lower() == "basic":
            options.append('--user "$USERNAME:$PASSWORD"')
        elif scheme.kind in ("http", "oauth2", "openIdConnect"):
            headers.append(("Authorization: Bearer ", '"$TOKEN"'))
    return headers, query, options


def _secrets(names: list[str], more: bool) -> str:
    parts = []
    for index, name in enumerate(names):
        mark = "&" if more or index else "?"
        parts.append(f'{_quoted(f"{mark}{quote(name)}=")}"$API_KEY"')
    return "".join(parts)


def _data(body: Body | None) -> list[str]:
    if body is None or not body.content:
        return []
    media = body.content[0]
    text = media.examples[0].text if media.examples else ""
    fields = _fields(text)
    if media.type == "multipart/form-data":
        return [_form_field(name, value) for name, value in fields]
    lines = [f"--header {_quoted(f'Content-Type: {media.type}')}"]
    if media.type == "application/x-www-form-urlencoded" and fields:
        return lines + [
            f"--data-urlencode {_quoted(f'{n}={v}')}" for n, v in fields if "=" not in n
        ]
    if not text or text.count("\n") >= _BODY_LINES:
        return [
            *lines,
            "--data-binary @body.json" if "json" in media.type else "--data-binary @body",
        ]
    return [*lines, f"--data-raw {_quoted(text)}"]


def _fields(text: str) -> list[tuple[str, str]]:
    """The fields of a form from its example, which is a JSON object."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return []
    if not isinstance(value, dict):
        return []
    return [
        (name, item if isinstance(item, str) else json.dumps(item, ensure_ascii=False))
        for name, item in value.items()
    ]


def _form_field(name: str, value: str) -> str:
    if value == BINARY:
        return f"--form {_quoted(name.replace('=', '') + '=')}@FILE"
    return f"--form-string {_quoted(f'{name}={value}')}"
