"""CODEOWNERS in the forms of GitHub (also read by Gitea and Bitbucket) and GitLab.

Sources: GitHub, "About code owners" (places and their order, last match wins, "!" and "[ ]"
have no meaning); GitLab, "Code Owners syntax" (sections with default owners, ``^`` optional,
``[2]`` approvals, "!" excludes; the last match of *each* section holds).
"""

from __future__ import annotations

import re

from msgspec import Struct

from handbook.collect.owners.claims import Claim, Claims
from handbook.collect.owners.names import clean, is_address, is_handle, name_token
from handbook.collect.paths import Dialect, PathPattern, compile_pattern
from handbook.collect.smallfiles import read_text
from handbook.model.facts import Problem
from handbook.model.limits import Limits
from handbook.model.people import Mention
from handbook.model.service import Service
from handbook.tree import RepoTree

_GITHUB = (".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS")
_GITLAB = ("CODEOWNERS", "docs/CODEOWNERS", ".gitlab/CODEOWNERS")
_OTHER = (".gitlab/CODEOWNERS", ".gitea/CODEOWNERS", ".bitbucket/CODEOWNERS")
_SECTION = re.compile(
    r"^(?P<optional>\^?)\[(?P<name>[^\][]+)\](?:\[(?P<count>\d{1,3})\])?(?P<owners>(?:\s.*)?)$"
)
_HOST = re.compile(r"(?:\w+://)?(?:[^@/]*@)?([^:/]+)")
_TOKEN = re.compile(r"(?:\\.|[^\s\\])+")
_RULES = 2_000
_STEPS = 30_000_000  # of matching, about 0.5 s: wildcards of a rule times length of a path
_PARTS = 50


class Section(Struct, frozen=True):
    """A GitLab section; rules before the first one are in a section without name."""

    name: str = ""
    owners: tuple[str, ...] = ()
    optional: bool = False
    approvals: int = 0

    def __str__(self) -> str:
        if self.optional:
            return f"{self.name} (optional)"
        return f"{self.name} ({self.approvals} approvals)" if self.approvals > 1 else self.name


class Rule(Struct, frozen=True):
    """One line: a pattern and who owns what it names (nobody, where ``owners`` is empty)."""

    pattern: str
    owners: tuple[str, ...]
    line: int
    section: Section = Section()
    excludes: bool = False


def collect_codeowners(tree: RepoTree, service: Service, limits: Limits) -> Claims:
    """Read the CODEOWNERS file that the forge uses, and what it says about the service."""
    host = _HOST.match(tree.repo)
    on_gitlab = host is not None and "gitlab" in host[1].lower()
    places = tuple(dict.fromkeys((*(_GITLAB if on_gitlab else _GITHUB), *_OTHER)))
    found = [path for path in places if tree.exists(path)]
    if not found:
        return Claims(searched=places)
    text = read_text(tree, found[0], limits)
    if isinstance(text, Problem):
        return Claims((), (text,), places)
    dialect: Dialect = "gitlab" if on_gitlab or found[0].startswith(".gitlab/") else "github"
    rules, dialect, problems = parse_codeowners(text, found[0], tree, dialect)
    claims, more = _claims(rules, dialect, found[0], tree, service)
    shadowed = tuple(
        Problem(
            f"{path} has no effect, because {found[0]} is used.",
            tree.origin(path),
            "notice",
            "Delete one of the two.",
        )
        for path in found[1:]
    )
    return Claims(claims, (*problems, *more, *shadowed), places)


def parse_codeowners(
    text: str, path: str, tree: RepoTree, dialect: Dialect = "github"
) -> tuple[tuple[Rule, ...], Dialect, tuple[Problem, ...]]:
    """Read the rules of a file; section headings make it GitLab's form."""
    lines = [line.strip() for line in text.split("\n")]
    if dialect == "github" and not path.startswith(".github/") and any(map(_SECTION.match, lines)):
        dialect = "gitlab"
    rules: list[Rule] = []
    problems: list[Problem] = []
    section = Section()
    for number, line in enumerate(lines, start=1):
        heading = _SECTION.match(line) if dialect == "gitlab" else None
        if heading:
            section = _section(heading)
            continue
        rule, wrong = _rule(line, number, section, dialect)
        problems += [Problem(message, tree.origin(path, number)) for message in wrong]
        if rule:
            rules.append(rule)
    if len(rules) > _RULES:
        message = f"Only the first {_RULES} of {len(rules)} rules are read."
        problems.append(Problem(message, tree.origin(path, rules[_RULES].line), "notice"))
    return tuple(rules[:_RULES]), dialect, tuple(problems)


def _section(heading: re.Match[str]) -> Section:
    return Section(
        clean(heading["name"]),
        tuple(_TOKEN.findall(heading["owners"])),
        bool(heading["optional"]),
        int(heading["count"] or 1),
    )


def _rule(
    line: str, number: int, section: Section, dialect: Dialect
) -> tuple[Rule | None, list[str]]:
    """Read one line that is no section heading; messages say what is wrong with it."""
    tokens = []
    for token in _TOKEN.findall(line):
        if token.startswith("#"):
            break
        tokens.append(token)
    if not tokens:
        return None, []
    pattern = re.sub(r"\\(.)", r"\1", tokens[0])
    excludes = tokens[0].startswith("!") and dialect == "gitlab"
    if dialect == "github" and (tokens[0].startswith("!") or re.search(r"[\][]", tokens[0])):
        shown = clean(pattern)
        return None, [f'"{shown}" is ignored: "!" and "[ ]" have no meaning in this file.']
    owners = [token for token in tokens[1:] if is_handle(token) or is_address(token)]
    wrong = [
        f'"{clean(token)}" is no owner: write @name, @organisation/team or an e-mail address.'
        for token in tokens[1:]
        if token not in owners
    ]
    named = tuple(owners) if len(tokens) > 1 else section.owners
    return Rule(pattern.removeprefix("!"), named, number, section, excludes), wrong


def _claims(
    rules: tuple[Rule, ...], dialect: Dialect, path: str, tree: RepoTree, service: Service
) -> tuple[tuple[Claim, ...], tuple[Problem, ...]]:
    """Pick the rules that hold for the service's folder, section by section.

    A later rule beats an earlier one, so only the last rule that covers the whole folder
    counts, and after it the rules that name some of the folder's files.
    """
    files = tuple(entry.path for entry in tree.under(service.path))
    whole: list[tuple[Rule, bool]] = []
    parts: list[tuple[Rule, bool]] = []
    budget = _STEPS
    for section in dict.fromkeys(rule.section.name.casefold() for rule in rules):
        own = [rule for rule in rules if rule.section.name.casefold() == section]
        compiled = [compile_pattern(rule.pattern, dialect) for rule in own]
        covering = [at for at, item in enumerate(compiled) if item.covers(service.path)]
        last = covering[-1] if covering else -1
        if covering and not own[last].excludes:
            whole.append((own[last], True))
        for at in range(last + 1, len(own)):
            hit, budget = _names_some(compiled[at], files, tree, service, budget)
            if hit and not own[at].excludes:
                parts.append((own[at], False))
    problems = []
    if budget <= 0 or len(parts) > _PARTS:
        message = "Not all rules for parts of the service are shown: there are too many."
        problems.append(Problem(message, tree.origin(path), "notice"))
    chosen = [*whole, *parts[:_PARTS]]
    claims = [claim for rule, full in chosen for claim in _of_rule(rule, full, path, tree)]
    return tuple(claims), tuple(problems)


def _names_some(
    pattern: PathPattern, files: tuple[str, ...], tree: RepoTree, service: Service, budget: int
) -> tuple[bool, int]:
    """Whether a pattern names one of the service's files, and how much work may still be done."""
    start = pattern.start
    if start and not (tree.exists(start) or tree.is_dir(start)):
        return False, budget
    ours, theirs = f"{service.path}/", f"{start}/"
    if service.path and start and not (ours.startswith(theirs) or theirs.startswith(ours)):
        return False, budget
    cost = 1 + sum(segment.count("*") for segment in pattern.segments)
    for path in files:
        if budget <= 0:
            return False, 0
        budget -= cost * len(path)
        if pattern.matches(path):
            return True, budget
    return False, budget


def _of_rule(rule: Rule, whole: bool, path: str, tree: RepoTree) -> list[Claim]:
    origin, pattern = tree.origin(path, rule.line), clean(rule.pattern)
    mention = Mention("CODEOWNERS", "owner", origin, pattern, whole, str(rule.section))
    named = [name_token(token) for token in rule.owners]
    return [Claim(item, mention) for item in named if item]
