"""Dockerfiles: what the image that ships is built on."""

from __future__ import annotations

import posixpath
import re

from handbook.collect.smallfiles import files_near, read_text
from handbook.model.facts import Problem
from handbook.model.limits import Limits
from handbook.model.package import BaseImage
from handbook.model.service import Service
from handbook.tree import RepoTree, single_line

_FROM = re.compile(r"^\s*FROM\s+(?:--\S+\s+)*(?P<image>\S+)(?:\s+AS\s+(?P<stage>\S+))?", re.I)
_ARG = re.compile(r"^\s*ARG\s+(?P<name>\w+)=(?P<value>\S+)", re.I)
_VARIABLE = re.compile(r"\$(?:\{(\w+)(?::?-([^{}]*))?\}|(\w+))")
_NAME = re.compile(r"^(?:Dockerfile|Containerfile)(?:[.-][\w.-]+)?$|^[\w.-]+\.[Dd]ockerfile$")
_DEPTH = 2
_DEEPER = 4
_MOST = 20


def base_images(
    tree: RepoTree, service: Service, limits: Limits
) -> tuple[tuple[BaseImage, ...], tuple[Problem, ...]]:
    """Find the base of the last stage of each Dockerfile in the service's folder (two deep)."""
    near = files_near(tree, service, _DEPTH)
    paths = [path for path in near if _NAME.match(posixpath.basename(path))]
    if not paths:  # a folder of images, with one that is called as the repo is
        own = posixpath.basename(service.path or service.repo.rstrip("/").removesuffix(".git"))
        deep = files_near(tree, service, _DEEPER)
        paths = [path for path in deep if path.endswith(f"/{own}/Dockerfile")]
    paths.sort(key=lambda path: (path.count("/"), path))
    found: list[BaseImage] = []
    problems: list[Problem] = []
    if len(paths) > _MOST:
        message = f"Base images of only {_MOST} of {len(paths)} Dockerfiles are shown."
        problems.append(Problem(message, tree.origin(paths[_MOST]), "notice"))
    for path in paths[:_MOST]:
        text = read_text(tree, path, limits)
        if isinstance(text, Problem):
            problems.append(text)
        elif base := last_base(text):
            found.append(BaseImage(single_line(base[0]), tree.origin(path, base[1])))
    return tuple(found), tuple(problems)


def last_base(text: str) -> tuple[str, int] | None:
    """The image that the last stage leads back to, and the line that names it."""
    return next(((image, line) for image, line, ships in stages(text) if ships), None)


def stages(text: str) -> tuple[tuple[str, int, bool], ...]:
    """Every image that a Dockerfile starts from, its line, and whether the last stage is on it.

    Build arguments stand for their defaults; a stage built on another leads to that one's base.
    """
    arguments: dict[str, str] = {}
    named: dict[str, tuple[str, int]] = {}
    found: list[tuple[str, int]] = []
    last: tuple[str, int] | None = None
    for number, line in enumerate(text.split("\n"), start=1):
        argument = _ARG.match(line[:500])
        if argument and last is None:
            arguments[argument["name"]] = argument["value"].strip("\"'")[:200]
        stage = _FROM.match(line[:500])
        if stage is None:
            continue
        image = _VARIABLE.sub(lambda hit: _value(hit, arguments), stage["image"])[:200]
        last = named.get(image.lower(), (image, number))
        if image.lower() not in named:
            found.append(last)
        if stage["stage"]:
            named[stage["stage"].lower()] = last
    return tuple((*one, one == last) for one in found)


def _value(hit: re.Match[str], arguments: dict[str, str]) -> str:
    name = hit[1] or hit[3]
    return arguments.get(name) or hit[2] or hit[0]
