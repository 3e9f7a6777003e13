"""The command line: reads the options, runs the command, ends the process with its exit status."""

from __future__ import annotations

import gc
import os
import signal
import sys
import threading
import time
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final, NoReturn

from ssmtrail.queries.errors import FilterError, TrailError, UsageError
from ssmtrail.tui.cli.console import (
    BAD_USAGE,
    FAILED,
    INTERRUPTED,
    NO_THREAD,
    count_text,
    discard_stdout,
    is_thread_refusal,
    print_uncaught_errors,
    size_text,
)
from ssmtrail.widgets.text import cell_width, safe

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ssmtrail.queries.config import Settings
    from ssmtrail.queries.sources.history.address import HistoryAddress
    from ssmtrail.queries.store.folders import CacheEntry
    from ssmtrail.tui.choice import LaunchOptions, SourceChoice
    from ssmtrail.tui.cli.options import Options

#: Seconds that threads get to end by themselves.
_PATIENCE: Final = 0.3


def main() -> NoReturn:
    """Run `ssmtrail` and end the process with its exit status."""
    print_uncaught_errors()
    code = run(sys.argv[1:])
    with suppress(ValueError):  # not in the main thread
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # the answer is out; ending takes a third of a second at most
    leave_process(code)


def leave_process(code: int) -> NoReturn:
    """End the process with this exit status, even if threads are still running.

    A thread inside native code does not survive the interpreter's end: the process would abort with a core dump. If
    such a thread is left, the output is flushed and the process ends without the interpreter's shutdown.
    """
    gc.unfreeze()  # the engine's library reports frozen objects as leaks
    if _threads_end():
        sys.exit(code)
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()
    os._exit(code)


def _threads_end() -> bool:
    until = time.monotonic() + _PATIENCE
    others = [thread for thread in threading.enumerate() if thread is not threading.current_thread()]
    for thread in others:
        thread.join(max(0.0, until - time.monotonic()))
    return not any(thread.is_alive() for thread in others)


def run(words: list[str]) -> int:
    """Run `ssmtrail` with these words; the return value is the exit status."""
    from ssmtrail.tui.cli.commands import read_options

    options = read_options(words)
    if isinstance(options, int):
        return options
    try:
        return _run(options)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        discard_stdout()
        return 0
    except FilterError as error:
        _print_error(*_marked(options.where, error))
        return BAD_USAGE
    except UsageError as error:
        _print_error(str(error))
        return BAD_USAGE
    except TrailError as error:
        _print_error(str(error))
        return FAILED
    except RuntimeError as error:
        if not is_thread_refusal(error):
            raise
        _print_error(NO_THREAD)
        return FAILED


def _run(options: Options) -> int:
    from ssmtrail.queries.config import Settings
    from ssmtrail.tui.choice import LaunchOptions, SourceChoice

    command = options.command
    if command is None:
        return _open_app(SourceChoice(), LaunchOptions(Settings.load()))
    if command.startswith("cache "):
        return _cache(command, options.older_than)
    settings = _settings(options)
    if command in {"demo", "logs", "athena", "history"}:
        return _open_app(_source(options, settings), _launch_options(options, settings))
    if command == "ends":
        from ssmtrail.tui.cli.ends import keep_ends

        return keep_ends(_history_address(options), quiet=options.quiet)
    if command == "now":
        from ssmtrail.tui.choice import SourceChoice
        from ssmtrail.tui.cli.now import print_now

        choice = SourceChoice("history", history=_history_address(options))
        return print_now(choice, settings, options.format or "table", quiet=options.quiet)
    if command.startswith(("integrity", "evidence")):
        return _proof(command, options, settings)
    if command == "query":
        from ssmtrail.tui.cli.query import query

        return query(options, settings, _source(options, settings))
    if command == "check":
        from ssmtrail.tui.cli.check import check

        return check(options, settings, _source(options, settings))
    from ssmtrail.tui.cli import athena

    commands = {
        "sql": athena.print_sql, "verify": athena.verify, "athena doctor": athena.doctor, "athena ddl": athena.print_ddl
    }  # fmt: skip
    return commands[command](options, settings)


def _proof(command: str, options: Options, settings: Settings) -> int:
    """Run one of the commands that prove something."""
    from ssmtrail.tui.cli import evidence, integrity

    if command == "integrity":
        return integrity.integrity(options, _history_address(options))
    if command == "integrity keys":
        return integrity.keys(options, _history_address(options))
    if command == "evidence verify":
        return evidence.verify(options)
    return evidence.evidence(options, settings, _source(options, settings))


def _open_app(choice: SourceChoice, options: LaunchOptions) -> int:
    if choice.athena is not None or choice.history is not None or choice.ends is not None:
        from ssmtrail.tui.open_trail import prove

        prove(choice)
    from ssmtrail.tui.launch import run as launch

    return launch(choice, options)


def _launch_options(options: Options, settings: Settings) -> LaunchOptions:
    from ssmtrail.queries.filters import Filter
    from ssmtrail.queries.times import Window
    from ssmtrail.tui.choice import LaunchOptions

    bounded = options.start or options.end
    window = Window.parse(options.start, options.end, datetime.now(UTC)) if bounded else None
    return LaunchOptions(settings, window, Filter(options.where))


def _settings(options: Options) -> Settings:
    """The configuration, with `--tz`, `--inventory` and `--policy` in place of its values."""
    from ssmtrail.queries.config import Settings
    from ssmtrail.queries.times import zone_name

    settings = Settings.load()
    if options.tz:
        settings = replace(settings, zone=zone_name(options.tz))
    if options.policy:
        settings = replace(settings, policy=options.policy)
    return replace(settings, inventory=options.inventory) if options.inventory else settings


#: Options that mean something for Athena only.
_ATHENA_OPTIONS: Final = (
    "profile", "region", "workgroup", "catalog", "results", "partition", "max_price", "reuse_minutes", "recheck",
    "renew", "yes",
)  # fmt: skip


def _source(options: Options, settings: Settings) -> SourceChoice:
    """The source that the options name. Raises UsageError."""
    from ssmtrail.tui.choice import SourceChoice
    from ssmtrail.tui.cli.options import athena_choice

    is_demo = options.command == "demo" or options.demo
    is_athena = options.command == "athena" or options.athena is not None
    if options.command == "history" or options.history:
        return _history_source(options)
    if options.command in {"query", "check", "evidence"} and not is_demo and not is_athena and options.logs is None:
        if settings.athena.table is None:
            raise UsageError("Name a source: --logs DIR, --history, --athena DB.TABLE, or --demo.")
        is_athena = True
    if options.demo_end is not None and not is_demo:
        raise UsageError("--demo-end is for the demo only.")
    if is_athena:
        _refuse_options(options, _LOGS_OPTIONS, "--logs")
        choice = athena_choice(options, settings)
        return SourceChoice("athena", athena=choice, ends=_ends_address(options, choice.address.profile))
    if is_demo:
        _refuse_options(options, (*_LOGS_OPTIONS, "ends"), "--logs")
    ends = _ends_address(options, options.profile, options.region)
    _refuse_options(options, [name for name in _ATHENA_OPTIONS if not (ends and name in _COMMON_OPTIONS)], "--athena")
    _refuse_options(options, [name for name in _HISTORY_OPTIONS if not ends or name == "run_command"], "--history")
    if is_demo:
        return SourceChoice("demo", None, options.demo_end)
    return SourceChoice("logs", options.logs, ends=ends, follow_links=options.follow_links, reread=options.reread)


#: Options that mean something for a folder of files only.
_LOGS_OPTIONS: Final = ("follow_links", "reread")
#: Options of Athena that event history has too, and its own.
_COMMON_OPTIONS: Final = ("profile", "region")
_HISTORY_OPTIONS: Final = ("role_arn", "organisation_role", "run_command")


def _refuse_options(options: Options, names: Iterable[str], only: str) -> None:
    """Raises UsageError where an option is given that means something for another source only."""
    for name in names:
        if getattr(options, name) not in (None, False, ()):
            raise UsageError(f"--{name.replace('_', '-')} is for {only} only.")


def _history_source(options: Options) -> SourceChoice:
    from ssmtrail.tui.choice import SourceChoice

    _refuse_options(options, _LOGS_OPTIONS, "--logs")
    _refuse_options(options, [name for name in _ATHENA_OPTIONS if name not in _COMMON_OPTIONS], "--athena")
    return SourceChoice("history", history=_history_address(options))


def _ends_address(options: Options, profile: str | None, region: str | None = None) -> HistoryAddress | None:
    """Whom Session Manager is asked about for true ends; None where it is not. Raises UsageError."""
    return _history_address(replace(options, profile=profile, region=region)) if options.ends else None


def _history_address(options: Options) -> HistoryAddress:
    """Whose event history the options name. Raises UsageError."""
    from ssmtrail.queries.sources.history.address import HistoryAddress

    profiles, regions = (
        tuple(each.strip() for each in (text or "").split(",") if each.strip())
        for text in (options.profile, options.region)
    )
    address = HistoryAddress(
        profiles, () if regions == ("all",) else regions, options.role_arn, options.organisation_role,
        options.run_command,
    )  # fmt: skip
    return address.checked()


def _cache(command: str, older_than: int | None) -> int:
    """Run `cache path`, `cache info` or `cache purge`; `older_than` is in days."""
    from ssmtrail.queries.config import cache_root

    root = cache_root()
    if command == "cache path":
        _print_line(str(root))
        return 0
    from ssmtrail.queries.store.folders import cache_entries, purge_cache
    from ssmtrail.queries.times import utc_text

    if command == "cache info":
        entries = cache_entries(root)
        _print_line(f"{root}: {_sum_text(entries)}")
        for entry in entries:
            used = utc_text(entry.used_at.replace(microsecond=0))
            _print_line(f"  {size_text(entry.bytes):>9}  used {used}  {entry.source}")
    else:
        age = None if older_than is None else timedelta(older_than)
        _print_line(f"removed {_sum_text(purge_cache(root, datetime.now(UTC), age))}")
    return 0


def _sum_text(entries: Iterable[CacheEntry]) -> str:
    found = tuple(entries)
    return f"{count_text(len(found), 'source')}, {size_text(sum(entry.bytes for entry in found))}"


def _print_line(text: str) -> None:
    # UTF-8 in every locale, as all data.
    sys.stdout.buffer.write(f"{safe(text)}\n".encode())
    sys.stdout.buffer.flush()


def _marked(text: str, error: FilterError) -> tuple[str, ...]:
    """The sentence, the filter, and marks under the wrong part."""
    before, wrong = text[: error.position], text[error.position : error.position + error.length]
    marks = " " * cell_width(safe(before)) + "^" * max(1, cell_width(safe(wrong)))
    return str(error), f"  {safe(text)}", f"  {marks}"


def _print_error(sentence: str, *lines: str) -> None:
    print(f"ssmtrail: {safe(sentence)}", *lines, sep="\n", file=sys.stderr)
