"""Walks through CloudTrail's event history: all calls of one name in a stretch of time, the newest first."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from ssmtrail.queries.errors import Cancelled, StoreError
from ssmtrail.queries.sources.history.aws import AwsError
from ssmtrail.queries.store.spans import SECOND, Span

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from ssmtrail.queries.sources.history.aws import Account
    from ssmtrail.queries.sources.history.rate import TokenBucket

#: Events a page, the most that AWS gives. Source: "LookupEvents", CloudTrail API Reference.
PAGE: Final = 50
#: The name of a walk for the call that issued an access key begins so.
KEY: Final = "key "
#: The name of a walk for what happened to one machine begins so.
MACHINE: Final = "machine "
#: Pages of one machine at a time: controllers that tag it again and again would make it many. The next fetch goes on.
_MOST_PAGES: Final = 4
#: Calls to the global endpoint of STS are recorded there.
GLOBAL_REGION: Final = "us-east-1"
#: Tries of a request that AWS throttles; every wait is longer, up to the longest.
_TRIES: Final = 12
_LONGEST_WAIT: Final = 8.0
#: Regions of one account are read at once; of many accounts so many regions.
_MOST_THREADS: Final = 64
_PAUSE: Final = 0.1
#: Seconds that threads get to end after a cancel.
_PATIENCE: Final = 0.5
#: Errors after which a walk goes on with the oldest second that it has.
_LOST_TOKEN: Final = frozenset({"InvalidNextTokenException", "InvalidNextToken"})

Cell: TypeAlias = tuple[str, str]
"""Account and region."""


@dataclass(frozen=True, slots=True)
class Walk:
    """What is asked for."""

    account: str
    region: str
    name: str
    """An event name, `key ASIA...`, or `machine i-...`."""
    start: datetime
    end: datetime
    """UTC whole seconds, both included."""
    elsewhere: tuple[str, ...] = ()
    """Regions of the account that are asked, one after the other, where this one has no call."""

    @property
    def cell(self) -> Cell:
        """Account and region."""
        return self.account, self.region


@dataclass(frozen=True, slots=True)
class Page:
    """Events, each the JSON text of its record, and the span that is complete with them; None where none is."""

    walk: Walk
    records: tuple[str, ...]
    span: Span | None
    is_last: bool = False


@dataclass(frozen=True, slots=True)
class Refused:
    """A region whose walks ended too early."""

    cell: Cell
    error: AwsError | StoreError


@dataclass(slots=True)
class _Course:
    """One walk under way."""

    walk: Walk
    asked_at: datetime
    at: datetime
    """The oldest second that it has reached."""
    end: datetime
    """Of the requests that the token belongs to."""
    token: str | None = None
    is_over: bool = False
    pages: int = 0

    @property
    def request(self) -> dict[str, Any]:
        """The next request. A token goes with the very parameters that it was given for."""
        name = self.walk.name
        of_resource = name.startswith((KEY, MACHINE))
        value = name.removeprefix(KEY).removeprefix(MACHINE) if of_resource else name
        attribute = {"AttributeKey": "ResourceName" if of_resource else "EventName", "AttributeValue": value}
        given = {"StartTime": self.walk.start, "EndTime": self.end, "MaxResults": PAGE}
        return {"LookupAttributes": [attribute], **given, **({"NextToken": self.token} if self.token else {})}

    def take(self, answer: Mapping[str, Any]) -> Page:
        """The page of an answer; of its oldest second more may come."""
        events = answer.get("Events", ())
        self.at = min([self.at, *(each["EventTime"].astimezone(UTC) for each in events if each.get("EventTime"))])
        self.token = answer.get("NextToken")
        self.pages += 1
        walk, span = self.walk, None
        self.is_over = not self.token or (walk.name.startswith(MACHINE) and self.pages >= _MOST_PAGES)
        first = max(walk.start, self.at + SECOND) if self.token else walk.start
        if first <= walk.end:
            span = Span(walk.account, walk.region, walk.name, first, walk.end, self.asked_at)
        records = tuple(each["CloudTrailEvent"] for each in events if each.get("CloudTrailEvent"))
        return Page(walk, records, span, self.is_over)

    def go_on_without_token(self) -> None:
        """Ask from the oldest second on; its calls come again."""
        self.token, self.end = None, max(self.walk.start, self.at)


@dataclass(slots=True)
class Walking:
    """Walks that run in a thread for each account and region, one request after another in each."""

    accounts: dict[str, Account]
    bucket: Callable[[str, str], TokenBucket]
    now: Callable[[], datetime]
    cancelled: threading.Event
    requests: int = 0
    """Sent so far."""
    _results: SimpleQueue[Page | Refused | BaseException] = field(default_factory=SimpleQueue)
    _found_in: dict[str, str] = field(default_factory=dict)
    """By account: the region where a call was found last that its own region did not have."""
    _left: dict[Cell, float] = field(default_factory=dict)
    """Seconds that each region still takes, estimated."""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def run(self, walks: Sequence[Walk], wake: Callable[[], None]) -> Iterator[Page | Refused]:
        """Yield pages as they arrive; call `wake` several times a second. Ends early when `cancelled` is set."""
        by_cell: dict[Cell, list[Walk]] = defaultdict(list)
        for walk in walks:
            by_cell[walk.cell].append(walk)
        waiting = list(reversed(by_cell.items()))
        threads = [
            threading.Thread(target=self._work, args=(waiting,), name=f"history-{number}", daemon=True)
            for number in range(min(_MOST_THREADS, len(by_cell)))
        ]
        for thread in threads:
            thread.start()
        try:
            while any(thread.is_alive() for thread in threads) or not self._results.empty():
                try:
                    found = self._results.get(timeout=_PAUSE)
                except Empty:
                    wake()
                    continue
                if isinstance(found, BaseException):
                    raise found
                yield found
                wake()
        finally:
            until = time.monotonic() + _PATIENCE
            for thread in threads:
                # Do not wait for a network that hangs.
                thread.join(max(0.0, until - time.monotonic()))

    @property
    def seconds_left(self) -> float | None:
        """Of the region that takes longest; None where no walk has come far enough to tell."""
        with self._lock:
            return max(self._left.values(), default=None)

    def _work(self, waiting: list[tuple[Cell, list[Walk]]]) -> None:
        while not self.cancelled.is_set():
            with self._lock:
                if not waiting:
                    return
                cell, walks = waiting.pop()
            try:
                self._walk_all(walks)
            except Cancelled:
                return
            except (AwsError, StoreError) as error:
                self._results.put(Refused(cell, error))
            except BaseException as defect:  # noqa: BLE001 - `run` raises it
                self._results.put(defect)
                return
            finally:
                with self._lock:
                    self._left.pop(cell, None)

    def _walk_all(self, walks: Sequence[Walk]) -> None:
        """Walk through a region: always the walk that has come least far back, so that whole days come first."""
        began, asked_at = time.monotonic(), self.now().replace(microsecond=0)
        courses = [_Course(walk, asked_at, walk.end, walk.end) for walk in walks]
        while left := [course for course in courses if not course.is_over]:
            course = max(left, key=lambda each: each.at)
            self._results.put(self._page(course))
            self._estimate(walks[0].cell, courses, time.monotonic() - began)

    def _page(self, course: _Course) -> Page:
        walk = course.walk
        page = course.take(self._answer(course, walk.region))
        likely = self._found_in.get(walk.account)
        for region in sorted(walk.elsewhere, key=lambda each: each != likely):
            if page.records or not page.is_last:
                break
            elsewhere = replace(course, token=None, is_over=False)
            page = elsewhere.take(self._answer(elsewhere, region))
            if page.records:
                self._found_in[walk.account] = region
        return page

    def _answer(self, course: _Course, region: str) -> dict[str, Any]:
        account, bucket = self.accounts[course.walk.account], self.bucket(course.walk.account, region)
        for number in range(_TRIES):
            bucket.take(self.cancelled)
            with self._lock:
                self.requests += 1
            try:
                found: dict[str, Any] = account.call("cloudtrail", region, "lookup_events", **course.request)
            except AwsError as error:
                if error.code in _LOST_TOKEN and course.token:
                    course.go_on_without_token()
                elif error.retry != "later" or number == _TRIES - 1:
                    raise
                else:
                    bucket.hold(min(_LONGEST_WAIT, 0.25 * 2**number))
            else:
                return found
        raise AwsError("CloudTrail's event history loses its place again and again: try later.")

    def _estimate(self, cell: Cell, courses: Sequence[_Course], seconds: float) -> None:
        whole = sum((each.walk.end - each.walk.start + SECOND for each in courses), timedelta())
        left = sum((each.at - each.walk.start for each in courses if not each.is_over), timedelta())
        done = 1 - left / whole
        with self._lock:
            self._left[cell] = seconds * (1 - done) / done if done > 0 else seconds
