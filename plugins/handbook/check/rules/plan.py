"""PLAN: what is written before the code is."""

from __future__ import annotations

import re
from typing import ClassVar

from handbook.check.rule import Rule, Verdict
from handbook.model.declared import Declared
from handbook.model.facts import Fact, Found
from handbook.model.keydocs import Document, KeyDocs, Part
from handbook.model.profile import Profile
from handbook.model.readiness import Evidence, Level

_FEATURES = re.compile(
    r"features?|highlights?|capabilit|what is (?!not\b)|what does|overview|impact|"
    r"what (?:it|this(?: [\w-]+)?|we) (?:is|does?|offers?|can|solves?|provides?|gives?)\b|"
    r"benefits?|use cases?|why\b|about\b|introduction|key concepts?|goals?",
    re.IGNORECASE,
)
_FEATURE_LIST = re.compile(r"\b(?:features|capabilities|goals|benefits)\b", re.IGNORECASE)
_STEP = re.compile(
    r"\b(?:enabl(?:e|ing)|disabl(?:e|ing)|add(?:ing)?|configur(?:e|ing)|set up|requests?)\b"
    r"|what (?:does|is) (?:this mean|new|next|missing)",
    re.IGNORECASE,
)
_HANDS_ON = re.compile(
    r"start|install|set[- ]?up|\brun(?:ning)?\b|usage|develop|prerequis|architect|style", re.I
)
_CONTENTS = re.compile(r"(?:table of )?contents?", re.IGNORECASE)
_BADGES = 3  # words that badges leave behind
_PRESS = re.compile(r"press[-_ ]?release|pr[-_ ]?faq", re.IGNORECASE)
_INTRO = 30  # words
_FILLED = 120  # words of a document that says something


class PressRelease(Rule):
    """A press release was written first.

    ## What it does
    Looks for a press release or PR/FAQ in the repo, with more than its headings filled in.

    ## Why
    Whoever writes the announcement before the code has to say whom it helps and how much. Most
    features that nobody needs die on that page, where they are cheap.

    ## How to fix
    Add `docs/press-release.md`: a headline, whom it helps, what gets better and by how much, a
    quote of a user, how to begin, the questions people will ask. One page.

    ## Equivalents
    PR/FAQ, "working backwards" documents. A link to one elsewhere counts half: it is a warning.
    """

    code = "PLAN01"
    version = 2
    level: ClassVar[Level] = "silver"
    statements = (1,)
    page = "plan/press-release/#press-release"

    def check(self, keydocs: Fact[KeyDocs], profile: Fact[Profile]) -> Verdict:
        """Pass when one is filled in, warn when it is thin or elsewhere."""
        if isinstance(profile, Found) and not profile.value.runs:
            return Verdict("na", f"It is a {profile.value.kind}: {profile.value.because}.")
        docs = keydocs.value if isinstance(keydocs, Found) else KeyDocs()
        fix = "Write `docs/press-release.md`: whom it helps, how much, and what people will ask."
        if not docs.press_releases and (places := _unfilled(docs, "press_releases")):
            return Verdict("fail", "It is a template with nothing filled in.", places, fix=fix)
        if not docs.press_releases:
            if link := _press_link(docs.readme):
                fix = "Bring the press release into the repo, beside the code it announces."
                return Verdict("warn", "It is linked, but not in the repo.", (link,), fix=fix)
            searched = ("press-release*", "pr-faq*", "links of the README")
            return Verdict("fail", "There is no press release.", searched=searched, fix=fix)
        best = max(docs.press_releases, key=lambda item: item.words - 50 * len(item.blanks))
        if best.words < _FILLED or best.blanks:
            places = tuple(Evidence(best.path, line) for line in best.blanks[:5])
            message = f"It has {best.words} words and {len(best.blanks)} blanks to fill in."
            return Verdict("warn", message, places or (_whole(best),), fix="Fill it in.")
        return Verdict("pass", f"It is there, in {best.words} words.", (_whole(best),))


class ImpactAndFeatures(Rule):
    """The README says what the service is good for.

    ## What it does
    Looks for an introduction of thirty words or more before the README's second heading, and for
    a section, or a list that is led into, on features, impact or purpose.

    ## Why
    The first screen of the README is all that most people ever read. It decides whether a new
    colleague finds the service, and whether the next one is built beside it.

    ## How to fix
    Begin the README with two sentences on the impact, and list the features below a heading.

    ## Equivalents
    Headings such as "Features", "Impact", "Overview", "What it does", "Why", "Use cases".
    """

    code = "PLAN02"
    version = 2
    level: ClassVar[Level] = "bronze"
    statements = (2,)
    page = "plan/press-release/#readme"
    never = ("na",)

    def check(self, keydocs: Fact[KeyDocs]) -> Verdict:
        """Pass with both, warn with one, fail with none."""
        readme = keydocs.value.readme if isinstance(keydocs, Found) else None
        fix = "Begin the README with whom it helps and how, and list its features."
        if readme is None:
            return Verdict("fail", "There is no README.", searched=("README*",), fix=fix)
        section = next((part for part in readme.parts if _is_features(part, readme)), None)
        words = _introduction(readme) + (_below(section, readme) if section else 0)
        shown = Evidence(readme.path, section.line, section.title) if section else _lead(readme)
        places = (_whole(readme), *([shown] if shown else []))
        if words >= _INTRO and shown:
            what = "a section says" if section else "a list says"
            return Verdict("pass", f"{words} words introduce it, and {what} more.", places)
        if words >= _INTRO or shown:
            lacking = "no section on its features" if not shown else f"{words} words on it"
            return Verdict("warn", f"The README has {lacking}.", places, fix=fix)
        if sum(part.words - part.listed for part in _before_set_up(readme)) >= _INTRO:
            message = (
                "What it is for is told late in the README, and no section lists its features."
            )
            return Verdict("warn", message, places, fix=fix)
        message = f"The README introduces itself in {words} words and lists no features."
        return Verdict("fail", message, places, fix=fix)


class FunctionalSpec(Rule):
    """What takes more than two weeks has a functional spec.

    ## What it does
    Where the repo declares that it was planned to take more than two weeks, looks for a
    specification with more than its headings filled in.

    ## Why
    Two weeks of work in the wrong direction cost more than two days of writing. A short task is
    cheaper to try than to specify: the rule leaves it alone.

    ## How to fix
    Write `docs/spec.md`: scope, what it will not do, behaviour at the limits, risks, open
    questions. Say `planned_weeks` in `.handbook.yml`.

    ## Equivalents
    Functional or technical specs, design documents, RFCs, decision records.
    """

    code = "PLAN03"
    version = 2
    level: ClassVar[Level] = "gold"
    statements = (3,)
    page = "plan/functional-spec/#two-weeks"

    def check(self, keydocs: Fact[KeyDocs], declared: Fact[Declared]) -> Verdict:
        """Pass when a spec is filled in; does not apply unless two weeks are declared."""
        weeks = declared.value.planned_weeks if isinstance(declared, Found) else 0
        if weeks <= 2:
            why = f"It was planned for {weeks} weeks" if weeks else "Nothing says how long it took"
            return Verdict("na", f"{why}: a spec is asked for beyond two.")
        docs = keydocs.value if isinstance(keydocs, Found) else KeyDocs()
        fix = "Write `docs/spec.md`: scope, limits, risks, open questions."
        filled = sorted(
            (spec for spec in docs.specs if spec.words >= _FILLED),
            key=lambda spec: "spec" not in spec.path.rpartition("/")[2].lower(),
        )
        if filled:
            places = tuple(_whole(spec) for spec in filled)
            return Verdict("pass", f"{len(filled)} documents specify it.", places)
        if docs.specs:
            places = tuple(_whole(spec) for spec in docs.specs)
            return Verdict("fail", "The spec says next to nothing.", places, fix=fix)
        if places := _unfilled(docs, "specs"):
            return Verdict("fail", "It is a template with nothing filled in.", places, fix=fix)
        searched = ("docs/spec*", "specs/", "rfcs/", "adr/", "decisions/", "design/")
        message = f"It was planned for {weeks} weeks and has no spec."
        return Verdict("fail", message, searched=searched, fix=fix)


class BugDetails(Rule):
    """Bug fixes say which bug they fix.

    ## What it does
    Looks for a form for bug reports, and whether commits that fix something name the issue.

    ## Why
    A year later somebody asks why a line is as it is. With the report's number in the commit, the
    answer is one click away; without it, the bug comes back.

    ## How to fix
    Add a form for bug reports, and name the issue in the subject of each fix: `Fix … (#123)`.

    ## Equivalents
    Issues of any forge, Jira, Linear, Asana: a number, a key such as `RISK-12`, or a link.
    """

    code = "PLAN04"
    level: ClassVar[Level] = "silver"
    statements = (4,)
    page = "plan/bugs/#fix"

    def check(self, keydocs: Fact[KeyDocs]) -> Verdict:
        """Pass when half of the fixes name an issue, or with a form and no fixes yet."""
        docs = keydocs.value if isinstance(keydocs, Found) else KeyDocs()
        forms = tuple(_whole(form) for form in docs.templates[:5])
        said = f"{docs.linked} of the latest {docs.fixes} fixes name an issue"
        searched = (".github/ISSUE_TEMPLATE/", "subjects of the latest 300 commits")
        fix = "Name the issue in the subject of each fix, and add a form for bug reports."
        if docs.fixes and docs.linked * 2 >= docs.fixes:
            return Verdict("pass", f"{said}.", forms, searched)
        if not docs.fixes:
            if forms:
                return Verdict("pass", "There is a form, and no fix yet.", forms)
            return Verdict("na", "No commit fixes a bug yet, and there is no form.", (), searched)
        if forms:
            return Verdict("warn", f"There is a form, but {said}.", forms, fix=fix)
        # Some name it in the body of the commit, which is not read.
        return Verdict("warn", f"There is no form, and {said}.", searched=searched, fix=fix)


def _introduction(readme: Document) -> int:
    """Words before the second heading, and below a table of contents; else below that heading."""
    parts = readme.parts
    end = 2 if parts and not parts[0].title else 1
    words = sum(part.words for part in parts[:end])
    following = parts[end : end + 1]
    if any(_CONTENTS.fullmatch(part.title) for part in following):
        return words + sum(part.words - part.listed for part in following)
    # A title with nothing but badges: the introduction has a heading of its own.
    return words if words > _BADGES else words + sum(part.words for part in following)


def _before_set_up(readme: Document) -> list[Part]:
    """What is read before it is installed or run."""
    found = []
    for part in readme.parts:
        if _HANDS_ON.search(part.title) or part.code:
            break
        found.append(part)
    return found


def _lead(readme: Document) -> Evidence | None:
    """Where a list of features is led into, without a heading."""
    for part in readme.parts:
        for line, text in part.leads:
            if _FEATURE_LIST.search(text):
                return Evidence(readme.path, line, text)
    return None


def _below(section: Part, readme: Document) -> int:
    return sum(part.words for part in readme.below(section))


def _is_features(part: Part, readme: Document) -> bool:
    if part.level <= 1 and part is next((p for p in readme.parts if p.title), None):
        return False  # the title itself
    return bool(_FEATURES.search(part.title) and not _STEP.search(part.title)) and any(
        inner.words >= 8 or inner.bullets for inner in readme.below(part)
    )


def _press_link(readme: Document | None) -> Evidence | None:
    for part in readme.parts if readme else ():
        for link in part.links:
            if _PRESS.search(link) and readme:
                return Evidence(readme.path, part.line, link[:120])
    return None


def _unfilled(docs: KeyDocs, kind: str) -> tuple[Evidence, ...]:
    return tuple(Evidence(path) for path in docs.unfilled_of(kind)[:5])


def _whole(document: Document) -> Evidence:
    return Evidence(document.path, 0, document.title)
