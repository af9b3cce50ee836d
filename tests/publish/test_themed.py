"""What a service gives is written below its own folder, whatever its addresses say."""

from __future__ import annotations

import pytest

from handbook.publish.htmlpage import label
from handbook.publish.pool import reason_of
from handbook.publish.themed import has_place


@pytest.mark.parametrize("uri", ["", "docs/a/", "_files/img/a.png", "docs/größe/", "api/.../"])
def test_addresses_below_the_service(uri: str) -> None:
    assert has_place(uri)


@pytest.mark.parametrize(
    "uri", ["../x/", "/etc/x", "docs/../../x", "..", "a//b", "docs/./x", f"docs/{'y' * 256}/"]
)
def test_addresses_that_are_refused(uri: str) -> None:
    assert not has_place(uri)


@pytest.mark.parametrize(
    ("title", "shown"),
    [
        ("A & <b>", "A &amp; &lt;b&gt;"),
        ("evil \u202etxt\u2066", "evil txt"),
        ("a\x1b[31m\nb", "a[31m b"),
        ("\u202e", "…"),
    ],
)
def test_titles_are_one_line_of_text(title: str, shown: str) -> None:
    assert label(title) == shown


def test_reasons_do_not_name_places_of_this_machine() -> None:
    assert reason_of(OSError(36, "File name too long", "/srv/build/x")) == "File name too long"
    assert reason_of(ValueError("x" * 9_000)).startswith("ValueError: xxx")
    assert len(reason_of(ValueError("x" * 9_000))) <= 500
