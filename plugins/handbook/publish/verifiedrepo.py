"""The repo around the tutorials: their pages, how they stand, and where its files are shown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from handbook.errors import HandbookError, TreeError, TutorialError
from handbook.model.facts import Origin
from handbook.pipeline import plan
from handbook.publish.config import PLUGIN, settings_of
from handbook.publish.verifiedlinks import Places
from handbook.publish.verifiedstanding import PageStanding, standing
from handbook.render.forge import Forge
from handbook.tree import WorkingTree
from handbook.tutorial.pages import page_paths
from handbook.tutorial.records import Page, PageError
from handbook.tutorial.report import Report, read_report
from handbook.tutorial.steps import parse_page
from handbook.tutorial.uses import Uses

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files


class Repo:
    """The repo at ``root``, as the site can point to it."""

    def __init__(self, root: Path, config: MkDocsConfig) -> None:
        self.root = root
        self._config = config
        self._forge = Forge.of(config.repo_url or "")
        self.day_of = cache(self._day_of)

    def commit_url(self, commit: str) -> str:
        """Return the address of a commit, "" if the repo has no known one."""
        return self._forge.commit(commit) if self._forge.web else ""

    def _day_of(self, commit: str) -> str:
        try:
            with WorkingTree(self.root) as tree:
                found = tree.at(commit).commits("", 1)
        except TreeError:  # no git repo, or a clone without this commit
            return ""
        return found[0].committed[:10] if found else ""

    def places(self, pages: Mapping[str, str], docs: Path, files: Files) -> Places:
        """Return what links of tutorial pages can lead to."""
        shown = docs.relative_to(self.root).as_posix() if docs.is_relative_to(self.root) else ""
        return Places(
            pages=pages,
            docs=shown or docs.name,
            sources=frozenset(file.src_uri for file in files),
            services=lambda: self._services,
            exists=lambda path: (self.root / path).exists(),
            web=self._web,
        )

    def _web(self, path: str) -> str:
        if not self._forge.web:
            return ""
        if (self.root / path).is_dir():
            return self._forge.folder("HEAD", path)
        return self._forge.file(Origin("", "HEAD", path, 0))

    @cached_property
    def _services(self) -> Mapping[str, str]:
        """The services that lie in this repo, by folder."""
        plugin = self._config.plugins.get(PLUGIN)
        if plugin is None:
            return {}
        try:
            fleet = plan(settings_of(plugin.config, self._config))
        except HandbookError:
            return {}  # the plugin of the services says so
        services = [snapshot.service for snapshot in fleet.snapshots]
        return {
            service.path: service.slug
            for service in services
            if service.path and Path(service.repo) == self.root
        }


class Tutorials:
    """The pages of a folder with the last reports. ``problems``: what the author must mend."""

    def __init__(self, folder: Path, reports: Iterable[Path], repo: Repo) -> None:
        self.paths = page_paths(folder)
        self.problems: list[str] = []
        self.used: tuple[str, ...] = ()
        self._titles: dict[str, str] = {}
        read = self._reports(reports)
        pages = list(self._pages(folder))
        self._standings = {
            page.path: standing(page, digest, read)
            for page, digest in zip(pages, self._digests(pages, repo), strict=True)
        }

    def standing(self, page: str) -> PageStanding | None:
        """Return how a page stands; None for one that cannot be read as steps."""
        return self._standings.get(page)

    def all(self) -> Iterator[tuple[PageStanding, str]]:
        """Give all pages in order, each with its title."""
        for path, found in self._standings.items():
            yield found, self._titles[path]

    def _reports(self, paths: Iterable[Path]) -> Sequence[Report]:
        found = []
        for path in paths:
            try:
                found.append(read_report(path))
            except TutorialError as error:
                self.problems.append(str(error))
        return found

    def _pages(self, folder: Path) -> Iterator[Page]:
        for path in self.paths:
            name = path.relative_to(folder).as_posix()
            text = path.read_text(encoding="utf-8")
            self._titles[name] = _title(text, path.stem)
            try:
                yield parse_page(name, text, f"{folder.name}/{name}")
            except PageError as error:
                self.problems += error.problems

    def _digests(self, pages: Sequence[Page], repo: Repo) -> Sequence[str]:
        """Return a digest of what each page uses; "" where that cannot be told."""
        try:
            with WorkingTree(repo.root) as tree:
                uses = Uses(repo.root, tree)
                files = {path for page in pages for path in uses.files(page.name)}
                self.used = tuple(str(repo.root / path) for path in sorted(files))
                return [uses.digest(page.name) for page in pages]
        except (TutorialError, TreeError) as error:
            self.problems.append(str(error))
            return [""] * len(pages)


def _title(text: str, otherwise: str) -> str:
    heading = next((line for line in text.splitlines() if line.startswith("# ")), "")
    return heading.removeprefix("# ").strip() or otherwise
