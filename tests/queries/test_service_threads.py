"""Stopping at any moment, closing at any moment, many threads at once."""

from __future__ import annotations

import ast
import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import ssmtrail
from ssmtrail.queries import sql_text
from ssmtrail.queries.errors import Cancelled, SourceError
from ssmtrail.queries.filters import Filter
from ssmtrail.queries.model import Progress, Question, QuestionName, Scope, Sort
from ssmtrail.queries.sources.files import source
from ssmtrail.queries.sources.files.source import FilesSource
from ssmtrail.queries.times import Window
from ssmtrail.queries.trail import Trail
from tests.in_time import is_within
from tests.queries.test_store_damage import everything, fetched, files_read
from tests.trails import write_sessions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from ssmtrail.queries.model import Answer, Row
    from ssmtrail.queries.sources.base import Changes, FileEntry, Identity
    from ssmtrail.queries.store.parcels import Parcel

FILES = 8
NAMES: tuple[QuestionName, ...] = ("sessions", "calls", "pairs", "usage")


@pytest.fixture(scope="module")
def trail(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("trails") / "trail"
    write_sessions(folder, 200, days=FILES)
    return folder


@pytest.fixture(scope="module")
def expected(trail: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    service = Trail(FilesSource(trail), tmp_path_factory.mktemp("clean"))
    fetched(service, early=False)
    found = everything(service)
    service.close()
    return found


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a trail come in many parcels, each published at once."""
    for name in ("_FIRST", "_LEAST", "_MOST"):
        monkeypatch.setattr(source, name, 15_000)
    for name in ("files._GATHERING", "files._PATIENCE", "files._SOON", "publishing._PUBLISHING_PAUSE"):
        monkeypatch.setattr(f"ssmtrail.queries.ingest.{name}", 0.0)
    monkeypatch.setattr("ssmtrail.queries.ingest.publishing._PUBLISHING_SHARE", 1e9)


class SlowSource(FilesSource):
    """A source that never ends listing or reading by itself."""

    def __init__(self, folder: Path, slow: str) -> None:
        super().__init__(folder)
        self.slow = slow
        self.waits = threading.Event()

    def changes(self, kept: Mapping[str, Identity], cancelled: threading.Event) -> Changes:
        if self.slow == "listing":
            self.wait(cancelled)
        return super().changes(kept, cancelled)

    def read(
        self,
        new: Sequence[FileEntry],
        scratch: Path,
        report: Callable[[Progress], None],
        cancelled: threading.Event,
    ) -> Iterator[Parcel]:
        for number, parcel in enumerate(super().read(new, scratch, report, cancelled)):
            yield parcel
            if self.slow == "reading" and number == 2:
                self.wait(cancelled)

    def wait(self, cancelled: threading.Event) -> None:
        self.waits.set()
        assert cancelled.wait(20)
        if self.slow == "listing":
            raise Cancelled


def running(service: Trail, cancelled: threading.Event) -> tuple[threading.Thread, list[Any]]:
    """A fetch in a thread, with what it gives or raises."""
    ended: list[Any] = []

    def fetch() -> None:
        try:
            ended.append(service.fetch(lambda _: None, cancelled))
        except Exception as error:  # noqa: BLE001 - shown by the test
            ended.append(error)

    thread = threading.Thread(target=fetch)
    thread.start()
    return thread, ended


@pytest.mark.parametrize("slow", ["listing", "reading"])
@pytest.mark.parametrize("way", ["cancel", "close"])
def test_a_fetch_stops_within_a_second(tmp_path: Path, trail: Path, expected: str, slow: str, way: str) -> None:
    source, cancelled = SlowSource(trail, slow), threading.Event()
    service = Trail(source, tmp_path / "store")
    thread, ended = running(service, cancelled)
    assert source.waits.wait(20)
    began = time.monotonic()
    cancelled.set() if way == "cancel" else service.close()
    thread.join(20)
    assert is_within(time.monotonic() - began, 1.0)
    assert ended[0].state == "cancelled", ended
    if way == "cancel":
        count = service.ask(Question("sessions", Scope(Window(), Filter())), threading.Event()).totals.rows
        assert (count > 0) == (slow == "reading")
        source.slow = ""
        read = files_read(fetched(service, early=False))
        assert (read < FILES) == (slow == "reading")
        assert everything(service) == expected
        service.close()
    else:
        again = Trail(FilesSource(trail), tmp_path / "store")
        assert (files_read(fetched(again, early=False)) < FILES) == (slow == "reading")
        assert everything(again) == expected
        again.close()
    assert not list((tmp_path / "store" / "scratch").iterdir())


@pytest.mark.parametrize("state", ["listing", "waiting", "reading", "joining"])
@pytest.mark.parametrize("inline", [0, 1 << 30], ids=["in processes", "inline"])
def test_what_was_whole_when_cancelled_stays(
    tmp_path: Path, trail: Path, expected: str, monkeypatch: pytest.MonkeyPatch, state: str, inline: int
) -> None:
    monkeypatch.setattr(source, "INLINE_MOST", inline)
    monkeypatch.setattr(source, "TICK", 0.0)
    cancelled = threading.Event()
    service = Trail(FilesSource(trail), tmp_path / "store")

    def report(progress: Progress) -> None:
        if progress.state == state:
            cancelled.set()

    last = service.fetch(report, cancelled)
    assert last.state == "cancelled"
    kept = service.coverage(Window()).files
    answer = service.ask(Question("sessions", Scope(Window(), Filter())), threading.Event())
    assert (answer.totals.rows > 0) == (kept > 0)
    answer.close()
    assert files_read(fetched(service, early=False)) == FILES - kept
    assert everything(service) == expected
    service.close()


HEAVY = "(SELECT * FROM range(100000) a, range(1000000) b ORDER BY hash(a.range * b.range))"


@pytest.mark.parametrize(("name", "module", "made"), [("people", "relations", "people"), ("pairs", "index", "touched")])
def test_a_heavy_question_stops_at_once(
    tmp_path: Path, trail: Path, monkeypatch: pytest.MonkeyPatch, name: QuestionName, module: str, made: str
) -> None:
    service = Trail(FilesSource(trail), tmp_path / "store")
    fetched(service, early=False)
    statement = sql_text.statement
    heavy = f"SELECT made.* FROM ({statement(made)}) AS made, {HEAVY}"
    monkeypatch.setattr(f"ssmtrail.queries.{module}.statement", lambda name: heavy if name == made else statement(name))
    question = Question(name, Scope(Window(), Filter()))
    for way in ("cancel", "close"):
        cancelled, stopped = threading.Event(), [0.0]

        def stop(way: str = way, cancelled: threading.Event = cancelled, stopped: list[float] = stopped) -> None:
            stopped[0] = time.monotonic()
            cancelled.set() if way == "cancel" else service.close()

        timer = threading.Timer(0.2, stop)
        timer.start()
        with pytest.raises(Cancelled):
            service.ask(question, cancelled)
        assert is_within(time.monotonic() - stopped[0], 0.3)
        timer.join()


def test_after_closing_everything_is_cancelled_and_nothing_fails(tmp_path: Path, trail: Path) -> None:
    service = Trail(FilesSource(trail), tmp_path / "store")
    fetched(service, early=False)
    scope = Scope(Window(), Filter())
    answers = [
        service.ask(Question("sessions", scope, sort=sort), threading.Event()) for sort in ((), (Sort("person"),))
    ]
    key = str(answers[0].page(0, 1, ("key",))[0][0])
    service.close()
    service.close()
    late: list[Callable[[], object]] = [
        lambda: service.ask(Question("sessions", scope), threading.Event()),
        lambda: service.session(key, scope),
        lambda: service.call(key, scope),
        *(lambda answer=answer: answer.page(0, 1) for answer in answers),
        *(lambda answer=answer: answer.position(key) for answer in answers),
    ]
    for ask in late:
        with pytest.raises(Cancelled):
            ask()
    for answer in answers:
        answer.close()
    assert service.fetch(lambda _: None, threading.Event()).state == "cancelled"


def test_an_open_answer_outlives_the_snapshots_that_follow(tmp_path: Path, trail: Path) -> None:
    folder = tmp_path / "trail"
    files = sorted(path for path in trail.rglob("*") if path.is_file())
    service = Trail(FilesSource(folder), tmp_path / "store")
    opened, before = [], []
    for number, file in enumerate(files[:6]):
        (folder / f"{number}").mkdir(parents=True)
        (folder / f"{number}" / file.name).write_bytes(file.read_bytes())
        fetched(service)
        opened.append(service.ask(Question("sessions", Scope(Window(), Filter())), threading.Event()))
        before.append(opened[-1].page(0, 10**6))
    assert len({len(rows) for rows in before}) == 6
    assert [answer.page(0, 10**6) for answer in opened] == before
    for answer in opened:
        answer.close()
    (own,) = [path for path in (tmp_path / "store" / "scratch").iterdir() if path.is_dir()]
    assert len([path for path in own.iterdir() if path.name.startswith("snapshot-")]) == 1
    service.close()


def test_another_process_may_change_what_is_kept(tmp_path: Path, trail: Path) -> None:
    folder = tmp_path / "trail"
    files = sorted(path for path in trail.rglob("*") if path.is_file())[:5]
    folder.mkdir()
    first, second = (Trail(FilesSource(folder), tmp_path / "store") for _ in range(2))
    for file in files:
        (folder / file.name).write_bytes(file.read_bytes())
        fetched(second)
        (folder / files[0].name).write_bytes(files[0].read_bytes())
        fetched(second)
        for window in (Window(), Window(None, None).look_around()):
            first.ask(Question("sessions", Scope(window, Filter())), threading.Event()).close()
    fetched(first)
    assert everything(first) == everything(second)
    first.close()
    second.close()


class Onlooker:
    """Asks, pages and closes at random until it is done; what goes wrong is kept."""

    def __init__(self, service: Trail, done: threading.Event, seed: int) -> None:
        self.service, self.done, self.chance = service, done, random.Random(seed)
        self.counts: list[int] = []
        self.faults: list[BaseException] = []

    def run(self) -> None:
        try:
            while not self.done.is_set():
                self.look()
        except BaseException as fault:  # noqa: BLE001 - shown by the test
            self.faults.append(fault)

    def look(self) -> None:
        name = self.chance.choice(NAMES)
        sort = (Sort("calls" if name in ("pairs", "usage") else "account"),) if self.chance.random() < 0.4 else ()
        where = Filter.parse(self.chance.choice(("", "person:person.1*")))
        cancelled = threading.Event()
        if self.chance.random() < 0.1:
            cancelled.set()
            with pytest.raises(Cancelled):
                self.service.ask(Question(name, Scope(Window(), where), sort), cancelled)
            return
        answer = self.service.ask(Question(name, Scope(Window(), where), sort), cancelled)
        rows = answer.page(0, 10**6)
        assert len(rows) == answer.totals.rows
        self.counts.append(len(rows))
        if name != "usage" and rows:
            assert answer.position(str(rows[-1][answer.columns.index("key")])) == len(rows) - 1
        if self.chance.random() < 0.3:
            page_while_closing(answer, rows)
        answer.close()


def page_while_closing(answer: Answer, rows: tuple[Row, ...]) -> None:
    with ThreadPoolExecutor(2) as both:
        page = both.submit(answer.page, 0, 50)
        both.submit(answer.close)
    fault = page.exception()
    if fault is None:
        assert page.result() == rows[:50]
    else:
        if isinstance(fault, Cancelled):
            raise fault
        assert str(fault) == "this answer is closed"


def test_many_threads_ask_while_a_fetch_publishes(tmp_path: Path, trail: Path, expected: str) -> None:
    service, done = Trail(FilesSource(trail), tmp_path / "store"), threading.Event()
    onlookers = [Onlooker(service, done, seed) for seed in range(4)]
    threads = [threading.Thread(target=onlooker.run) for onlooker in onlookers]
    for thread in threads:
        thread.start()
    snapshots = fetched(service)[-1].snapshot
    done.set()
    for thread in threads:
        thread.join(20)
    assert not [fault for onlooker in onlookers for fault in onlooker.faults]
    assert snapshots > 3
    assert len({count for onlooker in onlookers for count in onlooker.counts}) > 3
    assert everything(service) == expected
    service.close()


def test_closing_while_many_ask_cancels_them(tmp_path: Path, trail: Path) -> None:
    service = Trail(FilesSource(trail), tmp_path / "store")
    fetched(service, early=False)
    onlookers = [Onlooker(service, threading.Event(), seed) for seed in range(4)]
    threads = [threading.Thread(target=onlooker.run) for onlooker in onlookers]
    for thread in threads:
        thread.start()
    while min(len(onlooker.counts) for onlooker in onlookers) < 2:
        assert any(thread.is_alive() for thread in threads)
    began = time.monotonic()
    service.close()
    for thread in threads:
        thread.join(20)
    assert is_within(time.monotonic() - began, 1.0)
    faults = [fault for onlooker in onlookers for fault in onlooker.faults]
    assert [type(fault) for fault in faults] == [Cancelled] * 4, faults


def test_a_source_that_is_not_there_is_a_sentence_and_keeps_what_is_kept(tmp_path: Path, trail: Path) -> None:
    folder = tmp_path / "trail"
    folder.symlink_to(trail)
    service = Trail(FilesSource(folder.resolve()), tmp_path / "store")
    fetched(service, early=False)
    before = everything(service)
    service.close()
    moved = trail.with_name("moved")
    trail.rename(moved)
    try:
        service = Trail(FilesSource(trail), tmp_path / "store")
        with pytest.raises(SourceError, match="There is no folder"):
            fetched(service, early=False)
        assert everything(service) == before
        service.close()
    finally:
        moved.rename(trail)


def test_no_type_is_described_while_threads_decode() -> None:
    """msgspec 0.22 describes a struct at its first use; a thread that decodes with it meanwhile reads address 0."""
    root = Path(ssmtrail.__file__).parent.parent
    files = [path for name in ("queries", "tui", "widgets") for path in (root / name).rglob("*.py")]
    calls = [
        f"{path.relative_to(root)}:{node.lineno}"
        for path in files
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "decode"
        if any(word.arg == "type" for word in node.keywords)
    ]
    assert calls == []
