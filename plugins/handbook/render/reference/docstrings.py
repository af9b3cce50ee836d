"""The text of docstrings as Markdown.

Docstrings are written in Markdown, in reStructuredText, or in a mix of both, and rarely say
which. What is unmistakably reStructuredText is turned into Markdown: roles, code blocks, notes,
links, doctests. Everything else is left alone, and what is inside of code stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from textwrap import dedent

_FENCE = re.compile(r"^[ ]*(`{3,}|~{3,})")
_PROMPT = re.compile(r"^([ ]*)>>>(?: |$)")
_DIRECTIVE = re.compile(r"^([ ]*)\.\.[ ]+([\w-]+)::[ ]*(.*)$")
_TARGET = re.compile(r"^[ ]*\.\.(?:[ ]+_[^:]+:.*)?$")  # names a place: nothing to show
_OPTION = re.compile(r"^[ ]*:[\w-]+:.*$")
_LITERAL = re.compile(r"^([ ]*)(\S.*[^:\s]|\S|):: *$")
# Whatever starts first wins, so that what is inside of a code span is left alone.
_INLINE = re.compile(
    r":(?:[a-z]+:)?(?P<role>[a-z]+):`(?P<content>[^`\n]+)`"
    r"|`(?P<text>[^`<\n]+?)\s*<(?P<url>(?:https?://|mailto:)[^>\s]+)>`__?"
    r"|(?P<ticks>`+)(?!`).+?(?<!`)(?P=ticks)(?!`)"
)
_REFERENCE = re.compile(r"\[(?P<text>[^\[\]]+)\]\[[^\[\]]*\]")
_NAME_ROLES = frozenset("class func meth mod attr data exc obj const any type".split())  # noqa: SIM905
_CODE = frozenset({"code-block", "code", "sourcecode", "highlight", "parsed-literal", "doctest"})
_NOTES = frozenset(
    {"note", "warning", "tip", "important", "caution", "danger", "hint", "attention", "error"}
)
_VERSIONS = {
    "versionadded": "New in version",
    "versionchanged": "Changed in version",
    "deprecated": "Deprecated since version",
}


def to_markdown(text: str) -> str:
    """Return the text of a docstring, or of a part of one, as Markdown."""
    if not any(mark in text for mark in (">>>", "::", ":`", "`_")):
        return text
    return "\n".join(_blocks(text.split("\n")))


def summary_markdown(line: str) -> str:
    """Return one line of a docstring as Markdown in which references are mere names."""
    return _REFERENCE.sub(r"\g<text>", _inline(line))


def _blocks(lines: list[str]) -> Iterator[str]:
    at = 0
    while at < len(lines):
        line = lines[at]
        if fence := _FENCE.match(line):
            end = _fence_end(lines, at, fence[1])
            yield from lines[at:end]
        elif prompt := _PROMPT.match(line):
            end = _paragraph_end(lines, at)
            yield from _code([line[len(prompt[1]) :] for line in lines[at:end]], "pycon", prompt[1])
        elif directive := _DIRECTIVE.match(line):
            end = _indented_end(lines, at + 1, len(directive[1]))
            yield from _directive(directive, lines[at + 1 : end])
        elif literal := _LITERAL.match(line):
            end = _indented_end(lines, at + 1, len(literal[1]))
            shown = f"{literal[2]}:" if literal[2] and end > at + 1 else line.lstrip(" ")
            yield f"{literal[1]}{_inline(shown)}" if literal[2] else ""
            yield from _code(_body(lines[at + 1 : end]), "", literal[1])
        else:
            end = at + 1
            yield "" if _TARGET.match(line) else _inline(line)
        at = end


def _directive(match: re.Match[str], lines: list[str]) -> Iterator[str]:
    indent, name, argument = match.groups()
    body = _body([line for line in lines if not _OPTION.match(line)])
    if name in _CODE:
        yield from _code(body, argument or "python", indent)
    elif name in _NOTES or name in _VERSIONS or name == "seealso":
        title = f"{_VERSIONS[name]} {argument}" if name in _VERSIONS else ""
        kind = "warning" if name == "deprecated" else "note" if title else name
        shown = title or ("See also" if name == "seealso" else "")
        heading = f' "{shown.replace(chr(34), "")}"' if shown else ""
        gap = [""] if lines and not lines[0].strip() else []
        inside = body if title or not argument else [argument, *gap, *body]
        yield from ("", f"{indent}!!! {kind}{heading}", "")
        yield from (f"{indent}    {line}".rstrip() for line in _blocks(inside))
        yield ""
    else:  # not known here: shown as it was written
        yield from _code([match[0].strip(), *(line[len(indent) :] for line in lines)], "", indent)


def _code(lines: list[str], language: str, indent: str) -> Iterator[str]:
    if not any(line.strip() for line in lines):
        return
    fence = "`" * max(3, *(len(run) + 1 for run in re.findall("`+", "\n".join(lines)) or [""]))
    yield from ("", f"{indent}{fence}{language if language.isalnum() else ''}")
    yield from (f"{indent}{line}".rstrip() for line in lines)
    yield from (f"{indent}{fence}", "")


def _inline(line: str) -> str:
    """Turn roles and links of one line into Markdown, except in code spans."""
    if ":`" not in line and "`_" not in line:
        return line
    return _INLINE.sub(_markdown, line)


def _markdown(match: re.Match[str]) -> str:
    if match["role"]:
        return _role(match["role"], match["content"])
    return f"[{match['text']}]({match['url']})" if match["url"] else match[0]


def _role(role: str, content: str) -> str:
    if role not in _NAME_ROLES:
        return f"`{content}`"
    titled = re.fullmatch(r"(.+?)\s*<([^<>]+)>", content)
    name = (titled[2] if titled else content).lstrip("!")
    shown = titled[1] if titled else name.lstrip("~.")
    if name.startswith("~"):
        name = name[1:]
        shown = titled[1] if titled else name.rpartition(".")[2]
    return f"[`{shown}`][{name.lstrip('.').removesuffix('()')}]"


def _body(lines: list[str]) -> list[str]:
    """Take off the common indent, and the empty lines around."""
    return dedent("\n".join(lines)).strip("\n").split("\n")


def _fence_end(lines: list[str], at: int, fence: str) -> int:
    for number in range(at + 1, len(lines)):
        stripped = lines[number].strip()
        if stripped.startswith(fence) and not stripped.strip(fence[0]):
            return number + 1
    return len(lines)


def _paragraph_end(lines: list[str], at: int) -> int:
    while at < len(lines) and lines[at].strip():
        at += 1
    return at


def _indented_end(lines: list[str], at: int, indent: int) -> int:
    """Return where lines that are indented more than ``indent`` end, without empty ones."""
    end = at
    for number in range(at, len(lines)):
        line = lines[number]
        if line.strip():
            if len(line) - len(line.lstrip(" ")) <= indent:
                break
            end = number + 1
    return end
