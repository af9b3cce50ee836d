"""Which release cycle of which product a name stands for: an image's tag, a range of versions."""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct
from packaging.specifiers import InvalidSpecifier, SpecifierSet

from handbook.check.tables import Product, products

_INSIDE = re.compile(
    r"(?:^|[-_:/])(python|node|alpine|ubuntu|debian|centos|golang|php|ruby)-?v?(\d{1,4}(?:\.\d{1,4}){0,2})"
)
_NAMES = {"golang": "go"}
_VERSION = re.compile(r"v?(\d{1,4}(?:\.\d{1,4}){0,2})(?![\d.])")
_EXACT = re.compile(r"={0,3}\s*(\d{1,4}(?:\.\d{1,4}){0,3})")
_LEADING = ("library/", "docker.io/", "docker/library/", "lambda/")


class Cycle(Struct, frozen=True):
    """A release cycle: "3.9" of the product "python", and the first day without support."""

    product: str
    cycle: str
    end: str

    @property
    def title(self) -> str:
        """The product's name and the cycle."""
        return f"{products()[self.product].title} {self.cycle}"


def cycles_of_image(image: str) -> Iterator[Cycle]:
    """Give what an image is, and what else its name says is in it: "node:18-alpine3.17"."""
    if "$" in image or "{" in image:
        return
    name, _, tag = _without_host(image.partition("@")[0]).partition(":")
    own = next((key for key, item in products().items() if name in item.images), "")
    if own and (found := _starting(own, tag)):
        yield found
    for match in _INSIDE.finditer(f"{name.rpartition('/')[2]}:{tag}"):
        product = _NAMES.get(match[1], match[1])
        if product != own and (found := cycle_of(product, match[2])):
            yield found
    words = re.split(r"[-_.:]", tag)
    for product, item in products().items():
        for word in words:
            # "trixie" in a tag; a codename elsewhere may be any word.
            if word in item.codenames and (product == own or own or product == "debian"):
                yield from _of(product, item.codenames[word])
                break


def cycle_of(product: str, version: str) -> Cycle | None:
    """Return the cycle that a version belongs to; None where the table has none."""
    parts = version.split(".")
    for length in range(len(parts), 0, -1):
        if found := next(_of(product, ".".join(parts[:length])), None):
            return found
    return None


def newest_allowed(product: str, wanted: str) -> Cycle | None:
    """Return the last cycle that a range allows; None where it is open to what is newer.

    A patch release in a range is enough for its cycle.
    """
    if exact := _EXACT.fullmatch(wanted.strip()):
        return cycle_of(product, exact[1])
    try:
        specifiers = SpecifierSet(_as_specifier(wanted))
    except InvalidSpecifier:
        return None
    known = sorted(products()[product].ends, key=_order)
    newer = ".".join(str(part) for part in (*_order(known[-1])[:-1], _order(known[-1])[-1] + 1))
    if specifiers.contains(f"{newer}.0") or specifiers.contains("99.0"):
        return None
    allowed = [
        cycle
        for cycle in known
        if any(specifiers.contains(f"{cycle}.{patch}") for patch in range(40))
    ]
    return next(_of(product, allowed[-1]), None) if allowed else None


def _as_specifier(wanted: str) -> str:
    """Translate what Poetry writes: "^3.8", "~3.8", "3.8.*", "3.8"."""
    parts = []
    for part in wanted.replace("||", "|").partition("|")[0].split(","):
        text = part.strip()
        if text.startswith("^"):
            major = text[1:].split(".")[0]
            parts += [f">={text[1:]}", f"<{int(major) + 1}" if major.isdigit() else ""]
        elif re.match(r"~\d", text):
            pieces = text[1:].split(".")[:2]
            parts.append(f"=={'.'.join(pieces)}.*")
        elif re.match(r"\d", text):
            parts.append(f"=={text}")
        else:
            parts.append(text)
    return ",".join(part for part in parts if part)


def _without_host(image: str) -> str:
    first, slash, rest = image.partition("/")
    name = rest if slash and ("." in first or ":" in first or first == "localhost") else image
    for leading in _LEADING:
        name = name.removeprefix(leading)
    return name


def _starting(product: str, tag: str) -> Cycle | None:
    match = _VERSION.match(tag)
    return cycle_of(product, match[1]) if match else None


def _of(product: str, cycle: str) -> Iterator[Cycle]:
    known: Product | None = products().get(product)
    if known and cycle in known.ends:
        yield Cycle(product, cycle, known.ends[cycle])


def _order(cycle: str) -> tuple[int, ...]:
    return tuple(int(part) for part in cycle.split("."))
