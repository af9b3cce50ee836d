"""What Sphinx adds to reStructuredText, in words that docutils knows.

Sphinx itself would import the documented code. Its roles become code, its descriptions of
objects become definitions, and what only steers a build is taken out.
"""

from __future__ import annotations

import re

# Roles that docutils knows by itself, or that a document may define.
_KNOWN_ROLES = frozenset(
    (
        *("ac", "acronym", "ab", "abbreviation", "code", "emphasis", "literal", "math", "pep"),
        *("pep-reference", "raw", "rfc", "rfc-reference", "strong", "sub", "subscript", "sup"),
        *("superscript", "t", "title", "title-reference"),
    )
)
_IN_WORDS = frozenset(
    ("any", "doc", "download", "guilabel", "menuselection", "numref", "ref", "term")
)
_ROLE = re.compile(r":((?:[\w-]+:)?[A-Za-z][\w.+-]*):`([^`\n]+(?:\n[^`\n]+)?)`")
_DEFINED = re.compile(r"^[ ]*\.\. role::[ ]*([\w-]+)", re.MULTILINE)

_STEERING = (
    "autosummary|currentmodule|default-domain|glossary|highlight|index|module|only"
    "|py:currentmodule|py:module|sectionauthor|tabularcolumns|toctree"
)
_STEER = re.compile(rf"^( *)\.\. (?:{_STEERING})::", re.MULTILINE)
_OBJECT = re.compile(
    r"^( *)\.\. (?:automodule|(?:auto)?(?:py:|c:|js:)?(?:attribute|class|classmethod|confval"
    r"|data|decorator|envvar|exception|function|method|option|program|property|setting|signal|staticmethod))"
    r"::[ ]+(\S[^\n]*)(?:\n\1 +:[\w-]+:[^\n]*)*"  # with the options right below
    r"(?:\n[ ]*(?=\n\1 +\S))?",  # and without the line before its text: that makes a definition
    re.MULTILINE,
)
_VERSION = re.compile(
    r"^( *)\.\. (versionadded|versionchanged|deprecated)::[ ]*([^\s]*)", re.MULTILINE
)
_VERSION_WORDS = {
    "versionadded": "Added in version",
    "versionchanged": "Changed in version",
    "deprecated": "Deprecated since version",
}
_SEE_ALSO = re.compile(r"^( *)\.\. seealso::[ ]*", re.MULTILINE)


def without_sphinx(text: str) -> str:
    """Return ``text`` with Sphinx's roles and directives in docutils' own terms."""
    defined = _KNOWN_ROLES.union(_DEFINED.findall(text))

    def role(match: re.Match[str]) -> str:
        name, content = match[1].rpartition(":")[2], " ".join(match[2].split())
        if match[1] in defined:
            return match[0]
        titled = re.match(r"^(.+?)\s*<([^<>]*)>$", content)
        words = (titled[1] if titled else content).lstrip("~!").strip()
        return words if name in _IN_WORDS else f"``{words}``"

    text = _ROLE.sub(role, text)
    text = _STEER.sub(r"\1.. ", text)  # a comment
    text = _OBJECT.sub(lambda match: f"{match[1]}``{match[2].rstrip()}``", text)
    text = _VERSION.sub(
        lambda match: f"{match[1]}*{_VERSION_WORDS[match[2]]}* {match[3]}".rstrip(), text
    )
    return _SEE_ALSO.sub(r"\1.. admonition:: See also\n\n\1   ", text)
