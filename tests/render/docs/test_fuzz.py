"""Whatever the text, a page comes out, in which nothing acts and every tag is closed."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from handbook.model.docs import Flavour
from handbook.model.limits import Limits
from handbook.render.markdown import render_description, render_markdown
from handbook.render.sanitize import clean
from handbook.render.svg import HostileSvg, clean_svg

_PIECES = st.sampled_from(
    [
        *("\n", "\n\n", "    ", "  ", "> ", "- ", "1. ", "# ", "## ", "| ", "|\n|-|-|\n", "---\n"),
        *(
            "*",
            "**",
            "_",
            "`",
            "```",
            "~~~",
            "~~",
            "$",
            "$$",
            "[",
            "](",
            ")",
            "![",
            "[^1]",
            "[^1]: ",
        ),
        *(
            "[x]: ",
            "<",
            ">",
            "</",
            "<div",
            "<p>",
            "</p>",
            "<b>",
            "<i id=x>",
            "<a href=",
            "<img src=",
        ),
        *(
            "<svg>",
            "<math>",
            "<style>",
            "<script>",
            "<!--",
            "-->",
            "<![CDATA[",
            "<table><td>",
            "<h1>",
        ),
        *("javascript:alert(1)", "data:text/html,x", "//evil.example/x", "https://e.org/x.png"),
        *(
            " onclick=alert(1)",
            ' style="x"',
            '"',
            "'",
            "=",
            "&",
            "&lt;",
            "&#58;",
            "\\",
            "{: ",
            " }",
        ),
        *("!!! note\n", '=== "a"\n', "??? tip\n", "> [!NOTE]\n", ":smile:", "::: x.y\n", ": "),
        *(
            ".. code:: python\n\n",
            ".. raw:: html\n\n",
            "::\n\n",
            "\n====\n",
            "`x <y>`_",
            ":role:`x`",
        ),
        *(
            "word",
            "Größe",
            "日本",
            "\u202e",
            "\ufeff",
            "\u00a0",
            "{#id .md-overlay}",
            "x.md#y",
            "\t",
        ),
    ]
)
_TEXTS = st.lists(_PIECES, max_size=60).map("".join)
_FLAVOURS: list[Flavour] = ["github", "mkdocs", "rst", "text"]
_settings = settings(
    max_examples=150,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@_settings
@given(text=_TEXTS, flavour=st.sampled_from(_FLAVOURS))
def test_pages(living: Callable[[str], list[str]], text: str, flavour: Flavour) -> None:
    page = render_markdown(
        text, title="T", flavour=flavour, resolve=lambda _t, _a, value: value, limits=Limits()
    )
    assert living(page.html) == []
    assert page.html.count("<h1") == 1
    assert len({item.anchor for item in page.toc}) == len(page.toc)


@_settings
@given(text=_TEXTS)
def test_descriptions(living: Callable[[str], list[str]], text: str) -> None:
    assert living(render_description(text, Limits())) == []


@_settings
@given(text=_TEXTS)
def test_what_is_clean_stays_harmless(living: Callable[[str], list[str]], text: str) -> None:
    once = clean(text)
    assert living(once) == []
    assert living(clean(once)) == []


@_settings
@given(text=_TEXTS)
def test_drawings(text: str) -> None:
    wrapped = f'<svg xmlns="http://www.w3.org/2000/svg">{text}</svg>'
    try:
        made = clean_svg(wrapped.encode())
    except HostileSvg:
        return
    assert clean_svg(made) == made
