"""What a repo says about how often rows of a table change: in its docs and in its migrations."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice

from msgspec.structs import replace

from handbook.errors import TreeError
from handbook.model.database import Model, Schema, Write
from handbook.tree import RepoTree

_WORDS = re.compile(
    r"\b(?:delet\w*|updat\w*|append[- ]only|insert(?:ed|s)?|immutable|retention|vacuum\w*"
    r"|purg\w*|overwrit\w*"
    r"|never chang\w*|upsert\w*|replac\w*|expire\w*|soft[- ]delet\w*|kept for|row(?:s)? change)",
    re.I,
)
_HEADING = re.compile(
    r"^#{1,6}[ \t]+(?P<text>[^\n]{0,60}\b(?:updates? and deletes?|deletes? and updates?"
    r"|append[- ]only|how often (?:do )?rows? change|write patterns?"
    r"|(?:data|row) retention)\b[^\n]{0,60})$"
    r"(?P<body>(?:\n(?!#)[^\n]{0,1000}){0,40})",
    re.I | re.M,
)
_ASIDE = re.compile(r"(?:^|/)(?:\.[^/]+/|changelog|changes|history|news|release)", re.I)
_CODE = re.compile(r"^(```|~~~).*?^\1", re.S | re.M)
_PIECE = re.compile(r"\n\s*\n|\n(?=\s*(?:[-*|]|\d+\.)\s)|\n(?=\s*\|)")
_FILES = 300
_TEXT = 256 * 1024
_KEPT = 300


def answered(writes: Iterable[Write], said: Mapping[str, str]) -> list[Write]:
    """Give each write the sentence of the repo about writes to its table."""
    return [
        write if write.why else replace(write, why=said.get(_plain(write.table), ""))
        for write in writes
    ]


def named(
    writes: Iterable[Write], schemas: Iterable[Schema], models: Iterable[Model]
) -> Iterator[Write]:
    """Leave out names that are neither a table nor a model: those of variables."""
    known = {_plain(table.name) for schema in schemas for table in schema.tables}
    known |= {_plain(model.name) for model in models}
    for write in writes:
        capital = write.table.rpartition(".")[2][:1].isupper()
        sure = capital or write.how not in ("SQLAlchemy", "Django")
        yield write if sure or _plain(write.table) in known else replace(write, table="")


def _plain(name: str) -> str:
    """Bring a table's and a class's name to one form: "payment" of "Payments" and "payments"."""
    last = name.rpartition(".")[2].lower().replace("_", "")
    return last.removesuffix("s")


def said_of_tables(
    docs: Iterable[str], schemas: Iterable[Schema], writes: Iterable[Write], tree: RepoTree
) -> dict[str, str]:
    """Return what is said of each table that is written to, by the plain form of its name."""
    wanted = {_plain(write.table) for write in writes if write.table}
    said: dict[str, str] = {}
    for schema in schemas:
        for table in schema.tables:
            if _WORDS.search(table.comment):
                said.setdefault(_plain(table.name), table.comment[:_KEPT])
        for revision in schema.revisions:
            _search(revision.note, wanted, said)
    for path in islice((path for path in docs if not _ASIDE.search(path)), _FILES):
        try:
            text = _CODE.sub("", tree.text(path, _TEXT))
        except TreeError:
            continue
        for heading in _HEADING.finditer(text):
            named = {_plain(word) for word in re.findall(r"[\w.]{3,80}", heading["body"])}
            for name in named & wanted:
                said.setdefault(name, f"{path}: {heading['text'].strip(' #')}")
        _search(text, wanted, said)
    return said


def _search(text: str, wanted: set[str], said: dict[str, str]) -> None:
    if not _WORDS.search(text):
        return
    for piece in _PIECE.split(text):
        if not _WORDS.search(piece) or len(piece.split()) < 5:
            continue
        named = {
            _plain(word)
            for word in re.findall(r"`([\w.]{3,80})`|\*\*([\w.]{3,80})\*\*", piece)
            for word in word
            if word
        }
        named |= {
            _plain(word)
            for word in re.findall(r"\btables?\s+([\w.]{3,80})|([\w.]{3,80})\s+table\b", piece)
            for word in word
            if word
        }
        for name in named & wanted:
            said.setdefault(name, " ".join(piece.split())[:_KEPT])
