"""The manual page of `ssmtrail`, in roff, made of the commands and their help."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import click

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Characters that roff reads as another one, or as the start of an escape. Source: groff_char(7).
_SPECIAL: Final = {"\\": "\\e", "-": "\\-", "'": "\\(aq", "`": "\\(ga", "^": "\\(ha", "~": "\\(ti"}
_PLACES: Final = (
    ("SSMTRAIL_CONFIG", "The configuration file; without it config.toml in the user's configuration folder."),
    ("SSMTRAIL_CACHE", "The folder where what was read is kept; without it ssmtrail in the user's cache folder."),
    ("SSMTRAIL_STATE", "The file that remembers what was opened last."),
    ("NO_COLOR", "Where it is set, nothing has a colour."),
    ("AWS_PROFILE, AWS_REGION", "And all other variables that AWS's own tools obey."),
)


def manual(root: click.Group, version: str) -> str:
    """The manual page of section 1."""
    return "\n".join(_page(root, version)) + "\n"


def commands_of(root: click.Group) -> Iterator[tuple[str, click.Command]]:
    """Every command with its words after `ssmtrail`; groups are left out, their commands are not."""
    for name, command in root.commands.items():
        if isinstance(command, click.Group):
            yield from ((f"{name} {inner}", each) for inner, each in command.commands.items())
        elif not command.hidden:
            yield name, command


def _page(root: click.Group, version: str) -> Iterator[str]:
    context = click.Context(root, info_name="ssmtrail")
    yield f'.TH SSMTRAIL 1 "" "ssmtrail {_text(version)}" "User Commands"'
    yield ".ad l\n.nh"  # neither stretched lines nor hyphens: names are copied from here
    first, *rest = (root.help or "").split("\n\n")
    yield ".SH NAME"
    yield f"ssmtrail \\- {_text(_joined(first.partition(':')[0]))}"
    yield ".SH SYNOPSIS"
    yield ".B ssmtrail\n.RI [ OPTION ...]\\&\n.RI [ COMMAND ]\n.RI [ OPTION ...]"
    yield ".SH DESCRIPTION"
    yield from _paragraphs("\n\n".join((first, *rest)))
    yield ".SH OPTIONS"
    yield from _options(root, context, helps=True)
    yield ".SH COMMANDS"
    for name, command in commands_of(root):
        yield from _command(command, click.Context(command, info_name=name, parent=context))
    yield ".SH ENVIRONMENT"
    for names, text in _PLACES:
        yield f".TP\n.B {_text(names)}\n{_text(text)}"
    yield ".SH EXAMPLES"
    yield from _as_it_is(_ending(root, context).partition("Examples:\n")[2])


def _command(command: click.Command, context: click.Context) -> Iterator[str]:
    pieces = [piece for piece in command.collect_usage_pieces(context) if piece != "[OPTIONS]"]
    yield f'.SS "{_text(" ".join(("ssmtrail", str(context.info_name), *pieces)))}"'
    yield from _paragraphs(command.help or "")
    yield from _options(command, context)
    yield from _as_it_is(_ending(command, context))


def _options(command: click.Command, context: click.Context, *, helps: bool = False) -> Iterator[str]:
    """The options by their groups; `helps` lists `--help` too."""
    group = None
    options = [each for each in command.get_params(context) if isinstance(each, click.Option)]
    order = list(dict.fromkeys(getattr(each, "group", "Options") for each in options))
    for option in sorted(options, key=lambda each: order.index(getattr(each, "group", "Options"))):
        record = option.get_help_record(context)
        if record is None or ("--help" in option.opts and not helps):
            continue
        named = getattr(option, "group", "Options")
        if named != group and len(order) > 1 and not helps:
            yield f".PP\n.I {_text(named)}"
        group = named
        yield f".TP\n.B {_text(record[0])}\n{_text(_joined(record[1])) or '.br'}"


def _ending(command: click.Command, context: click.Context) -> str:
    formatter = context.make_formatter()
    command.format_epilog(context, formatter)
    return formatter.getvalue()


def _paragraphs(text: str) -> Iterator[str]:
    for paragraph in text.split("\n\n"):
        yield f".PP\n{_text(_joined(paragraph))}"


def _as_it_is(text: str) -> Iterator[str]:
    """Lines that keep their breaks."""
    if text.strip():
        lines = "\n".join(_text(line) or ".sp" for line in text.strip("\n").split("\n"))
        yield f".PP\n.nf\n{lines}\n.fi"


def _joined(text: str) -> str:
    return " ".join(text.split())


def _text(text: str) -> str:
    """Text in which roff sees no request and no escape; characters beyond ASCII by their numbers."""
    safe = "".join(_SPECIAL.get(each, each if each < "\x7f" else f"\\[u{ord(each):04X}]") for each in text)
    return re.sub(r"^(?=\.)", r"\\&", safe)
