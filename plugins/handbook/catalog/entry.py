"""Read one entry of ``catalog.yml``: its keys, their values, and which go together."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from handbook.catalog.mistakes import Mistakes
from handbook.catalog.values import (
    BadValue,
    check_choice,
    check_folder,
    check_line,
    check_name,
    check_pattern,
    check_ref,
    check_repo,
    check_slug,
    check_tag,
    did_you_mean,
)
from handbook.model.catalog import (
    LIFECYCLES,
    RESERVED_SLUGS,
    VISIBILITIES,
    CatalogEntry,
    entity_name,
    slug_mistake,
)
from handbook.yamlnodes import Mapping, Node, Scalar, Sequence

TEXT_KEYS = ("repo", "ref", "path", "name", "slug", "owner", "system", "description")
CHOICES: dict[str, tuple[str, ...]] = {"lifecycle": LIFECYCLES, "visibility": VISIBILITIES}
LIST_KEYS = ("paths", "tags")
KEYS = (*TEXT_KEYS, *CHOICES, *LIST_KEYS)

# Words other tools use for the same thing.
_SYNONYMS = {
    **dict.fromkeys(("url", "git", "repository", "source", "import_url"), "repo"),
    **dict.fromkeys(("branch", "tag", "commit", "version", "revision"), "ref"),
    **dict.fromkeys(("folder", "dir", "directory", "subdir", "start_path"), "path"),
    **dict.fromkeys(("glob", "globs", "start_paths"), "paths"),
    **dict.fromkeys(("team", "owners", "maintainer", "maintainers"), "owner"),
    **dict.fromkeys(("title", "id"), "name"),
    **dict.fromkeys(("labels", "keywords"), "tags"),
}
EXAMPLE = "a list of services, such as `- repo: https://github.com/acme/fraud-scorer`"


class EntryReader:
    """Reads one entry and notes its mistakes. ``folder`` is where the catalogue lies."""

    def __init__(self, node: Node, folder: str, mistakes: Mistakes) -> None:
        self._node = node
        self._folder = folder
        self._mistakes = mistakes
        self._lines: dict[str, int] = {}

    def entry(self) -> CatalogEntry | None:
        """Return the entry, None if it is no service or has no repo to go on with."""
        if not isinstance(self._node, Mapping):
            self._mistakes.add(self._node.line, f"not a service; expected {EXAMPLE}")
            return None
        values: dict[str, Any] = {}
        for key, node in self._node.pairs:
            if self._known(key):
                self._lines[key.text] = key.line
                value = self._value(key, node)
                if value is not None:
                    values[key.text] = value
        if "repo" not in self._lines:
            self._mistakes.add(
                self._node.line, "'repo' is missing; expected a url, or a path such as ../scorer"
            )
        self._combination(values)
        if "repo" not in values:
            return None
        return CatalogEntry(**values, declared=f"{self._mistakes.file}:{self._node.line}")

    def _known(self, key: Scalar) -> bool:
        if key.text in self._lines:
            first = self._lines[key.text]
            self._mistakes.add(key.line, f"'{key.text}' is given twice, first on line {first}")
            return False
        if key.text in KEYS:
            return True
        word = key.text[:80]
        synonym = _SYNONYMS.get(word.lower())
        hint = f"; did you mean '{synonym}'?" if synonym else did_you_mean(word, KEYS)
        if word == "<<":
            hint = "; merge keys are not read, write the values out"
        self._mistakes.add(key.line, f"unknown key '{word}'; expected {', '.join(KEYS)}{hint}")
        return False

    def _value(self, key: Scalar, node: Node) -> object | None:
        if key.text in LIST_KEYS:
            return self._list(key, node)
        if not isinstance(node, Scalar) or node.empty or not node.text.strip():
            self._mistakes.add(key.line, f"'{key.text}' has no text; give one or leave it out")
            return None
        return self._checked(key.text, key.line, node.text.strip())

    def _list(self, key: Scalar, node: Node) -> tuple[str, ...] | None:
        example = "[services/*]" if key.text == "paths" else "[real-time, fraud]"
        if not isinstance(node, Sequence) or not node.items:
            self._mistakes.add(key.line, f"'{key.text}' is not a list; expected one as {example}")
            return None
        values: list[str] = []
        for item in node.items:
            if not isinstance(item, Scalar) or item.empty:
                text = f"'{key.text}' has an item that is not text; expected a list as {example}"
                self._mistakes.add(item.line, text)
                continue
            value = self._checked(key.text, item.line, item.text.strip())
            if value in values:
                self._mistakes.add(item.line, f"'{key.text}' has '{value}' twice; remove one")
            elif value is not None:
                values.append(value)
        return tuple(values)

    def _checked(self, key: str, line: int, text: str) -> str | None:
        try:
            return self._check(key)(text)
        except BadValue as error:
            # A url may hold a token, which belongs in no message.
            shown = "" if key == "repo" else f" '{text[:80]}'"
            self._mistakes.add(line, f"{key}{shown} {error}")
            return None

    def _check(self, key: str) -> Callable[[str], str]:
        if key in CHOICES:
            return lambda text: check_choice(text, CHOICES[key])
        if key == "repo":
            return lambda text: check_repo(text, self._folder)
        checks: dict[str, Callable[[str], str]] = {
            "ref": check_ref,
            "path": check_folder,
            "paths": check_pattern,
            "tags": check_tag,
            "name": check_name,
            "slug": check_slug,
            "owner": lambda text: entity_name(check_line(text)),
            "system": lambda text: entity_name(check_line(text)),
            "description": lambda text: check_line(" ".join(text.split())),
        }
        return checks[key]

    def _combination(self, values: dict[str, Any]) -> None:
        """Note keys that do not go together, and names that give no address."""
        if "paths" in self._lines:
            for key in ("path", "name", "slug"):
                if key in self._lines:
                    text = f"'{key}' cannot go with 'paths', which gives many services; remove one"
                    self._mistakes.add(self._lines[key], text)
            return
        given = [key for key in ("slug", "name", "path", "repo") if key in self._lines]
        if any(key not in values for key in given) or "repo" not in values:
            return  # its own mistake comes first
        entry = CatalogEntry(**values)
        problem = slug_mistake(entry.own_slug)
        if problem:
            said = given[0]
            text = f"{said} '{entry.slug or entry.name or entry.folder_name}' {problem}"
            mend = "another slug" if said == "slug" else "the service a `slug`"
            example = f"{entry.own_slug}-service" if entry.own_slug in RESERVED_SLUGS else "scorer"
            self._mistakes.add(self._lines[said], f"{text}; give {mend}, such as {example}")
