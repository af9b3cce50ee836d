"""Options of the ``handbook/services`` plugin, as written in ``mkdocs.yml``."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path
from typing import Any, cast

import msgspec
from mkdocs.config import base
from mkdocs.config import config_options as option
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.utils.yaml import get_yaml_loader, yaml_load

from handbook.catalog.values import did_you_mean
from handbook.errors import SettingsError
from handbook.model.limits import Limits
from handbook.model.service import Visibility
from handbook.settings import OFF, Settings


class ServicesConfig(base.Config):  # type: ignore[no-untyped-call]
    """Paths are relative to the folder of ``mkdocs.yml``."""

    catalog = option.Type(str, default="catalog.yml")
    """The catalogue: which services exist."""

    lock = option.Type(str, default="handbook.lock")
    """Where the fetched commits are noted."""

    state = option.Type(str, default=".handbook")
    """Folder of mirrors, cache and working files; may be deleted at any time."""

    publish = option.ListOfItems(
        option.Choice(("public", "internal", "private")), default=["public", "internal"]
    )
    """Visibilities that this site may show; other services are left out altogether."""

    jobs = option.Type(int, default=0)
    """Worker processes; 0 for one per core."""

    search = option.Type(bool, default=True)
    """Whether to index the site for its search."""

    show_committers = option.Type(bool, default=True)
    """Whether the owners page lists committers from history (names only)."""

    rules = option.Type(dict, default={})
    """Rules to count from a day on, or to switch off, by code."""

    history = option.Type(str, default="readiness-history.jsonl")
    """Where the trend of readiness is kept: commit it, as the lock file; "" for none."""

    moved = option.Type(str, default="moved.yml")
    """Where the old addresses of pages that moved lead now; the file need not be there."""

    limits = option.Type(dict, default={})
    """Limits to change, by name; see the reference of limits."""


PLUGIN = "handbook/services"


def read_settings(config_file: Path, *, strict: bool | None) -> Settings | None:
    """Read the plugin's settings from ``mkdocs.yml`` alone; None if it is not listed there.

    For commands that build nothing: loading the whole configuration would load the theme and
    every plugin first.

    Raises:
        SettingsError: an option has a value it cannot have.
        ConfigurationError: the file is no valid YAML (MkDocs' own message).
    """
    config = MkDocsConfig(config_file_path=str(config_file.resolve()))
    with config_file.open("rb") as file:
        raw = yaml_load(file, get_yaml_loader(config=config))
    given = _options_in(raw.get("plugins"))
    if given is None:
        return None
    options = ServicesConfig(config_file_path=str(config_file.resolve()))
    options.load_dict(given)
    errors, warnings = options.validate()
    if mistakes := "; ".join(f"{name}: {said}" for name, said in (*errors, *warnings)):
        raise SettingsError(f"{config_file}: {PLUGIN}: {mistakes}")
    config.strict = bool(raw.get("strict")) if strict is None else strict
    return settings_of(options, config)


def _options_in(plugins: object) -> dict[str, Any] | None:
    """Find the plugin's options in any form that MkDocs takes a list of plugins in."""
    entries = [plugins] if isinstance(plugins, dict) else plugins
    for entry in entries if isinstance(entries, list) else ():
        if entry == PLUGIN:
            return {}
        if isinstance(entry, dict) and PLUGIN in entry:
            return dict(entry[PLUGIN] or {})
    return None


def settings_of(options: ServicesConfig, config: MkDocsConfig) -> Settings:
    """Turn the plugin's options into settings with absolute paths.

    Raises:
        SettingsError: a limit has an unknown name or a value that is no whole number.
    """
    root = Path(config.config_file_path or os.devnull).parent

    def absolute(path: str) -> str:
        return str((root / path).resolve())

    unknown = set(options.limits) - set(Limits.__struct_fields__)
    if unknown:
        names = Limits.__struct_fields__
        wrong = (f"'{name}'{did_you_mean(str(name), names)}" for name in sorted(unknown, key=str))
        raise SettingsError(
            f"{config.config_file_path}: handbook/services: limits has no {', no '.join(wrong)}."
            f" Known limits: {', '.join(names)}."
        )
    try:
        limits = msgspec.convert(options.limits, Limits)
    except msgspec.ValidationError as exc:
        raise SettingsError(
            f"{config.config_file_path}: handbook/services: limits: {exc}. Write whole numbers."
        ) from exc
    return Settings(
        catalog=absolute(options.catalog),
        lock=absolute(options.lock),
        state=absolute(options.state),
        publish=cast(tuple[Visibility, ...], tuple(options.publish)),
        strict=bool(config.strict),
        jobs=options.jobs,
        show_committers=options.show_committers,
        rules=_rules(options.rules, str(config.config_file_path)),
        history=absolute(options.history) if options.history else "",
        limits=limits,
    )


def _rules(given: dict[Any, Any], file: str) -> dict[str, str]:
    """Read days and switches of rules; all mistakes are named at once."""
    if not given:
        return {}
    from handbook.check import rules  # noqa: PLC0415 - a sync of hundreds of repos needs none

    known, read, wrong = rules(), dict[str, str](), list[str]()
    for code, said in given.items():
        text = OFF if said is False else str(said)
        if code not in known:
            wrong.append(f"there is no rule '{code}' (`handbook explain` lists them)")
        elif text != OFF and not _is_day(text):
            wrong.append(f"{code} is '{said}'; write a day such as 2027-01-31, or off")
        read[str(code)] = text
    if wrong:
        raise SettingsError(f"{file}: {PLUGIN}: rules: {'; '.join(wrong)}.")
    return read


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
