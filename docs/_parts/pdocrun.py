"""Write the reference of this package's public modules with pdoc, each as one page of Markdown.

Run as a program of its own, ``python -m _parts.pdocrun FOLDER``: pdoc imports what it documents,
and a server that has the package loaded already would show what it was when it started.
"""

from __future__ import annotations

import inspect
import json
import re
import sys
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, get_args, get_origin

import msgspec
import pdoc
import pdoc.doc
import pdoc.render
from jinja2 import pass_context
from markupsafe import Markup
from pdoc import render_helpers
from pygments.formatters import HtmlFormatter

from _parts.public import PACKAGE, load_groups, module_path

TEMPLATES = Path(__file__).with_name("pdoc")

_ROLE = re.compile(r":(?:py:)?\w+:`~?([^`<>]+)`")
_HREF = re.compile(r'href="((?:\.\./)*[\w/]+)\.html(#[^"]*)?"')
_HEADING = re.compile(r"<h[1-6][^>]*>(.*?)</h[1-6]>", re.DOTALL)
_LONG = re.compile(r'(<a href="[^"#]*#([^"]+)">)handbook\.[\w.]+(?=</a>)')
_TYPEVAR = re.compile(r'<span class="o">~</span>|~(?=[A-Z]\b)')
_BLANK = re.compile(r"\n{3,}")


def write(folder: Path, names: list[str]) -> None:
    """Write a page for each module into a folder, as ``MODULE.md``."""
    _configure()
    modules = {name: pdoc.doc.Module.from_name(name) for name in names}
    for name, module in modules.items():
        html = _TYPEVAR.sub("", pdoc.render.html_module(module, modules))
        html = _LONG.sub(r"\1\2", _HREF.sub(partial(_link, name), html))
        # What Markdown makes of a tab depends on where in its line it stands.
        html = html.replace("\t", "    ")
        text = _BLANK.sub("\n\n", html).strip()
        folder.joinpath(f"{name}.md").write_text(f"{text}\n", encoding="utf-8")


def _configure() -> None:
    """Give pdoc our templates, and the classes that the site's style knows."""
    pdoc.render.configure(
        docformat="google", show_source=False, search=False, template_directory=TEMPLATES
    )
    render_helpers.formatter = HtmlFormatter(cssclass="highlight")
    render_helpers.markdown_extensions["fenced-code-blocks"] = {"cssclass": "highlight"}
    for unwanted in ("toc", "header-ids", "mermaid"):
        render_helpers.markdown_extensions.pop(unwanted, None)
    to_markdown, to_html = (pdoc.render.env.filters[name] for name in ("to_markdown", "to_html"))
    pdoc.render.env.filters |= {
        "below": lambda module: [m for m in module.submodules if m.modulename in _public()],
        "class_signature": class_signature,
        "first_line": first_line,
        "is_shown": is_shown,
        "shown_bases": lambda doc: any(base[0].startswith("handbook") for base in doc.bases),
        "shown_members": shown_members,
        "source_path": lambda module: _below(module_path(module.modulename)),
        "symbol": symbol,
        "to_html": lambda text: _safe(_plain_headings(to_html(text))),
        "to_markdown": _with_context(to_markdown),
        "yaml": lambda text: _safe(json.dumps(text, ensure_ascii=False)),
    }


def class_signature(doc: pdoc.doc.Class) -> Markup:
    """Return the parameters that make an object of a class; "" where it takes none of its own."""
    init = doc.get("__init__")
    signature = None
    if issubclass(doc.obj, msgspec.Struct):
        signature = _plain(inspect.signature(doc.obj))
    elif isinstance(init, pdoc.doc.Function) and init.taken_from[0].startswith("handbook"):
        signature = init.signature_without_self.replace(return_annotation=inspect.Signature.empty)
    if signature is None or not signature.parameters:
        return Markup("")
    return render_helpers.format_signature(signature, colon=False)


def shown_members(doc: pdoc.doc.Namespace[Any]) -> list[pdoc.doc.Doc[Any]]:
    """Return the members that have a place of their own on the page, as the source has them."""
    own = doc.own_members if isinstance(doc, pdoc.doc.Class) else doc.members.values()
    return [member for member in own if member.kind != "module" and is_shown(member)]


def is_shown(doc: pdoc.doc.Doc[Any]) -> bool:
    """Whether a member has a place of its own.

    Fields without a docstring stand in their class's signature, and its docstring tells of them.
    """
    if doc.name.startswith("_"):
        return False
    if "." in doc.qualname:
        return doc.kind in ("function", "variable") and bool(doc.docstring)
    return not (isinstance(doc, pdoc.doc.Variable) and doc.is_typevar)


def symbol(doc: pdoc.doc.Doc[Any]) -> str:
    """Return what the badge before a name says: as the services' reference has it."""
    if doc.kind == "function":
        return "method" if "." in doc.qualname else "function"
    return "attribute" if doc.kind == "variable" else doc.kind


def first_line(module: pdoc.doc.Module) -> str:
    """Return the first sentence of a module's docstring, without marks of any markup."""
    return re.sub(r"`+", "", _ROLE.sub(r"\1", " ".join(module.docstring.split("\n\n")[0].split())))


def _plain(signature: inspect.Signature) -> inspect.Signature:
    """Leave out what annotations say beside the type, such as descriptions."""
    bare = [
        given.replace(annotation=get_args(given.annotation)[0])
        if get_origin(given.annotation) is Annotated
        else given
        for given in signature.parameters.values()
    ]
    return signature.replace(parameters=bare)


def _safe(html: str) -> Markup:
    """Mark what was made of this package's own docstrings as HTML."""
    return Markup(html)  # noqa: S704 - nobody else's text comes here


def _public() -> set[str]:
    return {name for group in load_groups() for name in group["modules"]}


def _below(path: Path) -> str:
    return path.relative_to(PACKAGE.parents[1]).as_posix()


def _with_context(convert: Any) -> Any:
    """Wrap pdoc's conversion of docstrings: roles of reStructuredText become code first."""

    def converted(context: Any, docstring: str) -> str:
        return str(convert(context, _ROLE.sub(r"`\1`", docstring)))

    return pass_context(converted)


def _plain_headings(html: str) -> str:
    """Make headings within a docstring bold lines: the page's outline is its members."""
    return _HEADING.sub(r'<p class="doc-section"><b>\1</b></p>', html)


def _link(module: str, found: re.Match[str]) -> str:
    """Turn pdoc's path of a page into that of ours: "../model/facts.html" from a module's page."""
    parts = list(PurePosixPath(module.replace(".", "/")).parent.parts)
    for step in found[1].split("/"):
        parts = parts[:-1] if step == ".." else [*parts, step]
    return f'href="../{".".join(parts)}/{found[2] or ""}"'


if __name__ == "__main__":
    write(Path(sys.argv[1]), [name for group in load_groups() for name in group["modules"]])
