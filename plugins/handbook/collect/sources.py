"""Which files of a repo are the service's own source, and in which language.

The names follow GitHub Linguist's conventions: vendored, generated and example files are not
counted, and a repo can say so itself in ``.gitattributes`` (``linguist-vendored``,
``linguist-generated``, ``linguist-documentation``).
"""

from __future__ import annotations

import posixpath
import re
from collections import Counter
from collections.abc import Iterable

from handbook.collect.paths import PathPattern, compile_pattern
from handbook.errors import TreeError
from handbook.model.limits import Limits
from handbook.model.package import LanguageShare
from handbook.model.service import Service
from handbook.tree import RepoTree

_EXTENSIONS = {
    "Python": "py pyi pyx",
    "TypeScript": "ts tsx mts cts",
    "JavaScript": "js jsx mjs cjs",
    "Go": "go",
    "Rust": "rs",
    "Java": "java",
    "Kotlin": "kt kts",
    "Scala": "scala sc",
    "C#": "cs",
    "F#": "fs fsx",
    "C++": "cc cpp cxx hpp hh hxx",
    "C": "c h",
    "CUDA": "cu cuh",
    "Ruby": "rb",
    "PHP": "php",
    "Swift": "swift",
    "Objective-C": "m mm",
    "R": "r rmd",
    "Julia": "jl",
    "Elixir": "ex exs",
    "Erlang": "erl hrl",
    "Haskell": "hs",
    "OCaml": "ml mli",
    "Clojure": "clj cljs cljc",
    "Dart": "dart",
    "Lua": "lua",
    "Perl": "pl pm",
    "Groovy": "groovy",
    "Vue": "vue",
    "Svelte": "svelte",
    "Zig": "zig",
    "Shell": "sh bash zsh",
    "PowerShell": "ps1 psm1",
    "Terraform": "tf",
    "SQL": "sql",
    "Protocol Buffers": "proto",
    "HTML": "html htm",
    "CSS": "css scss sass less",
    "Jupyter Notebook": "ipynb",
}
_LANGUAGES = {
    extension: language for language, names in _EXTENSIONS.items() for extension in names.split()
}
# Mark-up, interfaces and notebooks (mostly outputs, by size) name a repo's language only
# where it has nothing else.
_MINOR = frozenset({"HTML", "CSS", "Jupyter Notebook", "SQL", "Protocol Buffers"})
_OTHERS = re.compile(
    r"(?:^|/)(?:node_modules|bower_components|vendor|vendors|third[_-]?party|external|extern"
    r"|site-packages|\.?venv|env|\.tox|dist|build|out|target|Godeps|Pods|__pycache__"
    r"|docs?|documentation|examples?|samples?|demos?|fixtures|testdata|__snapshots__"
    r"|\.yarn|\.github|\.gitlab|\.git)/",
    re.IGNORECASE,
)
_GENERATED = re.compile(
    r"(?:\.min\.(?:js|css)|[-.]bundle\.js|_pb2(?:_grpc)?\.pyi?|\.pb(?:\.gw)?\.go|_grpc\.pb\.go"
    r"|\.g\.dart|\.designer\.cs|[._]generated\.\w+|\.gen\.\w+|_string\.go|zz_generated[^/]*)$"
)
_ATTRIBUTES = re.compile(
    r"^(?P<pattern>\S+)\s(?:.*\s)?linguist-(?:vendored|generated|documentation)(?:=true)?(?:\s|$)"
)
_PATTERNS = 50


def is_own(path: str) -> bool:
    """Whether a path, relative to the service's folder, is neither vendored nor generated."""
    path = path.lstrip("/")
    return not _OTHERS.search(path) and not _GENERATED.search(path)


def languages(tree: RepoTree, service: Service, limits: Limits) -> tuple[LanguageShare, ...]:
    """Count bytes of source by language below the service's folder, largest first."""
    left_out = _attributed(tree, limits)
    sizes: Counter[str] = Counter()
    for entry in tree.under(service.path):
        extension = posixpath.splitext(entry.path)[1][1:].lower()
        language = _LANGUAGES.get(extension)
        if language is None or entry.kind not in ("file", "executable") or entry.size <= 0:
            continue
        if not is_own(entry.path[len(service.path) :]) or _named(entry.path, left_out):
            continue
        sizes[language] += entry.size
    return _shares(sizes)


def _shares(sizes: Counter[str]) -> tuple[LanguageShare, ...]:
    main = {name: size for name, size in sizes.items() if name not in _MINOR}
    counted = main or dict(sizes)
    total = sum(counted.values())
    ranked = sorted(counted.items(), key=lambda item: (-item[1], item[0]))
    return tuple(LanguageShare(name, size, round(size / total, 4)) for name, size in ranked)


def _attributed(tree: RepoTree, limits: Limits) -> tuple[PathPattern, ...]:
    """Patterns that the repo's own .gitattributes takes out of its statistics."""
    try:
        text = tree.text(".gitattributes", limits.manifest)
    except TreeError:
        return ()  # not there, or too large to be one
    hits = (_ATTRIBUTES.match(line[:500]) for line in text.split("\n"))
    found = [compile_pattern(hit["pattern"]) for hit in hits if hit]
    return tuple(found[:_PATTERNS])


def _named(path: str, patterns: Iterable[PathPattern]) -> bool:
    return any(pattern.matches(path) for pattern in patterns)
