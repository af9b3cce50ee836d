"""Read the templates that come with the handbook: ``forms.toml`` and a blank for each."""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import msgspec
from msgspec import Struct

from handbook.errors import FormError
from handbook.forms.marker import marker_of
from handbook.forms.placeholders import placeholder_in
from handbook.forms.sections import Section, same_title, sections_of
from handbook.model.forms import Field, Form

_FOLDER = Path(__file__).parent
_OPTIONAL = "optional:"


class _Entry(Struct, forbid_unknown_fields=True):
    """A table of ``forms.toml``; fields as in :class:`~handbook.model.forms.Form`."""

    title: str
    summary: str
    path: str
    rules: tuple[str, ...]
    practice: str
    example: str


@functools.cache
def forms() -> Mapping[str, Form]:
    """Return the handbook's templates by name, in the order of the menu.

    Raises:
        FormError: a template is not as it must be.
    """
    return load_forms(_FOLDER)


def load_forms(folder: Path) -> Mapping[str, Form]:
    """Read the templates of a folder; all mistakes are named at once.

    Raises:
        FormError: the list cannot be read, a blank is missing, or has no marker or no fields.
    """
    listed = folder / "forms.toml"
    try:
        raw = tomllib.loads(listed.read_text(encoding="utf-8"))
        entries = msgspec.convert(raw, dict[str, _Entry])
    except (OSError, ValueError, msgspec.ValidationError) as exc:
        raise FormError(f"{listed}: {exc}") from exc
    found, wrong = dict[str, Form](), list[str]()
    for name, entry in entries.items():
        path = folder / "blanks" / f"{name}.md"
        try:
            blank = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as exc:
            wrong.append(f"{path}: the template {name!r} has no blank that can be read: {exc}")
            continue
        fields = fields_of(blank)
        wrong += [f"{path}: {mistake}" for mistake in _mistakes(name, blank, fields)]
        given = {key: getattr(entry, key) for key in _Entry.__struct_fields__}
        found[name] = Form(name=name, blank=blank, fields=fields, **given)
    if wrong:
        raise FormError("\n".join(wrong))
    return found


def fields_of(blank: str) -> tuple[Field, ...]:
    """Return the headings of a blank below which something is to be written.

    The title is none, nor is a heading that only holds others, nor one that is itself to be
    replaced: what is written there belongs to the field above.
    """
    sections = sections_of(blank)
    return tuple(
        Field(
            title=section.title,
            level=section.level,
            line=section.line,
            hint=hint.removeprefix(_OPTIONAL).strip(),
            optional=hint.startswith(_OPTIONAL),
        )
        for section, hint in _asked(sections)
    )


def _asked(sections: Sequence[Section]) -> Iterator[tuple[Section, str]]:
    for section in sections:
        said = section.comments or any(line.text.strip() for _, line in section.lines)
        if section.level >= 2 and said and not placeholder_in(section.heading):
            yield section, next(iter(section.comments), "")


def _mistakes(name: str, blank: str, fields: Sequence[Field]) -> Iterator[str]:
    marker = marker_of(blank)
    if marker is None or marker.name != name or marker.line != 1:
        yield f"its first line must be <!-- template: {name} -->"
    if not fields:
        yield "it has no heading with something to write below it"
    titles = [same_title(field.title) for field in fields]
    for field, title in zip(fields, titles, strict=True):
        if titles.count(title) > 1:
            yield f"line {field.line}: two fields are called {field.title!r}"
        if not field.hint:
            yield f"line {field.line}: {field.title!r} has no comment that says what to write"
