"""Signatures as highlighted code whose type names are links.

This takes the place of mkdocstrings-python's own filters, which start a formatter for every
long signature and put random marks for the links into the code: slow, not repeatable, and
without an end once a signature has more short names than there are marks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from html import escape

import griffe
from markupsafe import Markup
from pygments.lexers.python import PythonLexer
from pygments.token import STANDARD_TYPES, _TokenType

Part = tuple[str, str]
"""A piece of code and the dotted name it refers to ("" for none)."""
Link = Callable[[str], str]
"""Dotted name to address, "" if there is no page for it."""

_WIDTH = 72
_LONGEST_VALUE = 100  # characters; whoever wants to see a table of constants follows the link
_DEEPEST = 40
_HIDDEN_FIRST = frozenset({"self", "cls"})


class SignatureWriter:
    """Writes signatures for one page; ``link`` gives addresses relative to it."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._lexer = PythonLexer(stripnl=False, ensurenl=False)

    def function(
        self, name: str, function: griffe.Function, *_rest: object, **_options: object
    ) -> Markup:
        """Return ``name(parameters) -> result``; one parameter a line if it is long."""
        parameters = [_parameter(item) for item in _visible(function)]
        result: list[Part] = []
        if function.annotation is not None and function.name != "__init__":
            result = [(" -> ", ""), *expression_parts(function.annotation)]
        head: list[Part] = [(name.strip(), "")]
        head += _type_parameters(function)
        flat = [*head, ("(", ""), *_joined(parameters, ", "), (")", ""), *result]
        if parameters and sum(len(text) for text, _ in flat) > _WIDTH:
            lines = (line for item in parameters for line in (("    ", ""), *item, (",\n", "")))
            flat = [*head, ("(\n", ""), *lines, (")", ""), *result]
        return self._block([("def ", ""), *flat], skip=2)

    def attribute(
        self, name: str, attribute: griffe.Attribute, *_rest: object, **_options: object
    ) -> Markup:
        """Return ``name: type = value``, "" if neither is known."""
        parts: list[Part] = [(name.strip(), "")]
        if attribute.annotation is not None:
            parts += [(": ", ""), *expression_parts(attribute.annotation)]
        if attribute.value is not None:
            value = expression_parts(attribute.value, brief=False)
            parts += [(" = ", ""), *_cut(value, _LONGEST_VALUE)]
        return self._block(parts) if len(parts) > 1 else Markup()

    def type_alias(
        self, name: str, alias: griffe.TypeAlias, *_rest: object, **_options: object
    ) -> Markup:
        """Return ``name = type``."""
        value = expression_parts(alias.value) if alias.value is not None else []
        return self._block([(name.strip(), ""), (" = ", ""), *_cut(value, _LONGEST_VALUE)])

    def annotation(self, expression: griffe.Expr | str | None) -> Markup:
        """Return a type or value for a table or a line of text, without highlighting."""
        return self._plain(expression_parts(expression or ""))

    def _plain(self, parts: Iterable[Part]) -> Markup:
        shown = _cut(parts, _LONGEST_VALUE)
        html = "".join(self._linked(escape(text), name) for text, name in shown)
        return Markup(html)  # noqa: S704 - each part was escaped

    def typed(
        self, annotation: griffe.Expr | str | None, value: griffe.Expr | str | None
    ) -> Markup:
        """Return ``type = value`` for a table, "" if neither is known."""
        shown = self.annotation(annotation) if annotation is not None else Markup()
        if value is None:
            return shown
        given = self._plain(expression_parts(value, brief=False))
        return Markup("{} = {}").format(shown, given) if shown else Markup("= {}").format(given)

    def _block(self, parts: Iterable[Part], skip: int = 0) -> Markup:
        code = "".join(self._tokens(list(parts), skip))
        block = f'<div class="doc-signature highlight"><pre><code>{code}</code></pre></div>'
        return Markup(block)  # noqa: S704 - each token was escaped

    def _tokens(self, parts: list[Part], skip: int) -> Iterator[str]:
        """Yield the tokens as HTML, without the first ``skip`` of them."""
        text = "".join(piece for piece, _ in parts)
        names: dict[tuple[int, int], str] = {}
        position = 0
        for piece, name in parts:
            names[position, position + len(piece)] = name
            position += len(piece)
        for number, (start, kind, value) in enumerate(self._lexer.get_tokens_unprocessed(text)):
            if number < skip:
                continue
            css = _css_class(kind)
            span = escape(value, quote=False)
            if css:
                span = f'<span class="{css}">{span}</span>'
            yield self._linked(span, names.get((start, start + len(value)), ""))

    def _linked(self, html: str, name: str) -> str:
        href = self._link(name) if name else ""
        if not href:
            return html
        return f'<a class="autorefs" href="{escape(href)}" title="{escape(name)}">{html}</a>'


def expression_parts(
    expression: griffe.Expr | str, *, brief: bool = True, depth: int = 0
) -> list[Part]:
    """Take an expression apart; ``brief`` shortens ``a.b.C`` to ``C``."""
    if isinstance(expression, str):
        return [(expression, "")]
    if depth > _DEEPEST:
        return [("…", "")]
    if isinstance(expression, griffe.ExprName):
        return [(expression.name, _canonical(expression))]
    if brief and isinstance(expression, griffe.ExprAttribute):
        return [(str(expression.last), _canonical(expression))]
    if brief and isinstance(expression, griffe.ExprSubscript) and _is_annotated(expression):
        expression = _without_metadata(expression)
        return expression_parts(expression, brief=brief, depth=depth + 1)
    return [
        part
        for element in expression.iterate(flat=False)
        for part in expression_parts(element, brief=brief, depth=depth + 1)
    ]


def _canonical(expression: griffe.ExprName | griffe.ExprAttribute) -> str:
    try:
        return expression.canonical_path
    except (griffe.GriffeError, RecursionError, AttributeError, ValueError):
        return ""  # names of broken code lead nowhere


def _is_annotated(expression: griffe.ExprSubscript) -> bool:
    return str(expression.left).rpartition(".")[2] == "Annotated"


def _without_metadata(expression: griffe.ExprSubscript) -> griffe.Expr | str:
    """Return ``int`` for ``Annotated[int, …]``."""
    inner = expression.slice
    return inner.elements[0] if isinstance(inner, griffe.ExprTuple) and inner.elements else inner


def _visible(function: griffe.Function) -> list[griffe.Parameter | str]:
    """Return parameters with the separators "/" and "*" between them, without ``self``."""
    items: list[griffe.Parameter | str] = []
    in_class = bool(function.parent and function.parent.is_class)
    kinds = griffe.ParameterKind
    positional_only = starred = False
    for number, parameter in enumerate(function.parameters):
        if positional_only and items and parameter.kind is not kinds.positional_only:
            items.append("/")
        positional_only = parameter.kind is kinds.positional_only
        if parameter.kind is kinds.keyword_only and not starred:
            items.append("*")
        starred = starred or parameter.kind in {kinds.var_positional, kinds.keyword_only}
        if not (number == 0 and in_class and parameter.name in _HIDDEN_FIRST):
            items.append(parameter)
    return [*items, "/"] if positional_only and items else items


def _parameter(parameter: griffe.Parameter | str) -> list[Part]:
    if isinstance(parameter, str):
        return [(parameter, "")]
    kinds = griffe.ParameterKind
    stars = "*" if parameter.kind is kinds.var_positional else ""
    stars = "**" if parameter.kind is kinds.var_keyword else stars
    parts: list[Part] = [(stars + parameter.name, "")]
    if parameter.annotation is not None:
        parts += [(": ", ""), *expression_parts(parameter.annotation)]
    if parameter.default is not None and not stars:
        equals = " = " if parameter.annotation is not None else "="
        value = expression_parts(parameter.default, brief=False)
        parts += [(equals, ""), *_cut(value, _LONGEST_VALUE)]
    return parts


def _type_parameters(function: griffe.Function) -> list[Part]:
    if not function.type_parameters:
        return []
    items: list[list[Part]] = []
    for item in function.type_parameters:
        bound = [(": ", ""), *expression_parts(item.annotation)] if item.annotation else []
        items.append([(item.name, ""), *bound])
    return [("[", ""), *_joined(items, ", "), ("]", "")]


def _joined(items: Iterable[list[Part]], separator: str) -> list[Part]:
    joined: list[Part] = []
    for item in items:
        joined += [(separator, ""), *item] if joined else item
    return joined


def _cut(parts: Iterable[Part], most: int) -> list[Part]:
    """Return the parts up to ``most`` characters, with "…" for the rest."""
    kept: list[Part] = []
    for text, name in parts:
        if len(text) > most:
            return [*kept, (f"{text[:most]}…", "")]
        most -= len(text)
        kept.append((text, name))
    return kept


def _css_class(kind: _TokenType) -> str:
    while kind not in STANDARD_TYPES and kind.parent is not None:
        kind = kind.parent
    return STANDARD_TYPES.get(kind, "")
