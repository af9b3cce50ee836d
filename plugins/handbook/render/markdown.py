"""Texts of unknown origin, in Markdown and its neighbours, to safe HTML."""

from __future__ import annotations

import gc
import re
from html import escape

from msgspec import Struct
from msgspec.structs import replace

from handbook.model.docs import Flavour
from handbook.model.limits import Limits
from handbook.model.pages import TocItem
from handbook.render.depth import too_deep
from handbook.render.github import convert_github, emojis, small_converter
from handbook.render.guards import OutOfTime, Refusal, refuse, shortened, time_limit
from handbook.render.headings import first_words, outline
from handbook.render.pymarkdown import convert_mkdocs
from handbook.render.restructured import convert_rst
from handbook.render.sanitize import Rewrite, clean, clean_shallow, is_external


class RenderedMarkdown(Struct, frozen=True):
    """A page's body, safe to publish, with exactly one ``h1``.

    ``title`` and ``description`` are plain text; ``anchors`` are all targets on the page.
    ``notes`` say what is not shown as it was meant (a limit, a part not understood), with
    lines counted in the given text. ``plain`` is True where the text could not be converted
    and is shown as its source.
    """

    html: str
    title: str
    toc: tuple[TocItem, ...]
    anchors: frozenset[str]
    description: str
    notes: tuple[Refusal, ...] = ()
    plain: bool = False


def render_markdown(
    text: str, *, title: str, flavour: Flavour, resolve: Rewrite, limits: Limits
) -> RenderedMarkdown:
    """Convert one page. Never raises for what the text contains.

    ``title`` is used where the text has no title of its own. ``resolve`` gets each address of
    a link or image (see :func:`~handbook.render.sanitize.clean`).
    """
    text, notes = shortened(text, limits)
    refusal = refuse(text, limits) if flavour in {"github", "mkdocs"} else None
    made = refusal or _made(text, title, flavour, resolve, limits)
    if isinstance(made, Refusal):
        if made is not refusal:
            gc.collect()  # what a converter leaves behind refers to itself, and may be large
        return _as_source(text, title, (*notes, made))
    return replace(made, notes=(*notes, *made.notes))


def _made(
    text: str, title: str, flavour: Flavour, resolve: Rewrite, limits: Limits
) -> RenderedMarkdown | Refusal:
    """Convert, or say why that cannot be."""
    try:
        with time_limit(limits.page_seconds):
            html, notes = _convert(text, flavour)
            if too_deep(html):
                return Refusal("its elements are nested too deeply")
            html = clean_shallow(html, resolve)
            page = outline(html, title)
    except OutOfTime:
        return Refusal(f"converting it takes more than {limits.page_seconds} seconds")
    except RecursionError:
        return Refusal("its blocks are nested too deeply")
    except (MemoryError, SystemError):
        return Refusal("converting it takes more memory than there is")
    except Exception as exc:  # noqa: BLE001 - converters fail in many ways; the page says so
        return Refusal(f"the converter failed ({type(exc).__name__}: {str(exc)[:200]})")
    if len(page.html) > limits.rendered_page:
        return Refusal(f"as a page it is larger than {limits.rendered_page // 1024:,} KB")
    return RenderedMarkdown(
        html=page.html,
        title=page.title,
        toc=page.toc,
        anchors=page.anchors,
        description=first_words(html),
        notes=notes,
    )


def render_description(text: str, limits: Limits) -> str:
    """Return a small text in CommonMark with tables as HTML blocks: descriptions of an API.

    Raw HTML in it is shown as text. Links must be complete (``https://…``, ``mailto:``): a
    relative one has no place to be relative to, so its text stays without a link.
    """
    text, _ = shortened(text, limits)
    if refuse(text, limits):
        return f'<pre class="hb-plain">{escape(text)}</pre>'
    return clean(small_converter().render(text), _complete_only)


def render_inline(text: str, limits: Limits | None = None) -> str:
    """Return one line of CommonMark (a summary) as HTML without a block around it.

    Only the first paragraph counts; line ends become spaces.
    """
    line = " ".join(re.split(r"\n\s*\n", text.strip(), maxsplit=1)[0].split())
    if refuse(line, limits or Limits()):
        return escape(line)
    return clean(small_converter().renderInline(line), _complete_only)


def _complete_only(_tag: str, _attribute: str, address: str) -> str | None:
    return address if is_external(address) else None


def _convert(text: str, flavour: Flavour) -> tuple[str, tuple[Refusal, ...]]:
    if flavour == "mkdocs":
        return convert_mkdocs(text), ()
    if flavour == "github":
        return convert_github(text), ()
    if flavour == "rst":
        html, messages = convert_rst(text)
        return html, _left_out([Refusal(message.text, message.line) for message in messages])
    return f'<pre class="hb-plain">{escape(emojis(text), quote=False)}</pre>', ()


def _left_out(messages: list[Refusal]) -> tuple[Refusal, ...]:
    """Make one note of all that docutils did not understand."""
    if not messages:
        return ()
    first, count = messages[0], len(messages)
    more = f" and {count - 1} more" if count > 1 else ""
    return (Refusal(f"parts of it are not shown: {first.reason}{more}", first.line),)


def _as_source(text: str, title: str, notes: tuple[Refusal, ...]) -> RenderedMarkdown:
    html = f'<pre class="hb-plain">{escape(text, quote=False)}</pre>'
    page = outline(html, title)
    return RenderedMarkdown(page.html, title, page.toc, page.anchors, "", notes, plain=True)
