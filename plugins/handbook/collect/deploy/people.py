"""Who may start a deployment, as far as CI says it: conditions on people, lists, approvals."""

from __future__ import annotations

import re
from collections.abc import Iterator

from handbook.collect.deploy.files import Files
from handbook.collect.deploy.items import first_item
from handbook.model.delivery import Restriction
from handbook.model.source import Spot

_ACTOR = (
    r"(?:github\.(?:actor|triggering_actor|event\.(?:sender|pusher|head_commit\.author)\.(?:login|name|username)"
    r"|event\.pull_request\.(?:user|merged_by)\.login)"
    r"|\$\{?(?:GITHUB_ACTOR|GITHUB_TRIGGERING_ACTOR|GITLAB_USER_(?:LOGIN|EMAIL|NAME|ID)|CIRCLE_USERNAME"
    r"|CI_COMMIT_AUTHOR|BUILD_USER_ID|BUILD_REQUESTEDFOR(?:EMAIL)?)\}?"
    r"|variables\[['\"]Build\.RequestedFor(?:Email)?['\"]\]|\bpipeline\.trigger_parameters\.github_app\.user_username)"
)
_NAME = r"['\"](?P<{}>[^'\"\n]{{1,100}})['\"]"
_EQUAL = re.compile(
    rf"{_ACTOR}['\"]?\s*(?:==?|-eq)\s*{_NAME.format('after')}"
    rf"|{_NAME.format('before')}\s*==?\s*['\"]?{_ACTOR}"
    rf"|eq\(\s*{_ACTOR}\s*,\s*{_NAME.format('called')}"
)
_REFUSED = re.compile(  # in a script: whoever is not this one ends it
    rf"{_ACTOR}['\"]?\s*!=\s*{_NAME.format('only')}[^\n]{{0,80}}(?:\n[^\n]{{0,200}}){{0,3}}?\bexit\s+[1-9]"
)
_LIST = re.compile(
    rf"contains\(\s*(?:fromJSON\(\s*)?['\"]?(?P<list>[^()\n]{{1,1000}}?)['\"]?\s*\)?\s*,\s*{_ACTOR}\s*\)"
)
_WORDS = re.compile(r"[\w.@+-]+(?:\[bot\])?")
_BOT = re.compile(
    r"\[bot\]$|[-_]bot$|^bot[-_]|bot$|^(?:dependabot|renovate|github-actions|web-flow|jenkins|ci|deploy(?:er)?|automation|system|semantic-release)\b",
    re.IGNORECASE,
)
_SUBMITTER = re.compile(r"\bsubmitter\s*[:=(]?\s*(?:['\"](?P<who>[^'\"\n]{1,300})['\"])")
_MOST = 50

GATE = re.compile(
    r"manual-approval|(?:authori[sz]ed|eligible|allowed)-?(?:actor|user)|workflow-permission", re.I
)
"""Actions that let only some people through."""
LISTS = ("approvers", "users", "authorisedActors", "authorizedActors", "allowed-users", "actors")
"""Their inputs with the names."""


def is_bot(name: str) -> bool:
    """Whether a name is one that a program goes by."""
    return _BOT.search(name) is not None


def by_condition(text: str, spot: Spot, *, script: bool = False) -> Iterator[Restriction]:
    """Give the people that a condition, or a script, lets through; programs are left out."""
    patterns = (_EQUAL, _REFUSED) if script else (_EQUAL,)
    names: list[str] = []
    text = text[:20_000]
    for pattern in patterns if not script else patterns[1:]:
        for hit in list(pattern.finditer(text))[:_MOST]:
            names += [name for name in hit.groupdict().values() if name]
    for hit in list(_LIST.finditer(text))[:_MOST]:
        if not text[: hit.start()].rstrip().endswith("!"):
            said = hit["list"]
            names += _WORDS.findall(said) if re.search(r"['\"\[,]|^\w+$", said) else []
    people = tuple(dict.fromkeys(name for name in names if not is_bot(name)))
    if people:
        yield Restriction("actor", people, spot)


def by_submitter(text: str, spot: Spot) -> Iterator[Restriction]:
    """Give the people whom a Jenkins input step waits for."""
    for hit in list(_SUBMITTER.finditer(text[:20_000]))[:_MOST]:
        people = tuple(name.strip() for name in hit["who"].split(",") if name.strip())
        yield Restriction("submitter", people, spot)


def by_approvers(said: str, spot: Spot) -> Iterator[Restriction]:
    """Give those whose approval a step waits for; names of teams are names as well."""
    people = tuple(_WORDS.findall(said))[:_MOST] if "${{" not in said else ()
    yield Restriction("approval", people, spot)


def read_reviewers(files: Files) -> Iterator[Restriction]:
    """Give the reviewers of environments that ``.github/settings.yml`` sets."""
    path = ".github/settings.yml"
    if not files.tree.exists(path):
        return
    settings = first_item(files.text(path), path, files.limits)
    for environment in settings.get("environments").items[:_MOST] if settings else []:
        reviewers = environment.get("reviewers")
        people = [item.get("login").text or item.get("id").text for item in reviewers.items[:_MOST]]
        if reviewers.items:
            name = environment.get("name").text
            spot = reviewers.spot(f"reviewers of {name}")
            yield Restriction("reviewers", tuple(filter(None, people)), spot)
