"""Fetches of several sources side by side: a thread for each lane, and the progress of all as one."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from ssmtrail.queries.engine import EitherEvent
from ssmtrail.queries.errors import Cancelled, SourceError
from ssmtrail.queries.model import Progress

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

#: Numbers of a progress that add up over sources.
_COUNTED: Final = (
    "files_done", "files_total", "bytes_done", "bytes_total", "records", "calls", "days_done", "days_total", "price",
    "requests",
)  # fmt: skip
_State: TypeAlias = Literal["reading", "listing", "waiting", "joining"]
#: What a source that is not done does; all of them together do the first of these that one does.
_DOING: Final[tuple[_State, ...]] = ("reading", "listing", "waiting", "joining")


@dataclass(slots=True)
class JointProgress:
    """The last progress of each source, told as the progress of all; any thread may tell."""

    labels: Sequence[str]
    report: Callable[[Progress], None]
    _last: dict[int, Progress] = field(default_factory=dict)
    _ended: set[int] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def tell(self, number: int, progress: Progress) -> None:
        """Tell the progress of one source."""
        with self._lock:
            self._last[number] = progress
            self.report(self._joined())

    def end(self, number: int) -> None:
        """Note that a source is done, or has failed; this is told with the progress of the others."""
        with self._lock:
            self._ended.add(number)

    def ended(self, state: Literal["joining", "done", "cancelled"], snapshot: int = 0) -> Progress:
        """The last progress of all."""
        with self._lock:
            last = self._joined()
            return replace(last, state=state, seconds_left=0.0, parts=(), snapshot=max(snapshot, last.snapshot))

    def _joined(self) -> Progress:
        active = {
            number: progress
            for number, progress in self._last.items()
            if number not in self._ended and progress.state not in ("done", "cancelled")
        }
        state: _State = next(
            (state for state in _DOING if any(each.state == state for each in active.values())), "joining"
        )
        leading = next((each for each in active.values() if each.state == state), Progress("joining"))
        every = self._last.values()
        left = [each.seconds_left for each in active.values()]
        return replace(
            leading,
            **{name: sum(getattr(each, name) for each in every) for name in _COUNTED},
            state=state,
            snapshot=max((each.snapshot for each in every), default=0),
            seconds=max((each.seconds for each in every), default=0.0),
            seconds_left=None if None in left else max((each for each in left if each is not None), default=None),
            parts=tuple((self.labels[number], active[number]) for number in sorted(active)),
        )


def run_lanes(
    lanes: Sequence[Sequence[int]], fetch: Callable[[int, threading.Event], None], cancelled: threading.Event
) -> dict[int, SourceError]:
    """Fetch the sources of each lane one after the other, the lanes side by side; returns which failed, and why.

    A source that cannot be read stops no other one. Any other error stops all, and is raised when they have ended, as
    Cancelled is where `cancelled` is set.
    """
    failed: dict[int, SourceError] = {}
    defects: list[BaseException] = []
    stop = threading.Event()
    either = EitherEvent(cancelled, stop)

    def run(lane: Sequence[int]) -> None:
        for number in lane:
            if either.is_set():
                return
            try:
                fetch(number, either)
            except SourceError as error:
                failed[number] = error
            except Cancelled:
                return
            except BaseException as defect:  # noqa: BLE001 - raised below
                defects.append(defect)
                stop.set()
                return

    _run_at_once(run, lanes, stop)
    if defects:
        raise defects[0]
    if cancelled.is_set():
        raise Cancelled
    return failed


def _run_at_once(
    run: Callable[[Sequence[int]], None], lanes: Sequence[Sequence[int]], stop: threading.Event
) -> None:  # fmt: skip
    """Run the first lane in this thread and the others beside it; all have ended when this returns.

    Where the machine gives no more threads, lanes have their turn in this one.
    """
    threads: list[threading.Thread] = []
    own = list(lanes[:1])
    try:
        for lane in lanes[1:]:
            thread = threading.Thread(target=run, args=(lane,), name=f"source-{lane[0]}")
            try:
                thread.start()
            except RuntimeError:  # "can't start new thread"
                own.append(lane)
            else:
                threads.append(thread)
        for lane in own:
            run(lane)
        for thread in threads:
            thread.join()
    finally:
        stop.set()  # where this thread is interrupted
        for thread in threads:
            thread.join()
