"""The page of commands: usage, arguments, options, exit codes and examples of each.

All of it is read off the commands themselves, as ``--help`` prints it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial

import click

from handbook.cli import main

_DEFAULT = re.compile(r"\s*\[default: (.+?)\]\s*$")
_EXITS = re.compile(r"Exit codes: (.+?)(?:\n\n|\Z)", re.DOTALL)
_TYPES = {"integer": "a whole number", "float": "a number"}


def command_parts() -> dict[str, Callable[[], str]]:
    """Return what makes the part of each command, by the part's name: "command sync"."""
    parts = {f"command {name}": partial(command_part, name) for name in main.commands}
    return {"commands": overview, **parts}


def overview() -> str:
    """Return all commands with the first line of their help, as a Markdown table."""
    rows = ["| command | what it does |", "|--|--|"]
    for name, command in main.commands.items():
        first = " ".join((command.help or "").partition("\n\n")[0].split())
        rows.append(f"| [`handbook {name}`](#handbook-{name}) | {_escaped(first)} |")
    return "\n".join(rows)


def command_part(name: str) -> str:
    """Return all there is to know of how a command is called, as Markdown."""
    command = main.commands[name]
    lines = ["```text", usage(name, command), "```", ""]
    if parameters := [*_arguments(command), *_options(command)]:
        for term, said in parameters:
            lines += [term, f":   {said}", ""]
    lines += [f"**Exit codes:** {exit_codes(command)}", ""]
    lines += ["For example:", "", "```text", *examples(command), "```"]
    return "\n".join(lines)


def usage(name: str, command: click.Command) -> str:
    """Return the line that ``--help`` begins with."""
    context = click.Context(command, info_name=f"handbook {name}")
    return " ".join(command.get_usage(context).removeprefix("Usage: ").split())


def exit_codes(command: click.Command) -> str:
    """Return what the help says of exit codes."""
    found = _EXITS.search(command.help or "")
    if not found:
        raise ValueError(f"handbook {command.name}: its help has no paragraph 'Exit codes: …'")
    return " ".join(found[1].split())


def examples(command: click.Command) -> list[str]:
    """Return the lines that the help gives as examples."""
    _, found, after = (command.help or "").partition("Examples:\n")
    lines = [line.strip() for line in after.split("\n\n")[0].splitlines() if line.strip()]
    if not found or not lines:
        raise ValueError(f"handbook {command.name}: its help has no block 'Examples:'")
    return lines


def _arguments(command: click.Command) -> list[tuple[str, str]]:
    """Return name and description of what is given without a dash."""
    context = click.Context(command)
    found = []
    for argument in command.params:
        if isinstance(argument, click.Argument):
            # Help tells of an argument in prose, which stands above this part of the page.
            default = f"Default: `{argument.default}`." if argument.default else "Optional."
            default = "Required." if argument.required else default
            word = argument.make_metavar(context).strip("[]")
            found.append((_term(command, argument, f"`{word}`"), f"{_kind(argument)}. {default}"))
    return found


def _options(command: click.Command) -> list[tuple[str, str]]:
    return [
        (_term(command, option, _flags(option)), _said(option))
        for option in command.params
        if isinstance(option, click.Option) and not option.hidden
    ]


def _term(command: click.Command, parameter: click.Parameter, shown: str) -> str:
    return f"{shown} {{ #{command.name}-{_anchor(parameter)} .hb-option }}"


def _anchor(parameter: click.Parameter) -> str:
    long = max(parameter.opts, key=len)
    return long.strip("-").lower()


def _flags(option: click.Option) -> str:
    names = [f"`{name}`" for name in (*option.opts, *option.secondary_opts)]
    if option.is_flag:
        return ", ".join(names)
    value = option.metavar or option.type.name.upper()
    if isinstance(option.type, click.Choice):  # its words follow
        value = "WORD"
    return ", ".join((*names[:-1], f"{names[-1].rstrip('`')} {value}`"))


def _said(option: click.Option) -> str:
    """Say what an option does, what it takes and what it is when it is not given."""
    text = option.help or ""
    default = ""
    if found := _DEFAULT.search(text):
        text, default = _DEFAULT.sub("", text), found[1]
    elif option.show_default:
        default = f"`{option.default}`"
    parts = [_escaped(text)]
    if isinstance(option.type, click.Choice):
        parts.append(f"One of {', '.join(f'`{word}`' for word in option.type.choices)}.")
    elif option.type.name in _TYPES:
        parts.append(f"Takes {_TYPES[option.type.name]}.")
    if option.multiple:
        parts.append("May be given several times.")
    if option.required:
        parts.append("Required.")
    if option.envvar:
        names = [option.envvar] if isinstance(option.envvar, str) else option.envvar
        parts.append(f"Environment: {', '.join(f'`{name}`' for name in names)}.")
    if default:
        parts.append(f"Default: {_escaped(default)}.")
    return " ".join(parts)


def _kind(argument: click.Argument) -> str:
    if isinstance(argument.type, click.Path):
        return "A folder" if argument.type.dir_okay else "A file"
    return "Text"


def _escaped(text: str) -> str:
    """Keep the words of a help text from being Markdown, but for code."""
    parts = re.split(r"(`[^`]*`)", " ".join(text.split()))
    return "".join(p if p.startswith("`") else re.sub(r"([*_<\[])", r"\\\1", p) for p in parts)
