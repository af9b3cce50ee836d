"""JSON coloured as Pygments colours it."""

from __future__ import annotations

import json
import re
from html import unescape
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from handbook.render.api.jsoncode import json_block
from handbook.render.highlight import code_block

values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)


def classes(html: str) -> list[tuple[str, str]]:
    """Return (class, text), neighbours of one class joined; white space has none in Pygments."""
    found: list[tuple[str, str]] = []
    for kind, text in re.findall(r'<span class="(\w+)">(.*?)</span>', html, re.DOTALL):
        if kind == "w":
            continue
        if found and found[-1][0] == kind:
            found[-1] = (kind, found[-1][1] + unescape(text))
        else:
            found.append((kind, unescape(text)))
    return found


@given(values)
def test_classes_are_those_of_pygments(value: Any) -> None:
    text = json.dumps(value, indent=2)
    assert classes(json_block(text)) == classes(code_block(text, "json"))


@given(values, st.integers(0, 60))
def test_cut_json_is_still_whole_html(value: Any, length: int) -> None:
    text = json.dumps(value, indent=2, ensure_ascii=False)[:length]
    html = json_block(text)
    assert html.count("<span") == html.count("</span>")
    inner = html.partition("<code>")[2].rpartition("</code>")[0]
    assert unescape(re.sub(r"</?span[^>]*>", "", inner)) == text
