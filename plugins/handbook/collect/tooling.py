"""Read which tools look after the code: hooks on commit, settings of linters, update bots.

What counts is what a tool does, not its brand.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from handbook.collect.scope import aside
from handbook.collect.smallfiles import read_text
from handbook.errors import YamlError
from handbook.model.facts import Absent, Fact, Found, Problem
from handbook.model.limits import Limits
from handbook.model.service import Service
from handbook.model.source import Spot
from handbook.model.tooling import Task, Tool, Tooling
from handbook.tomldata import parse_toml
from handbook.tree import RepoTree
from handbook.yamlnodes import Mapping, Sequence, iter_documents, texts

TASKS: dict[str, tuple[Task, ...]] = {
    "black": ("format",),
    "black-jupyter": ("format",),
    "blue": ("format",),
    "yapf": ("format",),
    "autopep8": ("format",),
    "ruff-format": ("format",),
    "isort": ("imports",),
    "usort": ("imports",),
    "reorder-python-imports": ("imports",),
    "ruff": ("lint",),
    "ruff-check": ("lint",),
    "flake8": ("lint",),
    "pylint": ("lint",),
    "pyflakes": ("lint",),
    "pycodestyle": ("lint",),
    "prospector": ("lint",),
    "mypy": ("types",),
    "pyright": ("types",),
    "basedpyright": ("types",),
    "ty": ("types",),
    "pyrefly": ("types",),
}
"""What each tool does, by its name or the id of its hook."""

_PRE_COMMIT = (".pre-commit-config.yaml", ".pre-commit-config.yml", "prek.toml")
_LEFTHOOK = ("lefthook.yml", "lefthook.yaml", ".lefthook.yml", ".lefthook.yaml")
_HUSKY = (".husky/pre-commit",)
_LINT_STAGED = (
    *(f".lintstagedrc{end}" for end in ("", ".js", ".cjs", ".mjs", ".json", ".yml", ".yaml")),
    *(f"lint-staged.config.{end}" for end in ("js", "cjs", "mjs")),
    "package.json",
)
_SETTINGS = (
    "pyproject.toml",
    "setup.cfg",
    "tox.ini",
    "ruff.toml",
    ".ruff.toml",
    ".flake8",
    "mypy.ini",
    ".isort.cfg",
)
_UPDATES = {
    ".github/dependabot.yml": "Dependabot",
    ".github/dependabot.yaml": "Dependabot",
    "renovate.json": "Renovate",
    "renovate.json5": "Renovate",
    ".renovaterc": "Renovate",
    ".renovaterc.json": "Renovate",
    ".github/renovate.json": "Renovate",
    ".github/renovate.json5": "Renovate",
    ".gitlab/renovate.json": "Renovate",
    ".pyup.yml": "PyUp",
}
_LOCKS = re.compile(
    r"(?:^|/)(?:uv\.lock|poetry\.lock|pdm\.lock|Pipfile\.lock|conda-lock\.ya?ml|pixi\.lock|pylock[^/]*\.toml"
    r"|package-lock\.json|yarn\.lock|pnpm-lock\.yaml|bun\.lockb?|Cargo\.lock|go\.sum|Gemfile\.lock"
    r"|composer\.lock|gradle\.lockfile|requirements(?:/[^/]+|[^/]*)\.lock|[^/]*requirements[^/]*\.txt)$"
)
_COMMAND = re.compile(
    r"(?<![\w./-])(ruff format|ruff check|" + "|".join(sorted(TASKS)) + r")(?![\w-])"
)
# What follows --select or --extend-select on ruff's command line: codes and commas.
_SELECT = re.compile(r"--(?:extend-)?select[= ]\s*([A-Z0-9]{1,10}(?:\s*,\s*[A-Z0-9]{1,10}){0,100})")
_IMPORTS = re.compile(r"ALL|I\d*")  # ruff's rules on the order of imports
_FIND = 100


def collect_tooling(tree: RepoTree, service: Service, limits: Limits) -> Fact[Tooling]:
    """Look in the service's folder and at the repo's root."""
    reader = _Reader(tree, service, limits)
    settings = reader.settings()
    imports = reader.ruff_sorts_imports
    runner, hooks = reader.hooks(imports)
    tooling = Tooling(
        runner=runner,
        hooks=hooks,
        configured=settings,
        updates=tuple(reader.updates()),
        locks=tuple(reader.locks()),
    )
    if tooling == Tooling():
        return Absent((*_PRE_COMMIT[:1], *_LEFTHOOK[:1], *_HUSKY, *_SETTINGS[:3]))
    first = next((tool.spot.path for tool in (*hooks, *settings)), service.path)
    return Found(tooling, tree.origin(first))


class _Reader:
    """Reads the files of one service."""

    def __init__(self, tree: RepoTree, service: Service, limits: Limits) -> None:
        self._tree = tree
        self._service = service
        self._limits = limits
        self.ruff_sorts_imports = False

    def hooks(self, imports: bool) -> tuple[str, tuple[Tool, ...]]:
        """Return what runs hooks on commit, and the tools among them."""
        if paths := self._anywhere(_PRE_COMMIT):
            tools = (tool for path in paths for tool in self._pre_commit(path, imports))
            return "pre-commit", tuple(tools)
        for names, runner in ((_LEFTHOOK, "lefthook"), (_HUSKY, "husky")):
            if paths := self._anywhere(names):
                tools = (tool for path in paths for tool in self._commands(path, imports))
                return runner, (*tools, *self._staged(paths, imports))
        return "", ()

    def settings(self) -> tuple[Tool, ...]:
        """Return the tools that have settings."""
        found: dict[str, Tool] = {}
        for path in (*self._there(_SETTINGS), *self._inner()):
            text = self._text(path)
            name = path.rpartition("/")[2]
            if name in ("pyproject.toml", "ruff.toml", ".ruff.toml"):
                names: Iterable[str] = self._toml(text, own=name != "pyproject.toml")
            else:
                names = _ini(text, name)
            for tool in names:
                line = _line_of(text, tool)
                found.setdefault(tool, Tool(tool, self._tasks(tool), Spot.of(path, text, line)))
        return tuple(found.values())

    def updates(self) -> Iterator[Tool]:
        """Give the bots that propose newer dependencies."""
        for path, name in _UPDATES.items():
            for place in dict.fromkeys((self._service.inside(path), path)):
                if self._tree.exists(place):
                    yield Tool(name, (), Spot(place, 0))

    def locks(self) -> Iterator[str]:
        """Give the lock files of the service, and those of the root it may share."""
        names = [entry.path for entry in self._tree.under(self._service.path)]
        names += [path for path in self._tree.entries() if "/" not in path]
        for path in dict.fromkeys(names):
            kind = aside(path.removeprefix(f"{self._service.path}/"))
            if kind and not (kind == "generated" and path.endswith(".txt")):
                continue
            chart = f"{path.rpartition('/')[0]}/Chart.yaml".lstrip("/")
            if path.endswith("requirements.lock") and self._tree.exists(chart):
                continue  # of the charts that a chart is made of
            if _LOCKS.search(path) and (not path.endswith(".txt") or self._pins(path)):
                yield path

    def _pins(self, path: str) -> bool:
        """Whether a list of requirements names one version of everything."""
        lines = [line.strip() for line in self._text(path).split("\n")]
        wanted = [
            line.removesuffix("\\")
            for line in lines
            if line and not line.startswith(("#", "-", "\\"))
        ]
        return bool(wanted) and all("==" in line or " @ " in line for line in wanted)

    def _inner(self) -> list[str]:
        """Settings of packages inside the service: a backend beside a frontend."""
        prefix = self._service.inside("")
        return [
            entry.path
            for entry in self._tree.under(self._service.path)
            if entry.path.endswith(("/pyproject.toml", "/ruff.toml"))
            and not aside(entry.path.removeprefix(f"{prefix}/"))
        ][:_FIND]

    def _there(self, names: Iterable[str]) -> list[str]:
        places = [self._service.inside(name) for name in names] + list(names)
        return [path for path in dict.fromkeys(places) if self._tree.exists(path)]

    def _anywhere(self, names: Iterable[str]) -> list[str]:
        """Files at the service's root or the repo's, else in a folder of the service."""
        if there := self._there(names):
            return there
        ends = tuple(f"/{name}" for name in names)
        prefix = self._service.inside("")
        found = (e.path for e in self._tree.under(self._service.path) if e.path.endswith(ends))
        return [path for path in found if not aside(path.removeprefix(f"{prefix}/"))][:_FIND]

    def _staged(self, hooks: list[str], imports: bool) -> Iterator[Tool]:
        """What lint-staged runs, where a hook starts it."""
        if any("lint-staged" in self._text(path) for path in hooks):
            for path in self._there(_LINT_STAGED):
                yield from self._commands(path, imports, after="lint-staged")

    def _text(self, path: str) -> str:
        text = read_text(self._tree, path, self._limits)
        return "" if isinstance(text, Problem) else text

    def _pre_commit(self, path: str, imports: bool) -> Iterator[Tool]:
        text = self._text(path)
        try:
            document = next(iter_documents(text, self._limits), None)
        except YamlError:
            return
        repos = document.get("repos") if isinstance(document, Mapping) else None
        for repo in repos.items[:_FIND] if isinstance(repos, Sequence) else ():
            hooks = repo.get("hooks") if isinstance(repo, Mapping) else None
            for hook in hooks.items[:_FIND] if isinstance(hooks, Sequence) else ():
                if isinstance(hook, Mapping) and (name := hook.scalar("id")):
                    yield from self._hook(hook, name.text, Spot.of(path, text, name.line), imports)

    def _hook(self, hook: Mapping, name: str, spot: Spot, imports: bool) -> Iterator[Tool]:
        arguments = " ".join(item.text for item in texts(hook.get("args")))
        entry = hook.scalar("entry")
        command = f"{entry.text if entry else ''} {arguments}"
        known = [name] if name in TASKS else _named(command)
        for tool in known:
            yield Tool(tool, self._tasks(tool, imports or _selects_imports(arguments)), spot)

    def _commands(self, path: str, imports: bool, after: str = "") -> Iterator[Tool]:
        """Give the tools in the lines; of a package.json, in those after a key."""
        text = self._text(path)
        start = text.find(f'"{after}":') if path.endswith("package.json") else 0
        first = text.count("\n", 0, start) if start >= 0 else len(text)
        for number, line in enumerate(text.split("\n"), start=1):
            for tool in _named(line[:500]) if number > first else ():
                yield Tool(tool, self._tasks(tool, imports), Spot.of(path, text, number))

    def _tasks(self, tool: str, imports: bool = False) -> tuple[Task, ...]:
        tasks = TASKS[tool]
        sorts = tool in ("ruff", "ruff-check") and (imports or self.ruff_sorts_imports)
        return (*tasks, "imports") if sorts else tasks

    def _toml(self, text: str, *, own: bool) -> list[str]:
        """Names of the tools with a table of their own; ``own``: the file is ruff's."""
        try:
            data = parse_toml(text)
        except (ValueError, RecursionError):
            return []
        tables: dict[str, object] = {"ruff": data} if own else _table(data, "tool")
        ruff = _table(tables, "ruff")
        chosen = [item for part in (ruff, _table(ruff, "lint")) for item in _selected(part)]
        self.ruff_sorts_imports |= any(_IMPORTS.fullmatch(item) for item in chosen)
        names = [name for name in tables if name in TASKS]
        return [*names, "ruff-format"] if "format" in ruff else names


def _selects_imports(arguments: str) -> bool:
    codes = [code.strip() for found in _SELECT.findall(arguments) for code in found.split(",")]
    return any(_IMPORTS.fullmatch(code) for code in codes)


def _selected(table: dict[str, object]) -> list[str]:
    values = [table.get(key) for key in ("select", "extend-select")]
    return [str(item) for value in values if isinstance(value, list) for item in value]


def _table(data: dict[str, object], name: str) -> dict[str, object]:
    found = data.get(name)
    return found if isinstance(found, dict) else {}


def _named(command: str) -> list[str]:
    """Return the tools that a command line runs."""
    found = [
        match.replace("ruff check", "ruff").replace("ruff format", "ruff-format")
        for match in _COMMAND.findall(command)
    ]
    return list(dict.fromkeys(found))


def _ini(text: str, name: str) -> list[str]:
    sections = re.findall(r"^\[(?:tool:)?([\w-]{1,40})", text, re.MULTILINE)
    own = {".flake8": "flake8", "mypy.ini": "mypy", ".isort.cfg": "isort"}.get(name)
    return list(dict.fromkeys(item for item in (*sections, own) if item in TASKS))


def _line_of(text: str, tool: str) -> int:
    found = re.search(rf"^\[(?:tool[.:])?{re.escape(tool)}\b", text, re.MULTILINE)
    return text.count("\n", 0, found.start()) + 1 if found else 0
