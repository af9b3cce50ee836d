"""The front page of a service: its facts, what is wrong with it, and its README."""

from __future__ import annotations

import re
from html import escape

from markupsafe import Markup
from msgspec.structs import replace

from handbook.model.facts import Problem
from handbook.model.overview import OverviewFacts
from handbook.model.package import PackageInfo
from handbook.model.pages import Page, TocItem
from handbook.model.people import Owner
from handbook.render.context import RenderContext
from handbook.render.templates import environment, web_only

_PROBLEMS = 100
_LANGUAGES = 3
_IMAGES = 3
_SMALL_SHARE = 0.01
_VOID = frozenset({"br", "col", "hr", "img", "input", "source", "wbr"})
# Attributes are in double quotes and tags closed: the README has been through the sanitiser.
_TAG = re.compile(r"<(/?)([a-z][a-z0-9]*)(?:\s[^\s=>\"]+(?:=\"[^\"]*\")?)*\s*/?>")
_TITLE_BLOCK = 8_000  # characters; a longer one is no title block but the whole README


def render_overview(
    readme: Page | None,
    facts: OverviewFacts,
    ctx: RenderContext,
    problems: tuple[Problem, ...] = (),
) -> Page:
    """Put the front page together; ``readme`` is the page rendered from the repo's README.

    Where the README begins with its title, that is the page's; else the service's name is.
    """
    service = ctx.service
    heading, body, toc = _titled(readme, service.name)
    template = environment().get_template("overview.html.j2")
    html = template.render(
        service=service,
        snapshot=ctx.snapshot,
        facts=facts,
        heading=heading,
        stale=ctx.snapshot.stale and bool(ctx.snapshot.commit),
        **_known(facts, ctx, readme),
        **_repo(ctx),
        problems=problems[:_PROBLEMS],
        problem_count=len(problems),
        readme=readme,
        readme_path=service.inside("README.md"),
        readme_body=body,
    )
    page = readme or Page(uri="", title=service.name, html="", kind="overview")
    return replace(
        page,
        uri="",
        title=service.name,
        kind="overview",
        html=html,
        toc=toc,
        description=service.description or page.description,
        updated=page.updated or (facts.history.updated if facts.history else ""),
        created=page.created or (facts.history.created if facts.history else ""),
    )


def _known(facts: OverviewFacts, ctx: RenderContext, readme: Page | None) -> dict[str, object]:
    """What the panel says beside the service's own fields and its repo."""
    package = facts.package or PackageInfo()
    own = package.own(ctx.service.path)
    owner = facts.owners.primary if facts.owners else None
    uris = dict(facts.sections)
    images = dict.fromkeys(_short(item.image) for item in package.images)
    return {
        "history": facts.history,
        "summary": _summary(ctx.service.description, own.description if own else "", readme),
        "owner": owner,
        "more_owners": _others(facts, owner),
        "languages": _languages(package),
        "version": own if own and own.version else None,
        "images": list(images)[:_IMAGES],
        "docs_uri": uris.get("Docs", "") if facts.counts.docs else "",
        "reference_uri": uris.get("Reference", "") if facts.counts.modules else "",
    }


def _titled(readme: Page | None, name: str) -> tuple[Markup, Markup, tuple[TocItem, ...]]:
    """Return what goes above the facts, the rest, and the headings of the page."""
    html, toc = (readme.html, readme.toc) if readme else ("", ())
    end = _title_end(html)
    if end:
        # Both parts are the sanitiser's own output, cut between two whole elements.
        return Markup(html[:end]), Markup(html[end:]), toc  # noqa: S704
    if "<h1" in html:
        return Markup(""), Markup(html), toc  # noqa: S704
    top = TocItem(1, "service", name)
    return Markup('<h1 id="service">{}</h1>').format(name), Markup(html), (top, *toc)  # noqa: S704


def _title_end(html: str) -> int:
    """Where the outermost element ends that holds the page's title; 0 if there is no such place."""
    depth = 0
    titled = False
    for match in _TAG.finditer(html, 0, _TITLE_BLOCK):
        closing, name = match[1], match[2]
        if name in _VOID:
            continue
        titled = titled or name == "h1"
        depth += -1 if closing else 1
        if titled and depth == 0:
            return match.end()
    return 0


def _summary(stated: str, packaged: str, readme: Page | None) -> str:
    """One sentence below the title, unless the README opens with the same words."""
    text = stated or packaged
    plain = " ".join(re.sub(r"<[^>]*>", " ", readme.html).split()) if readme else ""
    return "" if escape(text.rstrip("."), quote=False).casefold() in plain.casefold() else text


def _others(facts: OverviewFacts, shown: Owner | None) -> int:
    owners = facts.owners.owners if facts.owners else ()
    return sum(1 for owner in owners if owner.answers and owner.whole and owner != shown)


def _languages(package: PackageInfo) -> str:
    """The largest languages with their shares: "Go 64 %, Python 36 %"."""
    shares = [item for item in package.languages if item.share >= _SMALL_SHARE][:_LANGUAGES]
    if len(shares) == 1:
        return shares[0].name
    return ", ".join(f"{item.name} {item.share:.0%}" for item in shares)


def _short(image: str) -> str:
    """An image without the digest that pins it."""
    return image.partition("@sha256:")[0]


def _repo(ctx: RenderContext) -> dict[str, str]:
    """Name and address of the repo; of one on this machine only its last name is shown."""
    repo, forge = ctx.service.repo, ctx.forge
    web = web_only(forge.web)
    name = "/".join(web.split("/")[3:]) if web else repo
    if not web and "://" not in repo:
        name = repo.rstrip("/").removesuffix(".git").rpartition("/")[2]
    path, branch = ctx.service.path, ctx.snapshot.branch
    folder = forge.folder(branch, path) if branch else ctx.view_url(path)
    return {
        "repo_name": name,
        "repo_url": folder if path and web else web,
        "commit_url": forge.commit(ctx.snapshot.commit) if ctx.snapshot.commit else "",
    }
