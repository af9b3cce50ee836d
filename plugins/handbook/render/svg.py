"""Drawings of unknown origin: what is harmless stays, what is hostile refuses the whole file."""

from __future__ import annotations

import re
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

_SVG = "http://www.w3.org/2000/svg"
_XLINK = "http://www.w3.org/1999/xlink"

_DRAWN = frozenset(
    (
        *("a", "circle", "clipPath", "defs", "desc", "ellipse", "feBlend", "feColorMatrix"),
        *("feComponentTransfer", "feComposite", "feDropShadow", "feFlood", "feFuncA", "feFuncB"),
        *("feFuncG", "feFuncR", "feGaussianBlur", "feMerge", "feMergeNode", "feMorphology"),
        *("feOffset", "feTile", "feTurbulence", "filter", "g", "image", "line", "linearGradient"),
        *("marker", "mask", "path", "pattern", "polygon", "polyline", "radialGradient", "rect"),
        *("stop", "style", "svg", "switch", "symbol", "text", "textPath", "title", "tspan", "use"),
        "view",
    )
)
_HOSTILE = frozenset(("script", "handler", "listener", "iframe", "embed", "object"))
_ATTRIBUTE = re.compile(r"^[A-Za-z][A-Za-z0-9_-]*$")
_PICTURE = re.compile(r"^data:image/(?:png|jpeg|gif|webp);base64,[A-Za-z0-9+/=\s]*$")
_FOREIGN_STYLE = re.compile(r"@import|@font-face|expression|url\(\s*(?![\"']?#)|\\", re.IGNORECASE)


class HostileSvg(ValueError):
    """The drawing tries to do something, or is no drawing; its text says what."""


def clean_svg(data: bytes) -> bytes:
    """Return a drawing with only what draws: no script, link, foreign content or entity.

    Raises:
        HostileSvg: it holds a script, an event or a definition of entities, or is not XML.
    """
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    writer = _Writer()
    parser.StartElementHandler = writer.start
    parser.EndElementHandler = writer.end
    parser.CharacterDataHandler = writer.text
    parser.EntityDeclHandler = _refuse_entity
    parser.StartDoctypeDeclHandler = _check_doctype
    try:
        parser.Parse(data, True)
    except expat.ExpatError as exc:
        raise HostileSvg(f"it is not well-formed XML (line {exc.lineno})") from exc
    if not writer.out or writer.root != "svg":
        raise HostileSvg("it is not a drawing")
    return "".join(writer.out).encode()


def _refuse_entity(name: str, *_: object) -> None:
    raise HostileSvg(f"it defines the entity {name}")


def _check_doctype(_name: str, _system: str | None, _public: str | None, subset: int) -> None:
    if subset:
        raise HostileSvg("its document type has definitions")


class _Writer:
    """Writes the allowed part again."""

    def __init__(self) -> None:
        self.out: list[str] = []
        self.root = ""
        self._skip = 0  # depth below an element that is left out
        self._style: list[str] | None = None

    def start(self, name: str, attributes: dict[str, str]) -> None:
        namespace, _, tag = name.rpartition(" ")
        if tag.lower() in _HOSTILE:
            raise HostileSvg(f"it has the element <{tag}>")
        if self._skip or namespace not in {_SVG, ""} or tag not in _DRAWN:
            self._skip += 1
            return
        kept = _attributes(tag, attributes)
        if not self.root:
            self.root = tag
            kept = f' xmlns="{_SVG}" xmlns:xlink="{_XLINK}"{kept}'
        self.out.append(f"<{tag}{kept}>")
        if tag == "style":
            self._style = []

    def end(self, name: str) -> None:
        if self._skip:
            self._skip -= 1
            return
        if self._style is not None:
            css = "".join(self._style)
            self.out.append("" if _FOREIGN_STYLE.search(css) else escape(css))
            self._style = None
        self.out.append(f"</{name.rpartition(' ')[2]}>")

    def text(self, data: str) -> None:
        if self._skip:
            return
        if self._style is not None:
            self._style.append(data)
        else:
            self.out.append(escape(data))


def _attributes(tag: str, attributes: dict[str, str]) -> str:
    kept = []
    for name, value in attributes.items():
        namespace, _, local = name.rpartition(" ")
        if local.lower().startswith("on"):
            raise HostileSvg(f"it has the event {local}")
        if re.match(r"\s*(?:java|vb)script:", value, re.IGNORECASE):
            raise HostileSvg("it links to a script")
        if local == "href" and namespace in {"", _XLINK}:
            inside = value.startswith("#") or (tag == "image" and _PICTURE.match(value))
            kept += [f" xlink:href={quoteattr(value)}"] if inside and tag != "a" else []
        elif not namespace and _ATTRIBUTE.match(local) and not _FOREIGN_STYLE.search(value):
            kept.append(f" {local}={quoteattr(value)}")
    return "".join(kept)
