"""DOC: documents that are made from one of the handbook's templates."""

from __future__ import annotations

from typing import ClassVar

from handbook.check.rule import Rule, Verdict
from handbook.model.facts import Absent, Fact, Found
from handbook.model.forms import FormDocument
from handbook.model.readiness import Evidence, Level

_SHOWN = 20  # gaps; who has these knows where the others are


class FilledIn(Rule):
    """What is made from a template is filled in.

    ## What it does
    Compares each document that names its template in its first lines (`<!-- template: runbook -->`)
    with that template, and names every heading that is missing or has nothing below it, and
    everything that was to be replaced and was not.

    ## Why
    A template in the repo looks like a runbook from afar. At night somebody opens it and finds
    nothing but questions. What nobody means to write is better not there.

    ## How to fix
    Fill in what the findings name; `handbook template --check FILE` says the same before you
    commit. A heading that does not concern you: write why, in one sentence. If the document has
    grown into something else, take the line with the template's name out.

    ## Equivalents
    Headings may have numbers, another case and another level, and there may be more of them.
    Documents that name no template are left alone, and so are a repo's own blanks: files and
    folders called template, blank or form.
    """

    code = "DOC05"
    level: ClassVar[Level] = "silver"
    page = "reference/templates/#gaps"

    def check(self, forms: Fact[tuple[FormDocument, ...]]) -> Verdict:
        """Pass when nothing is left, warn for each gap, fail when a form is as it was copied."""
        if not isinstance(forms, Found):
            searched = forms.searched if isinstance(forms, Absent) else ()
            return Verdict("na", "No document says that it is made from a template.", (), searched)
        empty = [item for item in forms.value if item.state and item.state.empty]
        if empty:
            message = f"{_names(empty)} {_is(empty)} a template with nothing filled in."
            fix = "Fill it in, or delete it: an empty form is taken for a document."
            return Verdict("fail", message, tuple(map(_whole, empty)), fix=fix)
        unknown = [item for item in forms.value if item.state is None]
        gaps = [
            Evidence(item.path, gap.line, gap.said)
            for item in forms.value
            for gap in (item.state.gaps if item.state else ())
        ]
        if unknown or gaps:
            said = [f"{len(gaps)} {'place is' if len(gaps) == 1 else 'places are'} to be filled in"]
            said = said if gaps else []
            said += [f"there is no template {item.name!r}" for item in unknown[:5]]
            fix = "Fill in what is named; `handbook template` lists the templates there are."
            places = (*(_whole(item) for item in unknown[:5]), *gaps[:_SHOWN])
            message = "; ".join(said)
            return Verdict("warn", f"{message[0].upper()}{message[1:]}.", places, fix=fix)
        count = len(forms.value)
        what = "1 document is" if count == 1 else f"{count} documents are"
        places = tuple(map(_whole, forms.value))
        return Verdict("pass", f"{what} made from templates, and whole.", places)


def _names(documents: list[FormDocument]) -> str:
    return ", ".join(item.path.rpartition("/")[2] for item in documents[:5])


def _is(documents: list[FormDocument]) -> str:
    return "is" if len(documents) == 1 else "are each"


def _whole(document: FormDocument) -> Evidence:
    return Evidence(document.path, document.line, document.name)
