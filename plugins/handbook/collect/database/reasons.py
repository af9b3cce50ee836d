"""What people say beside a change: what an index is for, what became of the data of a drop."""

from __future__ import annotations

import re
from collections.abc import Mapping

from handbook.model.database import Change

_WHY = re.compile(
    r"\b(?:for|because|so|since|when|whenever|speeds?|fast(?:er)?|slow|look(?:s|ups?)?|finds?"
    r"|filter\w*"
    r"|sort\w*|order(?:s|ed|ing)|quer(?:y|ies)|search\w*|reads?|need\w*|avoid\w*|prevent\w*"
    r"|ensur\w*|used"
    r"|improv\w*|optimi[sz]\w*|performance|efficient\w*|covers?|covering|every|each|joins?"
    r"|only"
    r"|support\w*|allow\w*|lists?|counts?|deletes?)\b",
    re.I,
)
_GONE = re.compile(
    r"\b(?:un-?used|not used|obsolete|legacy|mov(?:ed?|ing)|replac\w*|deprecat\w*|no longer"
    r"|duplicate\w*|redundant"
    r"|supersed\w*|in favou?r|merg\w*|temp(?:orary)?|old|stale|dead|migrat\w*|instead"
    r"|orphan\w*|convert\w*"
    r"|split|renam\w*|never used|useless|unnecessary)\b",
    re.I,
)
_DROP = re.compile(r"(?:drops?|dropping|removes?|removing|deletes?|deleting)\b[^.;:,]{0,80}$", re.I)
_SENTENCE = re.compile(r"(?<=[.!?:;])\s+|\s+-\s+")
_KEPT = 300


def reason_of(change: Change, note: str, title: str, said: Mapping[str, str]) -> str:
    """Return what an index is for, in its authors' words; "" if nobody says.

    ``said``: what the database or the models say of indexes, by their name.
    """
    names = [change.name, *(f"{change.table}.{column.name}" for column in change.columns)]
    for name in names:
        if text := said.get(name):
            return text[:_KEPT]
    if explains(change.why):
        return change.why[:_KEPT]
    about = {"index", "indexes", "indices", "indexed", change.name.lower()} - {""}
    for sentence in _SENTENCE.split(f"{title}. {note}" if explains(title) else note):
        words = set(re.findall(r"\w+", sentence.lower()))
        if len(words) > 3 and about & words and _WHY.search(sentence):
            return sentence.strip()[:_KEPT]
    return "It keeps its values unique." if change.unique else ""


def explains(text: str) -> bool:
    """Whether a comment says what something is for, not only what it is."""
    return len(text.split()) > 2 and bool(_WHY.search(text))


def speaks_of_index(change: Change, note: str) -> bool:
    """Whether it is said of a new column if it needs an index."""
    return bool(re.search(r"\bindex", f"{change.why} {note}", re.I))


def _restates(text: str) -> bool:
    """Whether a comment says no more than the statement: "drop the column"."""
    return bool(_DROP.match(text)) and not _GONE.search(text) and not _WHY.search(text)


def fate_of(change: Change, note: str, title: str, *, moved: bool) -> str:
    """Return what became of the data that a drop removes; "" if nobody says."""
    if len(change.why.split()) > 2 and not _restates(change.why):
        return change.why[:_KEPT]
    if len(note.split()) > 4:
        return note[:_KEPT]
    if _GONE.search(title.replace("_", " ")):
        return title
    return "Its rows are changed or moved in the same migration." if moved else ""
