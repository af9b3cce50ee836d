"""Every error this package raises on purpose.

    HandbookError
    ├── CatalogError      the catalogue has mistakes (all of them, each with file and line)
    ├── YamlError         a YAML file cannot be read, at a line
    ├── SyncError         a repo could not be fetched
    ├── TreeError         a repo's object database could not be read
    │   ├── MissingFile   the path is not in the tree (or its blob was not fetched)
    │   └── TooLarge      the file is over the limit
    ├── SettingsError     an option has a value it cannot have
    ├── RuleError         a readiness rule is not what a rule must be
    ├── FormError         a template or its blank is not what a template must be
    ├── ScaffoldError     a new service could not be written
    ├── TutorialError     a tutorial's page, report or list cannot be used as it is written
    ├── ExtensionError    a company's own rule or collector, brought by a package, is of no use
    └── CacheError        an entry of the cache is torn or was changed

Errors of libraries are translated into these at the border: ``raise ... from exc``.
"""

from __future__ import annotations


class HandbookError(Exception):
    """Base of all errors raised by this package. Its text is meant for the user."""


class CatalogError(HandbookError):
    """The catalogue has mistakes; ``problems`` holds one line for each."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        self.problems = problems
        super().__init__("\n".join(problems))

    def __reduce__(self) -> tuple[type[CatalogError], tuple[tuple[str, ...]]]:
        """Survive the way back from a worker process."""
        return type(self), (self.problems,)


class YamlError(HandbookError):
    """A text is not YAML, or beyond the limits; ``line`` counts from 1."""

    def __init__(self, message: str, line: int) -> None:
        self.message = message
        self.line = line
        super().__init__(f"line {line}: {message}")

    def __reduce__(self) -> tuple[type[YamlError], tuple[str, int]]:
        """Survive the way back from a worker process."""
        return type(self), (self.message, self.line)


class SyncError(HandbookError):
    """A repo could not be fetched. The last good copy, if any, is untouched."""


class TreeError(HandbookError):
    """A repo's object database could not be read."""


class MissingFile(TreeError):
    """The path is not in the tree, or its blob was too large to be fetched."""


class TooLarge(TreeError):
    """The file is larger than the limit the caller gave."""


class SettingsError(HandbookError):
    """An option has a value it cannot have."""


class CacheError(HandbookError):
    """An entry of the cache is torn or was changed since it was written."""


class RuleError(HandbookError):
    """Readiness rules have mistakes; one line for each."""


class ExtensionError(HandbookError):
    """What an installed package adds to the handbook is of no use; the text names the package."""


class FormError(HandbookError):
    """A template or its blank is not what a template must be; all mistakes, one a line."""


class ScaffoldError(HandbookError):
    """A new service could not be written; nothing of it is there."""


class TutorialError(HandbookError):
    """Pages, a report or a list of tutorials have mistakes; one line for each, with its place."""
