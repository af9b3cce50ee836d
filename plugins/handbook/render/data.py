"""The page of a service's data, experiments and models."""

from __future__ import annotations

from collections.abc import Iterable

from markupsafe import Markup
from msgspec import Struct

from handbook.model.data import MODEL_TOPICS, Card, ConfigFile, Data, Pipeline, Tracked
from handbook.model.pages import NavItem, Page, Section
from handbook.model.source import Spot
from handbook.render.context import RenderContext, relative_url
from handbook.render.headings import outline
from handbook.render.pipelines import diagram
from handbook.render.spots import place_of, short_path
from handbook.render.templates import count, environment

URI = "data/"
_FILES = 200
_ROWS = 40
_PLACES = 8
_STEP = 1024.0
_ROUND = 100  # from here on, no decimals


class Drawn(Struct, frozen=True):
    """A pipeline with its diagram ("" where nothing leads from one step to another)."""

    pipeline: Pipeline
    diagram: Markup


class CardRow(Struct, frozen=True):
    """A card, where it can be read, and what it does not cover."""

    card: Card
    url: str
    lacks: tuple[str, ...]


class Line(Struct, frozen=True):
    """What a tracker is used for, and the lines of it."""

    system: str
    does: str
    calls: tuple[str, ...]
    spots: tuple[Spot, ...]


def render_data(data: Data, ctx: RenderContext) -> Section:
    """Render ``data/``; no page where there is nothing to show."""
    if not data.shown:
        return Section()
    outlined = outline(_html(data, ctx), "Data & models")
    path = data.pipelines[0].path if data.pipelines else ""
    page = Page(
        uri=URI,
        title="Data & models",
        html=outlined.html,
        kind="data",
        toc=outlined.toc,
        description=f"The data of {ctx.service.name}, its experiments, and its models.",
        edit_url=ctx.edit_url(path) if path else "",
        view_url=ctx.view_url(path) if path else "",
    )
    return Section((page,), (NavItem("Data & models", URI),))


def _html(data: Data, ctx: RenderContext) -> str:
    template = environment().get_template("data.html.j2")
    return template.render(
        service=ctx.service,
        data=data,
        pipelines=[Drawn(item, diagram(item, ctx.service.path)) for item in data.pipelines],
        files=data.files[:_FILES],
        more_files=len(data.files) - len(data.files[:_FILES]),
        configured=[item for item in data.frameworks if item.files],
        tracking=_lines(data.tracked),
        cards=[_card(card, ctx) for card in data.cards],
        facts=_facts(data),
        place=lambda spot: place_of(spot, ctx),
        places=lambda spots: [place_of(spot, ctx) for spot in tuple(spots)[:_PLACES]],
        line_of=Spot,
        whole=lambda path: place_of(Spot(path, 0), ctx),
        short=lambda path: short_path(path, ctx),
        size=size,
        brief=_brief,
        choice=_choice,
        rows=_ROWS,
    )


def _facts(data: Data) -> list[tuple[str, str]]:
    """What comes first on the page: one line each."""
    remotes = [item.url for item in data.remotes if item.kind != "folder"] or [
        item.url for item in data.remotes
    ]
    known = sum(max(item.size, 0) for item in data.files)
    held = f"{count(len(data.files), 'file')}, {size(known)}" if data.files else ""
    rows = (
        ("Data", held),
        ("Kept in", ", ".join(remotes[:3])),
        ("Configuration", _joined(item.name for item in data.frameworks)),
        ("Runs", _joined(item.system for item in data.that("track"))),
        ("Registry", _joined(item.system for item in data.that("register"))),
        ("Served by", _joined(item.platform for item in data.serving)),
        ("Drift", _joined(data.drift.named)),
    )
    return [(name, text) for name, text in rows if text]


def _joined(names: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(names))


def _lines(tracked: tuple[Tracked, ...]) -> list[Line]:
    """Put the lines of one system that do the same into one row."""
    words = {"track": "tracks runs", "register": "registers models", "load": "loads models"}
    grouped: dict[tuple[str, str], list[Tracked]] = {}
    for item in tracked:
        grouped.setdefault((item.system, item.does), []).append(item)
    return [
        Line(
            system,
            words[does],
            tuple(dict.fromkeys(item.call for item in items))[:_PLACES],
            tuple(item.spot for item in items),
        )
        for (system, does), items in grouped.items()
    ]


def _card(card: Card, ctx: RenderContext) -> CardRow:
    uri = ctx.published.get(card.path)
    url = relative_url(uri, URI) if uri is not None else ctx.view_url(card.path)
    wanted = MODEL_TOPICS if card.kind == "model" else ("data", "limits")
    return CardRow(card, url, tuple(topic for topic in wanted if topic not in card.topics))


def _choice(file: ConfigFile, path: str) -> str:
    """Name a file of a configuration by its place in it: "model: small", else by its path."""
    return f"{file.group}: {file.option}" if file.group else path


def _brief(parameter: str) -> str:
    """Write a parameter with the end of its file's path only: "conf/config.yaml: seed"."""
    path, colon, name = parameter.partition(": ")
    return "/".join(path.split("/")[-2:]) + colon + name


def size(number: int) -> str:
    """Write a number of bytes for people: "5.7 MB"; "" where it is not known."""
    if number < 0:
        return ""
    value, unit = float(number), "B"
    for unit in ("B", "KB", "MB", "GB", "TB"):
        if value < _STEP or unit == "TB":
            break
        value /= _STEP
    digits = 0 if unit == "B" or value >= _ROUND else 1
    return f"{value:.{digits}f}\N{NO-BREAK SPACE}{unit}"
