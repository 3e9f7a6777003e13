"""`ssmtrail doctor`: says what is right and wrong of the configuration, the terminal, the store and a source."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from itertools import chain
from typing import TYPE_CHECKING, Final

from ssmtrail.queries.config import Settings, cache_root
from ssmtrail.queries.errors import StoreError, TrailError, UsageError
from ssmtrail.queries.sources.checks import Check
from ssmtrail.queries.store.atomic import require_private
from ssmtrail.tui.cli.config import config_lines
from ssmtrail.tui.cli.console import ANSWERED, FAILED, Console, print_checks, run_interruptible, size_text
from ssmtrail.tui.cli.sources import names_source, source_of
from ssmtrail.tui.source_words import source_text, words_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path
    from threading import Event

    from ssmtrail.queries.sources.history.address import HistoryAddress
    from ssmtrail.queries.sources.history.doctor import Part
    from ssmtrail.tui.choice import SourceChoice
    from ssmtrail.tui.cli.options import Options

#: Free bytes below which a store is soon full.
_LEAST_FREE: Final = 500 * 10**6
#: The least columns and rows that the screens are made for.
_LEAST_SIZE: Final = (80, 24)


def doctor(options: Options) -> int:
    """Print one line a check as soon as its result is known; gives the exit status. Raises UsageError."""
    try:
        settings, configuration = Settings.load(), list(_configuration())
    except UsageError as error:
        settings, configuration = Settings(), [Check("config", "failed", str(error))]
    choice = source_of(options, settings) if names_source(options) or settings.athena.table else None

    def checked(cancelled: Event) -> int:
        here = chain(configuration, terminal_checks(settings, os.environ), store_checks(cache_root()))
        return FAILED if print_checks(chain(here, source_checks(choice, cancelled))) else ANSWERED

    return run_interruptible(checked, Console(quiet=False))


def _configuration() -> Iterator[Check]:
    """What `config check` says."""
    try:
        for line in config_lines("config check"):
            yield Check("config", "ok", line)
    except TrailError as error:
        yield Check("config", "failed", str(error))


def terminal_checks(settings: Settings, environment: Mapping[str, str]) -> Iterator[Check]:
    """What the screens look like here."""
    from ssmtrail.tui.launch import last_theme, terminal_refusal
    from ssmtrail.tui.signs import signs_for
    from ssmtrail.tui.themes import ANSI, theme_for

    if refusal := terminal_refusal():
        is_terminal = sys.stdin.isatty() and sys.stderr.isatty()
        yield Check("terminal", "failed" if is_terminal else "skipped", refusal)
        return
    size = shutil.get_terminal_size()
    small = (
        ""
        if size.columns >= _LEAST_SIZE[0] and size.lines >= _LEAST_SIZE[1]
        else "; the screens are made for 80x24 and more"
    )
    tmux = "; copying in tmux needs `set -g set-clipboard on`" if environment.get("TMUX") else ""
    yield Check("terminal", "ok", f"TERM={environment.get('TERM')}, {size.columns}x{size.lines}{small}{tmux}")
    theme = theme_for(environment, settings.theme or last_theme())
    if environment.get("NO_COLOR"):
        yield Check("colours", "ok", "none, since NO_COLOR is set")
    elif theme == ANSI.name and theme_for({"COLORTERM": "truecolor"}, settings.theme or last_theme()) != theme:
        yield Check("colours", "ok", "the terminal's own 16; where it has more, TERM=xterm-256color says so")
    else:
        yield Check("colours", "ok", f"theme {theme.removeprefix('ssmtrail-')}")
    is_ascii = signs_for(environment).ascii_only
    if settings.ascii is not None:
        yield Check("unicode", "ok", f"the configuration says ascii = {str(settings.ascii).lower()}")
    elif is_ascii:
        yield Check("unicode", "ok", "drawn with ASCII alone; a locale such as LANG=C.UTF-8 gives finer signs")
    else:
        yield Check("unicode", "ok", "the locale is UTF-8")


def store_checks(root: Path) -> Iterator[Check]:
    """Whether what is read can be kept; makes no folder."""
    try:
        require_private(root)
        there = next(each for each in (root, *root.parents) if each.exists())
        with tempfile.TemporaryFile(dir=there):
            free = shutil.disk_usage(there).free
    except StoreError as error:
        yield Check("store", "failed", str(error))
        return
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        yield Check("store", "failed", f"{root} cannot be written: {why}. SSMTRAIL_CACHE names another folder.")
        return
    yield Check("store", "ok", f"{root} can be written")
    if free >= _LEAST_FREE:
        yield Check("disk", "ok", f"{size_text(free)} free")
    else:
        yield Check("disk", "failed", f"{size_text(free)} free at {there}: SSMTRAIL_CACHE names another folder.")


def source_checks(choice: SourceChoice | None, cancelled: Event) -> Iterator[Check]:
    """The checks of a source, or of each of several. Raises Cancelled."""
    if choice is None:
        yield Check("source", "skipped", "none is named: --logs DIR, --history, --s3 URL or --athena DB.TABLE")
        return
    for each in choice.members:
        yield Check("source", "ok", source_text(words_of(each)))
        yield from source_checks(each, cancelled)
    if choice.members:
        return
    if choice.kind == "demo":
        yield Check("source", "ok", "the demo is made up; it needs no file and no network")
    elif choice.kind == "logs" and choice.path is not None:
        from ssmtrail.queries.sources.files.doctor import checks as of_folder

        yield from of_folder(choice.path, cancelled, follow_links=choice.follow_links)
    elif choice.s3 is not None:
        from ssmtrail.queries.sources.s3.doctor import checks as of_bucket

        yield from of_bucket(choice.s3.address, cancelled)
    elif choice.athena is not None:
        from ssmtrail.queries.sources.athena.doctor import checks as of_table

        table = choice.athena
        yield from of_table(table.address, dict(table.partitions), cancelled, deletes=table.delete_results)
    for address, parts in _asked(choice).items():
        from ssmtrail.queries.sources.history.doctor import checks as of_calls

        yield from of_calls(address, cache_root(), parts, cancelled)


def _asked(choice: SourceChoice) -> dict[HistoryAddress, list[Part]]:
    """What is asked for in every region, by whom."""
    wanted: dict[HistoryAddress, list[Part]] = {}
    if choice.history is not None:
        wanted[choice.history] = ["history", "sessions"]
    if choice.ends is not None:
        wanted.setdefault(choice.ends, []).append("sessions")
    if choice.names is not None:
        wanted.setdefault(choice.names, []).append("machines")
    return wanted
