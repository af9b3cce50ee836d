"""What a page shows of a template, as Markdown for the site's own converter."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from html import escape

from msgspec import Struct

from handbook.model.forms import Form
from handbook.render.readiness import rule_uri

ALL = "<!-- handbook:forms -->"
"""Where a page wants the table of all templates."""

FORM = re.compile(r"^<!-- handbook:form ([\w-]+) -->$", re.MULTILINE)
"""Where a page wants one template."""

_CHECKED = "DOC05"
_CHECK_PAGE = "reference/templates.md"
_PARTS = re.compile(r"^[ \t]*<!-- --8<-- [^\n]*-->[ \t]*\n", re.MULTILINE)
"""Marks of the parts that other pages show: nothing to copy."""

_FENCES = re.compile(r"`{3,}")
_CODE = re.compile(r"(`[^`]+`)")


class Shown(Struct, frozen=True):
    """The page that is written, and what is known around it.

    ``page`` is its name among the site's sources, ``at`` the folder of the templates' pages.
    ``blanks`` and ``examples`` lead from it to the published blanks and to the folder of the
    filled ones in the repo, "" where no link can be made. ``rules``: titles by code;
    ``rated``: whether the site has their pages. ``titles`` gives the title of a page of the site,
    "" if there is none.
    """

    page: str
    at: str
    blanks: str
    examples: str
    rules: Mapping[str, str]
    rated: bool
    titles: Callable[[str], str]

    def to(self, uri: str) -> str:
        """Return the link from this page to another source of the site."""
        return posixpath.relpath(uri, posixpath.dirname(self.page) or ".")


def form_part(form: Form, shown: Shown, example: str) -> str:
    """Return a template: blank and filled in, how to get it, its fields, how it is checked."""
    parts = [
        *_tab("Blank", form.path, form.blank),
        *_filled(form, shown, example),
        *_getting(form, shown),
        *_fields(form),
        *_checked(form, shown),
    ]
    return "\n".join(parts)


def forms_table(forms: Iterable[Form], shown: Shown) -> str:
    """Return all templates: what each is for, where it goes, its rules, the page on why."""
    rows = ["| template | where it goes | rules | why |", "|--|--|--|--|"]
    for form in forms:
        page = f"{shown.at}/{form.name}.md"
        link = f"[{form.title}]({shown.to(page)})" if shown.titles(page) else form.title
        codes = ", ".join(_rule(code, shown) for code in form.rules) or "none"
        title = shown.titles(form.practice)
        why = f"[{title}]({shown.to(form.practice)})" if title else ""
        rows.append(f"| {link}<br>{_prose(form.summary)} | `{form.path}` | {codes} | {why} |")
    table = "\n".join(rows)
    return f'<div class="hb-forms" markdown>\n\n{table}\n\n</div>'


def _tab(label: str, title: str, text: str, before: str = "") -> Iterator[str]:
    fence = "`" * (max([3, *map(len, _FENCES.findall(text))]) + 1)
    yield f'=== "{label}"'
    yield ""
    if before:
        yield from (f"    {before}", "")
    yield f'    {fence} {{ .markdown .hb-form title="{escape(title)}" }}'
    yield from (f"    {line}".rstrip() for line in text.rstrip("\n").split("\n"))
    yield f"    {fence}"
    yield ""


def _filled(form: Form, shown: Shown, example: str) -> Iterator[str]:
    if not example:
        return
    before = ""
    if shown.examples:
        link = posixpath.join(shown.examples, form.example)
        before = f"A real one, of the sample service: [as its readers see it]({link})."
    yield from _tab("Filled in", form.example, _PARTS.sub("", example), before)


def _getting(form: Form, shown: Shown) -> Iterator[str]:
    name = posixpath.basename(form.path)
    href = f"{shown.blanks}/{form.name}.md"
    yield (
        f"Copy the blank, or "
        f'<a href="{escape(href)}" download="{escape(name)}">download it</a>, '
        f"or let the command write it to `{form.path}`:"
    )
    yield from ("", "```bash", f"handbook template {form.name} --write", "```", "")


def _fields(form: Form) -> Iterator[str]:
    yield from ("### Its fields { #fields }", "")
    yield from ("| heading | what to write |", "|--|--|")
    for field in form.fields:
        left = "*May be left out.* " if field.optional else ""
        hint = _prose(field.hint)
        yield f"| {_prose(field.title)} | {left}{hint[:1].upper()}{hint[1:]} |"
    yield ""


def _checked(form: Form, shown: Shown) -> Iterator[str]:
    yield from ("### How it is checked { #checked }", "")
    how = f"[compared with the template]({shown.to(_CHECK_PAGE)})"
    if not shown.titles(_CHECK_PAGE):
        how = "compared with the template"
    yield (
        f"Keep the first line. By it, {_rule(_CHECKED, shown)} finds the document, and it is {how}:"
        " each heading that is missing or empty is named with its line. On your machine, the same:"
    )
    command = f"handbook template {form.name} --check {form.path}"
    yield from ("", "```bash", command, "```", "")
    if form.rules:
        yield from ("It helps to meet:", "")
        yield from (f"- {_rule(code, shown)}: {shown.rules.get(code, '')}" for code in form.rules)
    else:
        yield "No other rule asks for it: whether one is needed, people decide."
    yield ""


def _rule(code: str, shown: Shown) -> str:
    if code not in shown.rules or not shown.rated:
        return code
    return f"[{code}]({shown.to(f'{rule_uri(code)}index.md')})"


def _prose(text: str) -> str:
    """Return Markdown for a cell of a table: nothing in it is HTML or ends the cell."""
    parts = _CODE.split(text.replace("|", "\\|"))
    return "".join(
        part if part.startswith("`") and len(part) > 1 else part.replace("<", "&lt;")
        for part in parts
    )
