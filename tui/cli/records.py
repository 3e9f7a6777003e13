"""`ssmtrail query records`: the raw records behind an answer, as JSON lines or one array."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from ssmtrail.queries.errors import UsageError
from ssmtrail.queries.filters import Filter
from ssmtrail.queries.model import RECORDED, Question
from ssmtrail.queries.plurals import count_text
from ssmtrail.tui.cli.console import ANSWERED, INCOMPLETE, Console, run_with_trail
from ssmtrail.tui.cli.query import Order, need_policy, opened, read_source, scope_of, warn_of_gaps

if TYPE_CHECKING:
    from threading import Event
    from typing import BinaryIO

    from ssmtrail.queries.config import Settings
    from ssmtrail.queries.model import Recorded
    from ssmtrail.queries.records import RawRecord
    from ssmtrail.queries.trail import Trail
    from ssmtrail.tui.choice import SourceChoice
    from ssmtrail.tui.cli.options import Options


def query_records(options: Options, settings: Settings, choice: SourceChoice) -> int:
    """Write the records; gives the exit status. Raises UsageError, FilterError, TrailError."""
    from ssmtrail.tui.open_trail import open_trail

    question = _checked(options, settings)
    order = Order(
        Question(question, scope_of(options, (question,), pays=choice.pays)), settings, options.format or "jsonl",
        options.output_file, options.limit, allow_incomplete=options.allow_incomplete, quiet=options.quiet,
        priced=choice.priced, renew=options.renew,
    )  # fmt: skip
    console = Console(quiet=options.quiet)

    def work(trail: Trail, cancelled: Event) -> int:
        coverage = read_source(order, trail, console, cancelled)
        _write(order, question, trail, console, cancelled)
        complete = warn_of_gaps(coverage, console)
        return ANSWERED if complete or order.allow_incomplete else INCOMPLETE

    return run_with_trail(lambda: open_trail(choice, settings), work, console)


def _checked(options: Options, settings: Settings) -> Recorded:
    """The question whose records are asked for. Raises UsageError."""
    if options.of is None:
        raise UsageError(f"Name the question whose records are asked for: --of {', '.join(RECORDED)}.")
    if options.format not in {None, "json", "jsonl"}:
        raise UsageError(f"Records are jsonl or json, not {options.format}.")
    given = (options.sort, options.measure, options.unit, options.at, options.grid, options.columns)
    if any(given):
        raise UsageError(
            "Records are whole, in the order of time: --sort, --measure, --unit, --at, --grid and --columns are not "
            "for them."
        )
    need_policy(settings, Filter(options.where))
    return options.of


class _Writer:
    """Writes records as lines, or as one array."""

    def __init__(self, out: BinaryIO, limit: int | None, *, is_array: bool) -> None:
        self._out = out
        self._limit = limit
        self._is_array = is_array
        self.written = 0
        self.counts: Counter[str] = Counter()

    def take(self, record: RawRecord) -> None:
        self.counts["all"] += 1
        if self._limit is not None and self.written >= self._limit:
            return
        before = ("[" if not self.written else ",\n") if self._is_array else ""
        after = "" if self._is_array else "\n"
        self._out.write(f"{before}{record.text}{after}".encode("utf-8", "replace"))
        self.written += 1
        self.counts["columns"] += record.source == "columns"
        self.counts["redacted"] += bool(record.redacted)

    def end(self) -> None:
        if self._is_array:
            self._out.write(b"]\n" if self.written else b"[]\n")


def _write(order: Order, question: Recorded, trail: Trail, console: Console, cancelled: Event) -> None:
    with opened(order.output) as out:
        writer = _Writer(out, order.limit, is_array=order.format == "json")
        trail.each_record(question, order.question.scope, cancelled, writer.take)
        writer.end()
    console.inform(f"{count_text(writer.written, 'record')} of {question}")
    if writer.counts["all"] > writer.written:
        console.warn(f"{writer.written:,} of {writer.counts['all']:,} records, as --limit asked.")
    if number := writer.counts["columns"]:
        console.warn(f"of {count_text(number, 'record')} only the columns of a table are known")
    if number := writer.counts["redacted"]:
        console.warn(f"in {count_text(number, 'record')} secrets are replaced by their length")
