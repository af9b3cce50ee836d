"""pom.xml, read with a parser that refuses document types, and so every kind of entity."""

from __future__ import annotations

from xml.parsers import expat  # nosec - see _Pom: no DTD gets past the first declaration

from handbook.collect.manifests.base import Manifest, Person, one_line, unreadable
from handbook.model.facts import Origin
from handbook.model.package import Package

_DEPTH = 50
_DEVELOPERS = 50
_RELEASES = ("maven.compiler.release", "java.version", "maven.compiler.source")


class _Refused(ValueError):
    """The document has something in it that is not read."""


class _Pom:
    """Collects the texts that matter by their path; one pass, no tree is built."""

    def __init__(self) -> None:
        self.texts: dict[str, str] = {}
        self.developers: list[tuple[str, int]] = []
        self.dependencies = 0
        self._path: list[str] = []
        self._text: list[str] = []
        self._parser = expat.ParserCreate(namespace_separator=None)
        self._parser.StartDoctypeDeclHandler = self._refuse
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._text.append

    def read(self, text: str) -> None:
        self._parser.Parse(text.encode(), True)  # a declared encoding no longer holds

    def _refuse(self, *_: object) -> None:
        raise _Refused("document types and entities are not read")

    def _start(self, name: str, _: object) -> None:
        self._path.append(name.rpartition(":")[2])
        self._text.clear()
        if len(self._path) > _DEPTH:
            raise _Refused(f"it is nested deeper than {_DEPTH} levels")

    def _end(self, _: str) -> None:
        path = "/".join(self._path[1:])
        text = one_line("".join(self._text))
        if path == "dependencies/dependency":
            self.dependencies += 1
        elif path == "developers/developer/name" and text and len(self.developers) < _DEVELOPERS:
            self.developers.append((text, self._parser.CurrentLineNumber))
        elif text and len(self._path) <= 4:
            self.texts.setdefault(path, text)
        self._path.pop()
        self._text.clear()


def read_pom(text: str, origin: Origin) -> Manifest:
    """Read coordinates, description, licence, Java version, dependencies and developers."""
    pom = _Pom()
    try:
        pom.read(text)
    except expat.ExpatError as exc:
        return unreadable(origin, "XML", expat.ErrorString(exc.code), exc.lineno)
    except _Refused as exc:
        return unreadable(origin, "XML without a document type", str(exc))
    found = pom.texts
    group = found.get("groupId") or found.get("parent/groupId", "")
    artifact = found.get("artifactId", "")
    java = next((found[key] for name in _RELEASES if (key := f"properties/{name}") in found), "")
    package = Package(
        "Maven",
        origin,
        name=":".join(part for part in (group, artifact) if part),
        version=found.get("version") or found.get("parent/version", ""),
        description=found.get("description", ""),
        license=found.get("licenses/license/name", ""),
        requires=f"Java {java}" if java else "",
        dependencies=pom.dependencies,
    )
    people = tuple(Person(name, "author", line) for name, line in pom.developers)
    return Manifest(package if artifact else None, people)
