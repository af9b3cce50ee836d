"""Feeds are what their formats ask for, whatever people write into their repos."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from html import unescape
from pathlib import Path
from typing import Any

import feedparser
import pytest
import yaml
from benchmarks.gitrepo import Author, Change, write_repo
from jsonschema import Draft202012Validator
from tests.publish.conftest import SiteProject

from handbook.model.summary import ChangeLine, ServiceSummary
from handbook.model.trend import Mark, Trend
from handbook.publish.feed import MOST, Feed, Item, Line, atom, json_feed, moment, newest
from handbook.publish.feeditems import items_of_levels, items_of_pages, items_of_service
from handbook.publish.pagehistory import DayOfPages, PageChange

HERE = Path(__file__).parent
TEXTS = yaml.safe_load((HERE / "feed_texts.yml").read_text("utf-8"))
SCHEMA = Draft202012Validator(json.loads((HERE / "jsonfeed.schema.json").read_text("utf-8")))
SITE = "https://handbook.example/acme/"
FEED = Feed("Acme & co", "What changed.", SITE, "services/changes/", icon="assets/icon.png")


def read_both(items: tuple[Item, ...]) -> tuple[Any, Any]:
    """Read the items as readers do; each format must be right by its own rules."""
    parsed = feedparser.parse(atom(FEED, items))
    assert not parsed.bozo, parsed.bozo_exception
    assert parsed.version == "atom10"
    document = json.loads(json_feed(FEED, items))
    assert [error.message for error in SCHEMA.iter_errors(document)] == []
    return parsed, document


@pytest.mark.parametrize("text", TEXTS, ids=[str(n) for n in range(len(TEXTS))])
def test_text_stays_text(text: dict[str, str]) -> None:
    given, said = text["given"], text["said"]
    item = Item(
        "k", "services/x/", given, "2026-01-02", (Line(given, "https://a/?b=1&c"),), (given,)
    )
    parsed, document = read_both((item,))
    (entry,), (other,) = parsed.entries, document["items"]
    assert entry.title == said == other["title"]
    assert entry.title_detail.type == "text/plain"
    assert other["tags"] == [said]
    for html in (atom_content(item), other["content_html"]):
        assert re.findall(r"<[^>]*>", html) == [
            "<ul>", "<li>", '<a href="https://a/?b=1&amp;c">', "</a>", "</li>", "</ul>",
        ]  # fmt: skip
        assert unescape(re.sub(r"<[^>]*>", "", html)) == said


def atom_content(item: Item) -> str:
    """The content of the one item as Atom carries it, before a reader cleans it."""
    found = re.search(r'<content type="html">(.*)</content>', atom(FEED, (item,)).decode(), re.S)
    assert found
    return unescape(found[1])


@pytest.mark.parametrize(
    ("url", "link"),
    [
        ("javascript:alert(1)", f"{SITE}javascript:alert(1)"),
        ("data:text/html,x", f"{SITE}data:text/html,x"),
        ("run/deploy/", f"{SITE}run/deploy/"),
        ("http://forge.example/c/1", "http://forge.example/c/1"),
    ],
)
def test_links_lead_to_the_site_or_the_web(url: str, link: str) -> None:
    html = json.loads(json_feed(FEED, (Item("k", "", "t", "2026-01-02", (Line("x", url),)),)))
    assert f'href="{link}"' in html["items"][0]["content_html"]


def test_what_a_feed_says_of_itself() -> None:
    parsed, document = read_both(())
    assert parsed.feed.title == "Acme & co"
    assert parsed.feed.updated == "1970-01-01T00:00:00Z"
    links = {link.rel: link.href for link in parsed.feed.links}
    assert links == {"self": f"{SITE}feed.xml", "alternate": f"{SITE}services/changes/"}
    assert document["feed_url"] == f"{SITE}feed.json"
    assert document["items"] == []


@pytest.mark.parametrize(
    ("date", "said"),
    [
        ("2026-01-05T23:30:00-02:00", "2026-01-06T01:30:00Z"),
        ("2026-01-05T10:00:00+00:00", "2026-01-05T10:00:00Z"),
        ("2026-01-05", "2026-01-05T00:00:00Z"),
        ("0999-01-05T10:00:00+00:00", "0999-01-05T10:00:00Z"),
        ("0001-01-01T00:00:00+14:00", "1970-01-01T00:00:00Z"),
        ("9999-12-31T23:59:59-14:00", "1970-01-01T00:00:00Z"),
        ("yesterday", "1970-01-01T00:00:00Z"),
    ],
)
def test_dates_are_of_the_form_that_both_formats_ask_for(date: str, said: str) -> None:
    assert moment(date) == said


def test_a_feed_has_the_newest_items_each_once() -> None:
    items = [
        Item(f"k{n:03}", "", f"{n}", f"2026-01-01T{n // 60:02}:{n % 60:02}:00Z") for n in range(300)
    ]
    shown = newest([*items, *reversed(items)])
    assert [item.title for item in shown] == [str(n) for n in range(299, 299 - MOST, -1)]
    assert newest(reversed(items)) == shown
    same = [Item(key, "", key, "2026-01-01") for key in "cab"]
    assert [item.key for item in newest(same)] == ["a", "b", "c"]


def change(day: str, subject: str, release: str = "") -> ChangeLine:
    return ChangeLine(f"{day}-{subject}", f"{day}T10:00:00+00:00", subject, "Ada", "", release)


def test_a_service_has_an_item_for_each_release_and_each_day() -> None:
    recent = (
        change("2026-02-03", "three"),
        change("2026-02-03", "two", "v2"),
        change("2026-02-03", "one"),
        change("2026-01-01", "first"),
    )
    items = items_of_service(ServiceSummary("pay", "Pay", recent=recent))
    assert [(item.title, len(item.lines), item.key) for item in items] == [
        ("Pay v2", 1, "services/pay/release/2026-02-03-two"),
        ("Pay: 2 commits", 2, "services/pay/commits/2026-02-03"),
        ("Pay: 1 commit", 1, "services/pay/commits/2026-01-01"),
    ]


def test_where_there_may_be_more_commits_the_feed_says_so() -> None:
    recent = tuple(change("2026-02-03", str(n)) for n in range(30))
    (item,) = items_of_service(ServiceSummary("pay", "Pay", recent=recent))
    assert item.title == "Pay: at least 30 commits"
    assert "and 10 more" in json.loads(json_feed(FEED, (item,)))["items"][0]["content_html"]


def test_one_service_leaves_room_for_others() -> None:
    recent = tuple(change(f"2026-02-{n:02}", "x") for n in range(28, 0, -1))
    items = items_of_service(ServiceSummary("pay", "Pay", recent=recent))
    assert len(items) == 20
    assert items[0].key.endswith("2026-02-28")


def test_only_a_change_of_level_is_news() -> None:
    marks = [("", 1), ("bronze", 8), ("bronze", 9), ("gold", 12), ("silver", 11)]
    days = tuple((f"2026-01-0{n}", Mark(level, met, 12)) for n, (level, met) in enumerate(marks, 1))
    trend = Trend(services={"pay": days, "left": days})
    items = items_of_levels(trend, [ServiceSummary("pay", "Pay")])
    assert [(item.date, item.title) for item in items] == [
        ("2026-01-02", "Pay rises from no level to bronze"),
        ("2026-01-04", "Pay rises from bronze to gold"),
        ("2026-01-05", "Pay falls from gold to silver"),
    ]


def test_pages_of_a_day_are_one_item_that_names_their_sections() -> None:
    changes = (
        PageChange("docs/a.md", "Alpha", "changed", ("Undo",), ("introduction", "Steps"), ("Old",)),
        PageChange("docs/b.md", "Beta", "new"),
        PageChange("docs/c.md", "Gamma", "gone"),
    )
    day = DayOfPages("2026-01-02", "2026-01-02T10:00:00Z", changes)
    (item,) = items_of_pages([day], {"docs/a.md": "a/", "docs/b.md": "b/"})
    assert item.title == "Handbook: Alpha; Beta; and 1 more"
    assert [(line.text, line.url) for line in item.lines] == [
        ("Alpha (new: Undo; changed: introduction, Steps; taken out: Old)", "a/"),
        ("Beta: new page", "b/"),
        ("Gamma: taken out", ""),
    ]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory, project_type: type[SiteProject]) -> SiteProject:
    project = project_type(tmp_path_factory.mktemp("feeds"))
    ada = Author("Ada & co", "ada@acme.example")
    readme = {"README.md": b"# Alpha\n\n## Set up\n"}
    guide = {"docs/guide.md": b"# Guide\n\n## Set up\n"}
    for name in ("alpha", "beta"):
        changes = [
            Change(datetime(2026, 1, 2, tzinfo=UTC), ada, "Begin & <b>end</b>", readme),
            Change(datetime(2026, 1, 3, tzinfo=UTC), ada, "Guide", guide, "v1.0"),
        ]
        write_repo(project.folder / name, changes)
    project.catalog("alpha")
    project.build()
    return project


def test_a_built_site_has_feeds_that_readers_take(built: SiteProject) -> None:
    for folder, titles in (
        ("", ["alpha v1.0", "alpha: 1 commit"]),
        ("services/alpha/", ["alpha v1.0", "alpha: 1 commit"]),
    ):
        data = (built.site / folder / "feed.xml").read_bytes()
        parsed = feedparser.parse(data)
        assert not parsed.bozo
        shown = [e.title for e in parsed.entries if "handbook" not in [t.term for t in e.tags]]
        assert shown == titles
        assert all(entry.link.startswith("https://handbook.example/") for entry in parsed.entries)
        document = json.loads((built.site / folder / "feed.json").read_text("utf-8"))
        assert list(SCHEMA.iter_errors(document)) == []
        assert [item["id"] for item in document["items"]] == [e.id for e in parsed.entries]
        assert str(built.folder).encode() not in data


def test_pages_lead_to_their_feeds(built: SiteProject) -> None:
    own, all_ = 'href="../feed.xml"', 'href="../../../feed.xml"'
    text = built.page("services/alpha/changes")
    assert re.findall(r'<link rel="alternate feed"[^>]*atom[^>]*(href="[^"]*")', text) == [
        own,
        all_,
    ]
    assert re.findall(r'<a class="hb-feed" (href="[^"]*")', text) == [own]
    assert re.findall(r'<a class="hb-feed" (href="[^"]*")', built.page("services/changes")) == [
        'href="../../feed.xml"'
    ]
    assert "hb-feed" not in built.page("services/alpha")


def test_a_services_feed_is_the_same_in_any_fleet(built: SiteProject) -> None:
    before = {
        name: built.digests("services/alpha")[f"services/alpha/{name}"]
        for name in ("feed.xml", "feed.json")
    }
    built.catalog("alpha", "beta")
    built.build()
    after = built.digests("services/alpha")
    assert {name: after[f"services/alpha/{name}"] for name in before} == before
    both = json.loads((built.site / "feed.json").read_text("utf-8"))["items"]
    assert {"alpha v1.0", "beta v1.0"} <= {item["title"] for item in both}


def test_a_site_without_an_address_has_no_feeds(built: SiteProject) -> None:
    config = built.folder / "mkdocs.yml"
    text = config.read_text("utf-8")
    config.write_text(text.replace("site_url: https://handbook.example/\n", ""), "utf-8")
    built.build()
    config.write_text(text, "utf-8")
    assert list(built.site.rglob("feed.*")) == []
    assert "feed.xml" not in built.page("services/alpha/changes")
