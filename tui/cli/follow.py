"""`ssmtrail query --follow`: the rows of an answer, then each new row as it comes, until the command is ended."""

from __future__ import annotations

import shutil
import sys
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from ssmtrail.queries.errors import Cancelled, SourceError, StoreError, UsageError
from ssmtrail.queries.following import Follower
from ssmtrail.queries.model import Sort
from ssmtrail.queries.relations import FIELDS
from ssmtrail.tui.cli.console import Console, run_with_trail
from ssmtrail.tui.cli.query import columns_left, opened, read_new, warn_of_gaps
from ssmtrail.tui.formats import data, text
from ssmtrail.tui.formats.rows import Rows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from threading import Event

    from ssmtrail.queries.following import Look
    from ssmtrail.queries.model import Answer, Coverage, Row
    from ssmtrail.queries.times import Window
    from ssmtrail.queries.trail import Trail
    from ssmtrail.tui.cli.options import Options
    from ssmtrail.tui.cli.query import Order

#: The questions whose rows happen at a time.
_QUESTIONS: Final = ("sessions", "calls", "doors")
_FORMATS: Final = ("table", "jsonl", "csv")
#: Rows that are read at once.
_PAGE: Final = 20_000
#: A window that ended so long before the command began ends with its beginning: `12h`.
_NOW: Final = timedelta(minutes=1)
_OPPOSED: Final = ("output", "limit", "sort", "grid")


def follow(options: Options, order: Order, opener: Callable[[], Trail]) -> int:
    """Answer, then follow; gives the exit status. Raises UsageError."""
    question = order.question
    _check(options, order)
    window = _open(question.scope.window, moving=bool(options.view) or bool(question.scope.window.moving))
    order = replace(order, question=replace(question, scope=replace(question.scope, window=window), sort=(Sort("at"),)))
    console = Console(quiet=order.quiet)
    return run_with_trail(opener, lambda trail, cancelled: _Following(order, trail, console, cancelled).run(), console)


def _check(options: Options, order: Order) -> None:
    if order.question.name not in _QUESTIONS:
        raise UsageError(f"--follow is for {', '.join(_QUESTIONS[:-1])} and {_QUESTIONS[-1]} only.")
    if order.format not in _FORMATS:
        raise UsageError(f"--follow writes {', '.join(_FORMATS[:-1])} or {_FORMATS[-1]}, not {order.format}.")
    # The order of a saved view has no meaning here; one that is typed is a mistake.
    opposed = [name for name in _OPPOSED if getattr(options, name) and not (name == "sort" and options.view)]
    if opposed:
        raise UsageError(f"--follow and --{opposed[0]} do not go together.")
    if options.demo:
        raise UsageError("--follow is not for the demo: it never has more.")


def _open(window: Window, *, moving: bool) -> Window:
    """The window without its end, where that was the time at which the command began. Raises UsageError."""
    now = datetime.now(UTC)
    if window.end is None:
        return window
    if moving and window.end > now - _NOW:
        return replace(window, end=None)
    if window.end <= now:
        raise UsageError("--follow needs a window that is not over: leave out --to.")
    return window


@dataclass(slots=True)
class _Following:
    """One command."""

    order: Order
    trail: Trail
    console: Console
    cancelled: Event
    _seen: set[object] = field(default_factory=set)
    """Keys of the rows that are written."""
    _table: text.GrowingTable | None = None
    _said: set[str] = field(default_factory=set)
    """Sentences that are true still: each is said once."""

    def run(self) -> int:
        """Until cancelled. Raises Cancelled, SourceError, UsageError, StoreError."""
        coverage = read_new(self.order, self.trail, self.console, self.cancelled)
        warn_of_gaps(coverage, self.console)
        named = {each.file for each in coverage.unreadable}
        self._begin()
        self._write_new()
        follower = Follower(self.trail)
        paces = " and ".join(f"{pace:.0f} s" for pace in follower.paces)
        self.console.inform(f"follows {self.trail.source_label} every {paces}; ctrl+c ends")
        while True:
            follower.until_due(self.cancelled)
            if self._read(follower):
                self._write_new()
                named = self._warn(named, self.trail.coverage(self.order.question.scope.window))

    def _read(self, follower: Follower) -> bool:
        """Look, and read what is new; whether something was read."""
        try:
            look = follower.look(self.cancelled)
            self._say(look)
            if not look.only:
                return False
            done = self.trail.fetch(lambda _: None, self.cancelled, look.plan, early=False, only=look.only)
            if done.state == "cancelled":
                raise Cancelled
            follower.done(done)
        except (SourceError, StoreError) as error:
            follower.failed()
            self.console.warn(f"{error} Looks again in {follower.wait:.0f} s.")
            return False
        return True

    def _say(self, look: Look) -> None:
        for sentence in look.held:
            if sentence not in self._said:
                self.console.warn(f"{sentence}.")
        self._said = set(look.held)

    def _warn(self, named: set[str], coverage: Coverage) -> set[str]:
        """Name the files that cannot be read and were not named before; gives all of them."""
        for each in coverage.unreadable:
            if each.file not in named:
                self.console.warn(f"unreadable: {each.file}: {each.why}")
        return {each.file for each in coverage.unreadable}

    # What is written

    @property
    def _columns(self) -> tuple[str, ...]:
        return self.order.columns or FIELDS[self.order.question.name]

    def _begin(self) -> None:
        if self.order.format == "csv":
            with opened(None) as out:
                out.write(text.csv_lines([self._columns]))
        elif self.order.format == "table":
            width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
            self._table = text.GrowingTable(self._columns, width)

    def _write_new(self) -> None:
        answer = self.trail.ask(self.order.question, self.cancelled)
        try:
            for rows in self._new(answer):
                self._write(rows)
        finally:
            answer.close()

    def _new(self, answer: Answer) -> Iterator[tuple[Row, ...]]:
        """The rows that were not written yet, the earliest first."""
        for offset in range(0, answer.totals.rows, _PAGE):
            if self.cancelled.is_set():
                raise Cancelled
            keys = [key for (key,) in answer.page(offset, _PAGE, ("key",))]
            new = [place for place, key in enumerate(keys) if key not in self._seen]
            self._seen.update(keys)
            if new:  # one reading of all between them takes less time than one for each
                first = new[0]
                rows = answer.page(offset + first, new[-1] - first + 1, self._columns)
                yield tuple(rows[place - first] for place in new)

    def _write(self, new: tuple[Row, ...]) -> None:
        rows = Rows(self._columns, lambda: iter((new,)))
        with opened(None) as out:
            if self._table is not None:
                is_first = not self._table.shown
                self._table.write(new, out)
                left = len(self._columns) - len(self._table.shown)
                if is_first and left:
                    self.console.inform(columns_left(len(self._columns), left))
            elif self.order.format == "jsonl":
                data.write_lines(rows, out)
            else:
                text.write_csv_rows(rows, out)
