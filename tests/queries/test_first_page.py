"""The first page is kept for the next start, for the very state of the store that it is of."""

from __future__ import annotations

import json
import os
import shutil
import zlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from threading import Event
from typing import TYPE_CHECKING, Any

import pytest

from ssmtrail.queries import first_page
from ssmtrail.queries.filters import Filter
from ssmtrail.queries.first_page import COLUMNS, FIRST_ROWS, EarlyPage, PagePlace
from ssmtrail.queries.inventory import Inventory
from ssmtrail.queries.model import Question, Scope, Sort
from ssmtrail.queries.policy.reading import policy_of
from ssmtrail.queries.sources.files.source import FilesSource
from ssmtrail.queries.store.folders import first_page_of
from ssmtrail.queries.times import Window
from ssmtrail.queries.trail import Trail
from ssmtrail.queries.trust import DEFAULT_TRUST
from tests.records import assumed_role, denied, opened, resume, start, terminate, write_file

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.records import Record

ALL = Scope(Window(), Filter())
NEWEST = Question("sessions", ALL, (Sort("at", descending=True),))
LATE = datetime(2026, 11, 24, 1, tzinfo=UTC)
EVIL = "\x1b]0;evil\x07\u202e[/x]\ud800"


def a_trail(folder: Path, seed: int, sessions: int) -> Path:
    """Days of sessions of every kind, also without a start, denied, with hostile text; a file that is none."""
    random = Random(seed)
    days: dict[int, list[Record]] = {}
    for number in range(sessions):
        moment = datetime(2026, 11, 20, tzinfo=UTC) + timedelta(seconds=random.randrange(4 * 86_400))
        at, name = f"{moment:%Y-%m-%dT%H:%M:%SZ}", f"jane-{number:05}"
        who = assumed_role("Admin", random.choice(("max", "li")), key=f"ASIA{number % 7}")
        told = days.setdefault(moment.day, [])
        match random.randrange(5):
            case 0:
                told.append(denied("StartSession", at, f"i-0ab{number % 9}", who))
            case 1:
                told.append(resume(at, name, who))
            case 2:
                told += [start(at, name, f"i-0ab{number % 9}", who), terminate(at, name, who)]
            case 3:
                told.append(start(at, name, f"i-0ab{number % 9}", reason=EVIL))
            case _:
                told.append(start(at, name, f"i-0ab{number % 9}", who))
    for day, records in days.items():
        write_file(folder / f"AWSLogs/1/CloudTrail/eu/2026/11/{day}/a.json.gz", records)
    (folder / "AWSLogs/1/CloudTrail/eu/2026/11/20/b.json.gz").write_bytes(b"\x1f\x8bnothing")
    return folder


def place_of(folder: Path, store: Path, inventory: Path | None = None, look_around_days: int = 1) -> PagePlace:
    return PagePlace.of(store, FilesSource(folder).identity, look_around_days, inventory, DEFAULT_TRUST)


def kept(folder: Path, store: Path, inventory: Path | None = None) -> PagePlace:
    """Read the folder, get ready as the app does."""
    place = place_of(folder, store, inventory)
    names = Inventory.load(inventory) if inventory else None
    with opened(folder, store, names, page_place=place) as service:
        service.prepare(Event())
    return place


def early(place: PagePlace, now: Callable[[], datetime]) -> EarlyPage:
    page = place.read()
    assert page is not None
    return EarlyPage("logs", place.folder, page, now)


def never(_: Event) -> Any:
    raise AssertionError("nobody needs the core for that")


@pytest.mark.parametrize(("seed", "sessions"), [(1, 3), (2, 64), (3, 65), (4, 400)])
def test_it_is_what_the_core_answers_from_the_same_store(tmp_path: Path, seed: int, sessions: int) -> None:
    folder, store, inventory = a_trail(tmp_path / "logs", seed, sessions), tmp_path / "store", tmp_path / "names.csv"
    inventory.write_text("instance_id,name,environment\ni-0ab1,web-1,prod\ni-0ab2,db-1,\n")
    place = kept(folder, store, inventory)
    before = early(place, lambda: LATE)
    service = Trail(FilesSource(folder), store, Inventory.load(inventory), now=lambda: LATE)
    try:
        for question in (NEWEST, Question("sessions", replace(ALL, zone="Europe/Berlin"))):
            assert before.knows(question, None)
            at_once, later = before.answer(question, never), service.ask(question, Event())
            assert (at_once.columns, at_once.totals) == (later.columns, later.totals)
            assert at_once.page(0, FIRST_ROWS) == later.page(0, FIRST_ROWS)
            assert any("web-1" in row for row in at_once.page(0, FIRST_ROWS))
            first = later.page(0, 1)[0]
            assert at_once.position(str(first[COLUMNS.index("key")])) == 0
        for window in (Window(), Window(LATE - timedelta(days=3), LATE)):
            assert before.coverage(window) == service.coverage(window)
    finally:
        service.close()


def test_a_day_that_closed_meanwhile_is_closed(tmp_path: Path) -> None:
    place = kept(a_trail(tmp_path / "logs", 1, 40), tmp_path / "store")
    clocks = (lambda: LATE), (lambda: LATE + timedelta(hours=2))
    last = [early(place, clock).coverage(Window()).days[-1] for clock in clocks]
    assert [day.state for day in last] == ["open", "kept"]


def test_other_questions_are_left_to_the_core(tmp_path: Path) -> None:
    before = early(kept(a_trail(tmp_path / "logs", 1, 9), tmp_path / "store"), lambda: LATE)
    others = [
        replace(NEWEST, name="calls"),
        replace(NEWEST, sort=(Sort("at"),)),
        replace(NEWEST, scope=replace(ALL, filter=Filter("person:max"))),
        replace(NEWEST, scope=replace(ALL, window=Window(LATE - timedelta(days=9)))),
    ]
    assert [before.knows(question, None) for question in others] == [False] * len(others)
    assert not before.knows(NEWEST, "a row further down")


def test_only_its_owner_can_read_it(tmp_path: Path) -> None:
    place = kept(a_trail(tmp_path / "logs", 1, 9), tmp_path / "store")
    assert first_page_of(place.folder).stat().st_mode & 0o777 == 0o600


def test_it_is_written_once_for_a_state(tmp_path: Path) -> None:
    folder, store = a_trail(tmp_path / "logs", 1, 9), tmp_path / "store"
    path = first_page_of(kept(folder, store).folder)
    before = path.stat().st_ino
    kept(folder, store)
    assert path.stat().st_ino == before


# What it is not of


def test_it_counts_only_for_the_segments_that_it_is_of(tmp_path: Path) -> None:
    folder, store = a_trail(tmp_path / "logs", 1, 9), tmp_path / "store"
    place = kept(folder, store)
    write_file(folder / "more.json", [start("2026-11-23T23:00:00Z", "new-1")])
    assert place.read() is not None
    with opened(folder, store):
        assert place.read() is None
    kept(folder, store)
    page = place.read()
    assert page is not None
    assert page.rows[0][COLUMNS.index("session_id")] == "new-1"


def test_it_goes_with_files_that_are_gone(tmp_path: Path) -> None:
    folder, store = a_trail(tmp_path / "logs", 1, 9), tmp_path / "store"
    place = kept(folder, store)
    next(folder.rglob("22/a.json.gz")).unlink()
    with opened(folder, store):
        assert not first_page_of(place.folder).exists()


def test_it_counts_only_for_its_settings_and_inventory(tmp_path: Path) -> None:
    folder, store, inventory = a_trail(tmp_path / "logs", 1, 9), tmp_path / "store", tmp_path / "names.csv"
    inventory.write_text("instance_id,name\ni-0ab1,web-1\n")
    kept(folder, store, inventory)
    assert place_of(folder, store, inventory).read() is not None
    assert place_of(folder, store).read() is None
    assert place_of(folder, store, inventory, look_around_days=2).read() is None
    inventory.write_text("instance_id,name\ni-0ab1,web-2\n")
    assert place_of(folder, store, inventory).read() is None


def test_it_counts_only_for_its_program_and_engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, store, program = a_trail(tmp_path / "logs", 1, 9), tmp_path / "store", tmp_path / "program"
    program.mkdir()
    (program / "statement.sql").write_text("SELECT 1")
    monkeypatch.setattr(first_page, "_DECIDING", (program,))
    kept(folder, store)
    assert place_of(folder, store).read() is not None
    with monkeypatch.context() as patched:
        patched.setattr(first_page, "find_spec", lambda _: type("Spec", (), {"origin": str(program)}))
        assert place_of(folder, store).read() is None
    (program / "statement.sql").write_text("SELECT 2")
    assert place_of(folder, store).read() is None


def test_what_changes_while_it_is_made_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, store = a_trail(tmp_path / "logs", 1, 9), tmp_path / "store"
    place, keys = place_of(folder, store), iter("ab")
    monkeypatch.setattr(PagePlace, "key", lambda _: next(keys))
    with opened(folder, store, page_place=place) as service:
        service.prepare(Event())
    assert not first_page_of(place.folder).exists()


# What it is not


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[PagePlace, bytes]:
    """A page as it is kept, which tests spoil."""
    home = tmp_path_factory.mktemp("whole")
    place = kept(a_trail(home / "logs", 1, 9), home / "store")
    return place, first_page_of(place.folder).read_bytes()


@pytest.fixture
def place(whole: tuple[PagePlace, bytes]) -> PagePlace:
    """The page, whole again."""
    place, data = whole
    path = first_page_of(place.folder)
    for left in (path, path.with_name("elsewhere")):
        shutil.rmtree(left) if left.is_dir() else left.unlink(missing_ok=True)
    path.touch(0o600)
    path.write_bytes(data)
    assert place.read() is not None
    return place


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def one_letter(path: Path) -> None:
    data = path.read_bytes()
    path.write_bytes(data.replace(b"i-0ab", b"i-0ac", 1))
    assert path.read_bytes() != data


def emptied(path: Path) -> None:
    path.write_bytes(b"")


def linked(path: Path) -> None:
    path.rename(path.with_name("elsewhere"))
    path.symlink_to(path.with_name("elsewhere"))


def piped(path: Path) -> None:
    path.unlink()
    os.mkfifo(path, 0o600)


def folded(path: Path) -> None:
    path.unlink()
    path.mkdir()


def open_to_others(path: Path) -> None:
    path.chmod(0o620)


@pytest.mark.parametrize("damage", [cut, one_letter, emptied, linked, piped, folded, open_to_others])
def test_a_file_that_is_not_as_it_was_written_is_ignored(place: PagePlace, damage: Callable[[Path], None]) -> None:
    damage(first_page_of(place.folder))
    assert place.read() is None


def changed(path: list[str | int], value: object) -> Callable[[dict[str, Any]], None]:
    def change(page: dict[str, Any]) -> None:
        at: Any = page
        for step in path[:-1]:
            at = at[step]
        at[path[-1]] = value

    return change


@pytest.mark.parametrize(
    "change",
    [
        changed(["rows"], []),
        changed(["rows"], {}),
        changed(["rows", 0], []),
        changed(["rows", 0, COLUMNS.index("key")], None),
        changed(["rows", 0, COLUMNS.index("person")], 7),
        changed(["rows", 0, COLUMNS.index("at")], "2026-11-23"),
        changed(["rows", 0, COLUMNS.index("at")], "2026-11-23T12:00:00+05:00"),
        changed(["rows", 0, COLUMNS.index("at")], "soon"),
        changed(["rows", 0, COLUMNS.index("resumes")], True),
        changed(["rows", 0, COLUMNS.index("event_ids")], [1]),
        changed(["rows", 0, COLUMNS.index("first_ever")], 1),
        changed(["totals"], [9, 9, 9]),
        changed(["totals", 0], -1),
        changed(["totals", 0], 900),
        changed(["totals", 1], "9"),
        changed(["files"], {"today": 1}),
        changed(["files"], []),
        changed(["whole"], [1]),
        changed(["unreadable"], [["a"]]),
        lambda page: page.pop("failed"),
    ],
)  # fmt: skip
def test_a_page_that_makes_no_sense_is_ignored(place: PagePlace, change: Callable[[dict[str, Any]], object]) -> None:
    page = json.loads(first_page_of(place.folder).read_bytes().split(b"\n", 2)[2])
    forge(place, json.dumps(page).encode())
    assert place.read() is not None
    change(page)
    forge(place, json.dumps(page).encode())
    assert place.read() is None


@pytest.mark.parametrize("text", [b"", b"[]", b"7", b"[" * 100_000, b'{"totals":[', b"\xff"])
def test_a_text_that_is_no_page_is_ignored(place: PagePlace, text: bytes) -> None:
    forge(place, text)
    assert place.read() is None


def forge(place: PagePlace, text: bytes) -> None:
    """Put another text in place, with all that tells that it is whole."""
    first_page_of(place.folder).write_bytes(b"%b\n%08x\n%b" % (place.key().encode(), zlib.crc32(text), text))


def test_where_nothing_was_read_there_is_none(tmp_path: Path) -> None:
    assert place_of(tmp_path / "logs", tmp_path / "store").read() is None


def test_with_a_policy_the_page_has_its_verdicts_and_goes_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ssmtrail.queries import opening

    folder, policy = a_trail(tmp_path / "logs", 1, 20), tmp_path / "access.toml"
    rule = 'version = 1\n[[rule]]\nid = "a"\nwho = ["role:Admin"]\nwhere = "*"\n'
    policy.write_text(rule)
    options: opening.Options = {"cache": tmp_path / "store", "policy": policy}
    with opening.open_logs(folder, **options) as trail:
        trail.refresh()
        trail.prepare(Event())
        later = trail.ask(NEWEST, Event()).page(0, FIRST_ROWS)
    page = opening.early_page(folder, **options)
    assert page is not None
    assert page.answer(NEWEST, never).page(0, FIRST_ROWS) == later
    assert {row[COLUMNS.index("policy")] for row in later} > {"allowed"}
    assert any("policy" in word for word in page.coverage(Window()).settings)
    # Another policy, one that accepts more, one that cannot be read, none: the page is made anew.
    session = later[0][COLUMNS.index("key")]
    accept = f'[[accept]]\nsession = "{session}"\nby = "x"\nwhy = "y"\nuntil = 2099-12-31\n'
    for text in (rule.replace('"a"', '"b"'), rule + accept, "version = 2\n"):
        policy.write_text(text)
        assert opening.early_page(folder, **options) is None
    assert opening.early_page(folder, cache=tmp_path / "store") is None
    policy.write_text(rule)
    assert opening.early_page(folder, **options) is not None


def test_a_page_ends_with_what_its_policy_accepts(tmp_path: Path) -> None:
    text = 'version = 1\n[[accept]]\nsession = "s"\nby = "x"\nwhy = "y"\nuntil = 2026-12-31\n'
    policy = policy_of(text, tmp_path / "access.toml")
    place = place_of(tmp_path, tmp_path / "store")
    before, after = (place.judged(policy, datetime(year, 1, 1, tzinfo=UTC)).basis for year in (2026, 2028))
    assert before != after
