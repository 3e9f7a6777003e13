"""A bucket over its dataset: what a window needs of it and costs, and which of its days are read."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, ClassVar, Final, Literal

from ssmtrail.queries.errors import UsageError
from ssmtrail.queries.ingest.coverage import coverage_of, tally_of
from ssmtrail.queries.ingest.s3_reading import S3Reading, is_lost, span_name
from ssmtrail.queries.model import Coverage, DayCoverage, Plan, Unreadable
from ssmtrail.queries.sources.s3.listing import Listed, Walk
from ssmtrail.queries.store.segments import spans_of
from ssmtrail.queries.store.spans import SECOND, covered_by_all, gaps, is_within
from ssmtrail.queries.times import each_day, midnight

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from duckdb import DuckDBPyConnection

    from ssmtrail.queries.errors import TrailError
    from ssmtrail.queries.ingest.coverage import Tally
    from ssmtrail.queries.ingest.publishing import Work
    from ssmtrail.queries.model import Progress
    from ssmtrail.queries.sources.history.walks import Cell
    from ssmtrail.queries.sources.s3.source import S3Source
    from ssmtrail.queries.store.dataset import Dataset
    from ssmtrail.queries.store.spans import Span, Stretch
    from ssmtrail.queries.times import Window

_DAY: Final = timedelta(days=1)
#: Objects a second, before a reading has measured it.
_RATE: Final = 500.0
#: Bytes that leave AWS for nothing each month, over all services. Source: "Amazon EC2 On-Demand Pricing".
_FREE: Final = 100 * 10**9
NOT_READ: Final = "not read yet"
#: Of a coverage's `files`, which are objects here.
UNIT: Final = "object"


@dataclass(slots=True)
class S3State:
    """What is known of a bucket between two fetches; screens read it while a fetch runs."""

    spans: tuple[Span, ...] = ()
    tally: Tally | None = None
    refused: dict[Cell, TrailError] = field(default_factory=dict)
    """Accounts and regions that cannot be listed."""
    failed: dict[date, tuple[Literal["failed", "missing"], str]] = field(default_factory=dict)
    """Days of which objects cannot be read, and why."""


@dataclass(slots=True)
class S3Intake:
    """Plans and reads the objects of a bucket."""

    patience: ClassVar[float] = 1.0

    source: S3Source
    dataset: Dataset
    scratch_parent: Path
    engine: Callable[[], DuckDBPyConnection]
    """The engine that answers, for joining."""
    now: Callable[[], datetime]
    """The clock, zone-aware UTC."""
    look_around_days: int = 1
    _state: S3State | None = None
    _listing: tuple[datetime, tuple[Listed, ...]] | None = None
    """When the newest plan was made, and what it found."""
    _spent: float = 0.0
    """Dollars of this run: for listing, and for reading."""

    @property
    def state(self) -> S3State:
        """From the manifests at first."""
        if self._state is None:
            segments = self.dataset.segments()
            spans = () if is_lost(self.dataset, segments) else spans_of(segments)
            self._state = S3State(spans, tally_of(segments))
        return self._state

    def fetch(self, work: Work, agreed: Plan | None) -> Progress:
        """Read the agreed days; without an agreement nothing. Raises SourceError, StoreError."""
        found: tuple[Listed, ...] = ()
        if agreed is not None and agreed.refusal:
            raise UsageError(f"Nothing was read: {agreed.refusal}.")
        if agreed is not None and agreed.days:
            if self._listing is None or self._listing[0] != agreed.made_at:
                walks = self._walks(
                    midnight(agreed.days[0], UTC), midnight(agreed.days[-1], UTC) + _DAY, work.cancelled
                )
                listings, requests = self.source.objects(walks, self._asked_at, work.cancelled)
                found = tuple(listings)
                self._spent += requests * self.source.terms.list
            else:
                found = self._listing[1]
        self._listing = None
        done = S3Reading(
            self.source, self.dataset, self.scratch_parent, self.engine, self.now, work, self.state, found
        ).run()
        self._spent += done.price
        self.source.reread = False
        return done

    def plan(
        self, window: Window, cancelled: threading.Event, *, refresh: bool, again: int = 0, renew: bool = False,
        report: Callable[[Progress], None] = lambda _: None,
    ) -> Plan:  # fmt: skip
        """List what a window needs and is not kept; the objects are not read yet.

        `refresh` lists open days again at any age of their copy. Raises SourceError, UsageError (a window without a
        beginning), Cancelled.
        """
        del again, renew, report  # an object never changes
        around = window.look_around(self.look_around_days)
        if around.start is None:
            raise UsageError("A bucket is read by days: name a beginning with --from.")
        made = self.now()
        start, end = midnight(around.start.date(), UTC), min(made, _whole_days(around.end) if around.end else made)
        walks = self._walks(start, end, cancelled, refresh=refresh)
        listings, requests = self.source.objects(walks, self._asked_at, cancelled)
        self._listing = made, tuple(listings)
        days = tuple(sorted({day for walk in walks for day in walk.days}))
        needed = len(list(each_day(start.date(), (end - SECOND).date()))) if start < end else 0
        plan = self._priced(Plan(made, days, needed - len(days), requests=requests, how="listed"), listings)
        self._spent += requests * self.source.terms.list
        return plan

    @property
    def _asked_at(self) -> datetime:
        return self.now().replace(microsecond=0)

    def _walks(self, start: datetime, end: datetime, cancelled: threading.Event, *, refresh: bool = True) -> list[Walk]:
        """What of a stretch is not kept for good, of all places; unless `refresh` a young copy is good enough.

        All of it where the source is to be read again.
        """
        kept: dict[tuple[Cell, str], list[Span]] = defaultdict(list)
        for span in () if self.source.reread else self.state.spans:
            kept[(span.account, span.region), span.name].append(span)
        since = self.now() - timedelta(minutes=self.source.terms.open_minutes)
        last = min(end - SECOND, self.now()).replace(microsecond=0)
        return [
            Walk(place, first, until)
            for place in self.source.places(cancelled)
            for spans in [kept[place.cell, span_name(place)]]
            for first, until in gaps((start, last), spans)
            if refresh or not any(_is_young(each, first, since) for each in spans)
        ]

    def _priced(self, plan: Plan, listings: Sequence[Listed]) -> Plan:
        terms, state = self.source.terms, self.state
        known = {path for segment in self.dataset.segments() for path in segment.files.paths}
        new = [each for found in listings for each in found.objects if each.path not in known]
        size = sum(each.size for each in new)
        requests = plan.requests + len(new)
        price = plan.requests * terms.list + len(new) * terms.get + size * terms.transfer
        state.refused = {found.walk.place.cell: found.error for found in listings if found.error}
        return replace(
            plan, objects=len(new), requests=requests, bytes=size, price=price, ask_first=price > terms.ask_above,
            refusal=self._refusal(price),
            seconds=len(new) / self._rate if new else 0.0, warnings=tuple(self._warnings(listings, size)),
        )  # fmt: skip

    def _warnings(self, listings: Sequence[Listed], size: int) -> Iterator[str]:
        archived = [each for found in listings for each in found.archived]
        if archived:
            objects = "1 object lies" if len(archived) == 1 else f"{len(archived):,} objects lie"
            yield f"{objects} in Glacier and is not read: restore it first."
        if size > _FREE // 100:
            scan, moved = size * self.source.terms.scan, size * self.source.terms.transfer
            yield (
                f"Up to ${moved:,.2f} of the price is transfer out of AWS: nothing in the bucket's region, nor within "
                f"the 100 GB that are free each month. Athena pays the same requests, and ${scan:,.2f} for its scan."
            )

    def _refusal(self, price: float) -> str:
        """Why a price cannot be agreed to."""
        most = self.source.terms.max_price
        return (
            "" if most is None or price + self._spent <= most else f"more than --max-price allows, ${most:,.2f} a run"
        )

    @property
    def _rate(self) -> float:
        """Objects a second, as last measured."""
        try:
            return max(1.0, float((self.dataset.folder / "rate").read_text()))
        except (OSError, ValueError):
            return _RATE

    def coverage(self, window: Window) -> Coverage:
        """The days of a window: from the files that are kept, and from which stretches are read to the end."""
        state, now = self.state, self.now()
        tally = state.tally or tally_of(self.dataset.segments())
        walks = self._kept_walks()
        read, final = covered_by_all(walks, state.spans), covered_by_all(walks, state.spans, final=True)
        known = sorted({*tally.files, *(start.date() for start, _ in read)})
        first = window.start.date() if window.start else (known[0] if known else None)
        last = (window.end - timedelta(microseconds=1)).date() if window.end else now.date()
        found = coverage_of(tally, window, now, self.dataset.looked_at)
        files = {day.day: day for day in found.days}
        days = tuple(
            self._day(files.get(day, DayCoverage(day, "missing")), read, final) for day in each_day(first, last)
        ) if first and first <= last else ()  # fmt: skip
        refused = tuple(Unreadable("/".join(cell), str(why)) for cell, why in sorted(state.refused.items()))
        return replace(found, days=days, unreadable=(*refused, *found.unreadable), unit=UNIT)

    def _kept_walks(self) -> list[tuple[str, str, str]]:
        """The spans' names of all places; of those that are kept before the bucket was looked at."""
        if self.source.known_places:
            return [(*place.cell, span_name(place)) for place in self.source.known_places]
        return sorted({(span.account, span.region, span.name) for span in self.state.spans})

    def _day(self, day: DayCoverage, read: Sequence[Stretch], final: Sequence[Stretch]) -> DayCoverage:
        begin = midnight(day.day, UTC)
        end = begin + _DAY - SECOND
        if day.state in ("arriving", "failed"):
            return day
        if day.day in self.state.failed:
            state, why = self.state.failed[day.day]
            return replace(day, state=state, why=why)
        if is_within(begin, end, final):
            return replace(day, state="kept")
        if any(start <= begin <= last for start, last in read) or begin > self.now() - _DAY:
            return replace(day, state="open")
        return replace(day, state="failed" if self.state.refused else "missing", why=NOT_READ)

    def covers(self, moment: datetime) -> bool:
        """Whether all accounts and regions were read at a moment, after it."""
        at = moment.astimezone(UTC)
        return is_within(at, at, covered_by_all(self._kept_walks(), self.state.spans))


def _is_young(span: Span, first: datetime, since: datetime) -> bool:
    """Whether what is to be read from `first` on was read, not for good, after `since`."""
    return span.final < span.end and span.final + SECOND == first and span.asked_at > since


def _whole_days(end: datetime) -> datetime:
    """The end of the last day of which an end is a part."""
    day = midnight(end.astimezone(UTC).date(), UTC)
    return day if day == end else day + _DAY
