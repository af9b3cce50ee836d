"""go.mod."""

from __future__ import annotations

import re

from handbook.collect.manifests.base import Manifest, one_line
from handbook.model.facts import Origin
from handbook.model.package import Package


def read_go_mod(text: str, origin: Origin) -> Manifest:
    """Read module path, Go version and the number of direct requirements."""
    module = version = ""
    direct = 0
    block = ""
    for raw in text.split("\n"):
        line, _, comment = raw.strip().partition("//")
        words = line.split()
        if not words:
            continue
        if block:
            block = "" if words[0] == ")" else block
            direct += block == "require" and comment.strip() != "indirect"
        elif words[-1] == "(":
            block = words[0]
        elif words[0] == "require":
            direct += comment.strip() != "indirect"
        elif words[0] == "module" and len(words) > 1:
            module = words[1].strip('"`')
        elif words[0] == "go" and len(words) > 1 and re.fullmatch(r"[\w.]+", words[1]):
            version = words[1]
    if not module:
        return Manifest(None)
    requires = f"Go {version}" if version else ""
    return Manifest(
        Package("Go", origin, name=one_line(module), requires=requires, dependencies=direct)
    )
