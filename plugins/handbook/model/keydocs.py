"""The documents that a service is expected to have, as far as reading their outline shows."""

from __future__ import annotations

from msgspec import Struct


class Part(Struct, frozen=True):
    """A heading and what is below it, down to the next heading.

    ``words`` counts prose only, ``listed`` those of them in lists; ``steps`` are the items of
    numbered lists; ``links`` the addresses it links to; ``leads`` lines that lead into a list,
    such as "Features:", with their numbers; ``environments`` those it names ("dev", "stage",
    "production"), in its code too. Lines count from 1; a part without heading has the title "".
    """

    title: str
    level: int
    line: int
    words: int = 0
    listed: int = 0
    code: bool = False
    steps: int = 0
    bullets: int = 0
    links: tuple[str, ...] = ()
    leads: tuple[tuple[int, str], ...] = ()
    environments: tuple[str, ...] = ()


class Document(Struct, frozen=True):
    """A text file by its outline. ``blanks`` are lines with a placeholder still in them."""

    path: str
    title: str
    parts: tuple[Part, ...]
    words: int
    blanks: tuple[int, ...] = ()
    environments: tuple[str, ...] = ()

    def below(self, part: Part) -> tuple[Part, ...]:
        """Return a part and those of deeper levels that follow it."""
        at = self.parts.index(part)
        found = [part]
        for item in self.parts[at + 1 :]:
            if item.level <= part.level:
                break
            found.append(item)
        return tuple(found)


class KeyDocs(Struct, frozen=True):
    """Documents by what they are; each kind in the order of paths.

    ``templates`` are forms for issues and bug reports, ``fixes`` how many of the latest commits
    mend something, ``linked`` how many of these name an issue. ``unfilled`` are templates in
    which nothing is filled in, each by its kind and path: they are none of the others.
    """

    readme: Document | None = None
    contributing: tuple[Document, ...] = ()
    press_releases: tuple[Document, ...] = ()
    specs: tuple[Document, ...] = ()
    deploy_guides: tuple[Document, ...] = ()
    runbooks: tuple[Document, ...] = ()
    model_cards: tuple[Document, ...] = ()
    data_cards: tuple[Document, ...] = ()
    templates: tuple[Document, ...] = ()
    fixes: int = 0
    linked: int = 0
    unfilled: tuple[tuple[str, str], ...] = ()

    def unfilled_of(self, kind: str) -> tuple[str, ...]:
        """Return the paths of empty templates for one kind of document, such as "specs"."""
        return tuple(path for known, path in self.unfilled if known == kind)
