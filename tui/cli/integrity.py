"""`ssmtrail integrity`: log files held against CloudTrail's digests; and the keys for a machine without a network."""

from __future__ import annotations

import json
import shutil
import sys
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final, get_args

from ssmtrail.queries.config import cache_root
from ssmtrail.queries.errors import StoreError, TrailError, UsageError
from ssmtrail.queries.integrity.chains import REASONS, Integrity
from ssmtrail.queries.integrity.folder import Folder
from ssmtrail.queries.integrity.keeping import keep_check
from ssmtrail.queries.integrity.keys import Keys, keys_from, read_keys
from ssmtrail.queries.integrity.rows import DAY_FIELDS, FILE_FIELDS, day_row, file_row
from ssmtrail.queries.integrity.verify import digests_of, verified
from ssmtrail.queries.plurals import count_text
from ssmtrail.queries.sources.files.source import identity_of, label_of
from ssmtrail.queries.store.atomic import make_private_folder, scratch_folder
from ssmtrail.queries.store.dataset import Dataset
from ssmtrail.queries.times import Window
from ssmtrail.tui.cli.agreement import check_agreed
from ssmtrail.tui.cli.console import (
    ANSWERED,
    CHECK_FAILED,
    FAILED,
    INCOMPLETE,
    Console,
    run_interruptible,
    size_text,
)
from ssmtrail.tui.cli.query import opened
from ssmtrail.tui.formats import write_rows
from ssmtrail.tui.formats.rows import Rows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from threading import Event

    from ssmtrail.queries.config import Settings
    from ssmtrail.queries.integrity.digests import Digest
    from ssmtrail.queries.integrity.verify import Files, Report
    from ssmtrail.queries.sources.history.address import HistoryAddress
    from ssmtrail.queries.sources.history.aws import Account
    from ssmtrail.tui.cli.options import Options

#: Files that are named on standard error; the rest is counted.
_NAMED: Final = 20
#: What of a bucket is verified where no time is named, as it is read.
_MONTH: Final = "30d"
_RANK: Final = {each: number for number, each in enumerate(get_args(Integrity))}


@dataclass(frozen=True, slots=True)
class _Checked:
    """What is verified."""

    files: Files
    account: Callable[[], Account]
    """Who asks AWS for keys."""
    dataset: Callable[[], Dataset]
    """Where the result is kept. Raises StoreError."""
    agree: Callable[[Sequence[str]], None] = lambda _: None
    """Says what reading these files costs. Raises UsageError where that is not agreed to."""


def integrity(options: Options, address: HistoryAddress, settings: Settings) -> int:
    """Verify a folder or a bucket; gives the exit status. Raises UsageError."""
    is_bucket = options.s3 is not None or options.trail is not None
    window = Window.parse(options.start or (_MONTH if is_bucket else None), options.end, datetime.now(UTC))
    given = read_keys(options.keys) if options.keys else None
    console = Console(quiet=options.quiet)
    chosen = partial(_bucket, options, settings, console) if is_bucket else partial(_checked, _folder(options), address)

    def work(cancelled: Event) -> int:
        def keys_for(digests: Sequence[Digest]) -> Keys:
            if given is not None or not digests:
                return Keys() if given is None else given
            return _asked(checked.account, digests, console, cancelled)

        with chosen() as checked:
            report = verified(checked.files, keys_for, window, cancelled, console.count, checked.agree)
            console.clear()
            _write(options, report, console)
            _summarise(report, console)
            keep(checked.dataset, report, window, console)
        return status_of(report)

    return run_interruptible(work, console)


@contextmanager
def _checked(root: Path, address: HistoryAddress) -> Iterator[_Checked]:
    yield _Checked(Folder(root), partial(_account, address), partial(dataset_of_folder, root))


@contextmanager
def _bucket(options: Options, settings: Settings, console: Console) -> Iterator[_Checked]:
    """The bucket that the options name. Raises UsageError, SourceError, StoreError."""
    from ssmtrail.queries.integrity.bucket import BucketFiles
    from ssmtrail.queries.opening import bucket_source
    from ssmtrail.tui.cli.sources import s3_choice
    from ssmtrail.tui.open_trail import terms_of

    choice = s3_choice(options, settings)
    source = bucket_source(choice.address, terms_of(choice), may_ask=False)
    with scratch_folder(make_private_folder(cache_root() / "scratch")) as scratch:
        files = BucketFiles(source, scratch, datetime.now(UTC))
        yield _Checked(
            files, lambda: source.account, lambda: Dataset.of(cache_root(), source.identity, source.label),
            lambda paths: check_agreed(files.plan(paths), choice, console),
        )  # fmt: skip


def keys(options: Options, address: HistoryAddress) -> int:
    """Fetch keys and print them; gives the exit status. Raises UsageError."""
    window = Window.parse(options.start, options.end, datetime.now(UTC))
    root = None if options.logs is None else _folder(options)
    if root is None and (window.start is None or window.end is None or not address.regions):
        raise UsageError("Name the folder with --logs, or the time and the regions: --from, --to, --region.")
    console = Console(quiet=options.quiet)

    def work(cancelled: Event) -> int:
        from ssmtrail.queries.integrity.fetching import fetched, fetched_for

        warnings: list[str] = []
        now = datetime.now(UTC)
        digests = [] if root is None else digests_of(Folder(root), window, cancelled)
        if root is not None and not digests:
            raise UsageError(f"There are no digests of this time in {root}.")
        account = _account(address)
        if root is not None:
            found = fetched(account, digests, now, cancelled, warnings)
        else:
            assert window.start is not None
            assert window.end is not None
            found = fetched_for(account, address.regions, window.start, window.end, now, cancelled, warnings)
        with opened(options.output_file) as out:
            out.write(json.dumps(found, indent=1).encode() + b"\n")
        for warning in warnings:
            console.warn(warning)
        console.inform(f"{count_text(len(found['keys']), 'key')}, {count_text(len(found['signatures']), 'signature')}")
        if not warnings:
            return ANSWERED
        return INCOMPLETE if found["keys"] else FAILED

    return run_interruptible(work, console)


def _folder(options: Options) -> Path:
    if options.logs is None:
        raise UsageError("Name the folder or the bucket: --logs DIR, --s3 URL. Digests prove files, and nothing else.")
    return Path(options.logs).resolve()


def _account(address: HistoryAddress) -> Account:
    from ssmtrail.queries.sources.history.aws import accounts_by_profile

    return accounts_by_profile(address, may_ask=False)[0]


def _asked(
    account: Callable[[], Account], digests: Sequence[Digest], console: Console, cancelled: Event
) -> Keys:  # fmt: skip
    """Keys and signatures from AWS; none, with a warning, where it cannot be asked."""
    from ssmtrail.queries.integrity.fetching import fetched

    warnings: list[str] = []
    try:
        document = fetched(account(), digests, datetime.now(UTC), cancelled, warnings)
    except TrailError as error:
        console.warn(f"no keys: {error} Fetch them where AWS can be reached: ssmtrail integrity keys.")
        return Keys()
    for warning in warnings:
        console.warn(warning)
    return keys_from(document, "AWS")


def dataset_of_folder(folder: Path) -> Dataset:
    """What is kept of a folder. Raises StoreError."""
    return Dataset.of(cache_root(), identity_of(folder), label_of(folder))


def keep(dataset: Callable[[], Dataset], report: Report, window: Window, console: Console) -> None:
    """Keep what was found beside what is read of the same source, so that answers say it."""
    try:
        keep_check(dataset(), report, window, datetime.now(UTC))
    except StoreError as error:
        console.warn(f"the result is not kept: {error}")
        return
    console.inform("kept: sessions read from these files have it in the field integrity")


def status_of(report: Report) -> int:
    """5 for what was changed, removed or added, 4 for what is not proved; 4 wins where a file could not be read."""
    if report.unread:
        return INCOMPLETE
    if report.failed:
        return CHECK_FAILED
    return ANSWERED if report.proved else INCOMPLETE


def _write(options: Options, report: Report, console: Console) -> None:
    rows = [file_row(item) for item in report.items] if options.files else [day_row(row) for row in report.days]
    columns = FILE_FIELDS if options.files else DAY_FIELDS
    output = options.output_file
    width = shutil.get_terminal_size().columns if output is None and sys.stdout.isatty() else None
    with opened(output) as out:
        left = write_rows(options.format or "table", Rows(columns, lambda: iter([tuple(rows)])), out, width)
    if left:
        console.inform(f"{len(left)} of {len(columns)} columns do not fit; --format csv or a pipe has all of them")


def _summarise(report: Report, console: Console) -> None:
    bad = [item for item in report.items if item.integrity not in {"proved", "unproved"}]
    bad.sort(key=lambda item: _RANK[item.integrity])
    for item in bad[:_NAMED]:
        console.warn(f"{item.integrity}: {item.file}: {item.detail or REASONS[item.why]}")
    if len(bad) > _NAMED:
        console.warn(f"and {count_text(len(bad) - _NAMED, 'file')} more; --files lists them")
    unproved = Counter((item.why, item.kind) for item in report.items if item.integrity == "unproved")
    for (why, kind), number in sorted(unproved.items()):
        noun = "log file" if kind == "log" else kind
        console.warn(f"unproved: {count_text(number, noun)}: {REASONS[why]}")
    for row in [row for row in report.days if row.uncovered][:_NAMED]:
        console.warn(f"unproved: {row.day} {row.account} {row.region}: no proved digest for {row.uncovered}")
    for folder in report.locked:
        console.warn(f"not read: {folder}")
    totals = {
        word: sum(getattr(row, word) for row in report.days)
        for word in ("proved", "changed", "missing", "unsigned", "unproved")
    }
    words = ", ".join(f"{number:,} {word}" for word, number in totals.items() if number) or "none"
    whole = sum(row.integrity == "proved" for row in report.days)
    console.inform(
        f"{whole:,} of {count_text(len(report.days), 'day')} whole, by account and region · log files: {words} · "
        f"{size_text(report.bytes)} read · keys: {report.keys or 'none'}"
    )
    if report.days and report.proved:
        console.inform("proved: unchanged and complete since delivery. It does not prove that every call was recorded.")
