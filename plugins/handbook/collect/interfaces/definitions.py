"""Read how many operations a definition has: Protocol Buffers, GraphQL, AsyncAPI.

Each reader goes through the text once, outside of comments and strings, and counts; none builds
a tree. What is not closed, or closed without being opened, is a problem.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from handbook.errors import YamlError
from handbook.model.limits import Limits
from handbook.yamlnodes import Mapping, iter_documents

# What is open goes to the end (a string: of its line), so that no place is looked at twice.
_STRING = r'"(?:[^"\\\n]|\\[^\n])*"?'
_PROTO = re.compile(
    rf"//[^\n]*|/\*(?:.*?\*/|.*\Z)|{_STRING}|'[^'\n]*'?|[{{}}]|[A-Za-z_][\w.]*", re.DOTALL
)
_GRAPHQL = re.compile(rf'#[^\n]*|"""(?:.*?"""|.*\Z)|{_STRING}|[{{}}():]|[A-Za-z_]\w*', re.DOTALL)
_ROOTS = frozenset({"Query", "Mutation", "Subscription"})
_TOKENS = 200_000

Count = tuple[int, str]
"""Number of operations, and what is wrong with the text ("" for nothing)."""


def proto(text: str) -> Count:
    """Count the methods of services."""
    depth = methods = 0
    service = 0  # the depth inside the service that is open, 0 for none
    before = ""
    for word in _tokens(_PROTO, text):
        if word == "{":
            depth += 1
        elif word == "}":
            depth -= 1
            if depth < 0:
                return methods, "a brace is closed that was never opened"
            service = 0 if depth < service else service
        elif before == "service" and depth == 0:
            service = 1
        elif word == "rpc" and service and depth == service:
            methods += 1
        before = word
    return methods, "a brace is never closed" if depth else ""


def graphql(text: str) -> Count:
    """Count the fields of Query, Mutation and Subscription."""
    depth = fields = rounds = 0
    root = False
    pending = ""
    last = ["", ""]
    for word in _tokens(_GRAPHQL, text):
        if word in "()":
            rounds += 1 if word == "(" else -1
        elif rounds:
            continue
        elif word == "{":
            depth += 1
            root = root or (depth == 1 and pending in _ROOTS)
            pending = ""
        elif word == "}":
            depth -= 1
            root = False
            if depth < 0:
                return fields, "a brace is closed that was never opened"
        elif depth == 0 and last[1] == "type":
            pending = word
        elif word == ":" and root and depth == 1:
            fields += 1
        last = [last[1], word]
    return fields, "a brace is never closed" if depth else ""


def asyncapi(text: str, limits: Limits) -> Count:
    """Count operations (3.x), or channels where there are none (2.x)."""
    try:
        document = next(iter_documents(text, limits), None)
    except YamlError as exc:
        return 0, str(exc)
    if not isinstance(document, Mapping) or document.scalar("asyncapi") is None:
        return 0, "it has no key 'asyncapi'"
    operations = document.mapping("operations").pairs
    return len(operations or document.mapping("channels").pairs), ""


def _tokens(pattern: re.Pattern[str], text: str) -> Iterator[str]:
    for number, match in enumerate(pattern.finditer(text)):
        if number >= _TOKENS:
            return
        word = match[0]
        if not word.startswith(("//", "/*", "#", '"', "'")):
            yield word
