"""Sessions derived incrementally, partition by partition, equal those derived from everything at once."""

from __future__ import annotations

import random
import re
import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import pytest

from ssmtrail.queries.engine import connect
from ssmtrail.queries.raw_calls import CREDENTIALS, FULL, MACHINES
from ssmtrail.queries.snapshot import Snapshot
from ssmtrail.queries.sources.files.source import FilesSource
from ssmtrail.queries.sql_text import statement
from ssmtrail.queries.store import build, sessions
from ssmtrail.queries.store.dataset import Dataset
from ssmtrail.queries.store.derive import derive_tables
from ssmtrail.queries.store.sessions import DerivedSet, derive
from ssmtrail.queries.trail import Trail
from tests.records import Record, ask, assume_role, assumed_role, denied, iam_user, resume, start, terminate, write_file
from tests.thorough import times

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from duckdb import DuckDBPyConnection

    from ssmtrail.queries.model import Entity

FIRST: Final = datetime(2026, 11, 1, tzinfo=UTC)
DAYS: Final = 20
#: So few that a few hundred calls make dozens of partitions.
MOST: Final = 12
_ORDER: Final = {"sessions": '"at" DESC, key', "calls": '"at" DESC, step DESC, key'}


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "MOST_CALLS", MOST)
    monkeypatch.setattr(build, "_BATCH", 3 * MOST)


def clock(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def story(chance: random.Random) -> list[list[Record]]:
    """Days of calls as files: sessions that run on for days, keys given out before, late calls, repeats, addenda."""

    def moment(day: int) -> str:
        late = chance.choice([0, 0, 0, 0, 1, 5])
        return clock(FIRST + timedelta(days=max(0, day - late), seconds=chance.randrange(86400)))

    files: list[list[Record]] = []
    for day in range(DAYS):
        records: list[Record] = []
        for _ in range(chance.randrange(2, 12)):
            session = f"s-{chance.randrange(60)}"
            hidden = assumed_role("ops", "botocore-session-1", key=f"ASIA{chance.randrange(6)}")
            who = chance.choice([iam_user("jane"), iam_user("max", key="AKIAMAX"), hidden, hidden])
            machine = f"i-0ab{chance.randrange(4)}"
            verb = chance.randrange(6)
            if verb < 3:
                records.append(start(moment(day), session, machine, who))
            elif verb == 3:
                records.append(
                    denied("StartSession", moment(day), f"arn:aws:ec2:eu-central-1:1:instance/{machine}", who)
                )
            else:
                records.append((resume if verb == 4 else terminate)(moment(day), session, who=who))
        if chance.random() < 0.4:
            boss = chance.choice(
                [iam_user(f"boss-{day}"), assumed_role("up", "i-0123456789", key=f"ASIA{chance.randrange(6)}")]
            )
            records.append(assume_role(moment(day), "botocore-session-1", f"ASIA{chance.randrange(6)}", boss))
        earlier = [record for file in files for record in file if record["eventSource"] == "ssm.amazonaws.com"]
        for original in chance.sample(earlier, min(len(earlier), chance.randrange(3))):
            again = dict(original) | {"eventTime": moment(day)} if chance.random() < 0.5 else dict(original)
            if chance.random() < 0.4:
                again |= {"eventID": f"better-{original['eventID']}-{day}"}
                again["addendum"] = {"reason": "UPDATED_DATA", "originalEventID": original["eventID"]}
            records.append(again)
        files.append(records)
    return files


def kept_in_parts(snapshot: Snapshot, connection: DuckDBPyConnection, entity: Entity) -> list[Any]:
    return shown(connection, entity, snapshot.file(entity), "row_id")


def shown(connection: DuckDBPyConnection, entity: Entity, relation: str, order: str) -> list[Any]:
    """All columns by name, without the location of a row."""
    found = connection.execute(f"SELECT * EXCLUDE (row_id) FROM {relation} ORDER BY {order}")
    names = [column[0] for column in found.description or ()]
    rows = [dict(zip(names, row, strict=True)) for row in found.fetchall()]
    return [{name: row[name] for name in sorted(row) if name not in {"segment", "segment_row"}} for row in rows]


class Store:
    """A folder of logs with a store, and what is derived from it both ways."""

    def __init__(self, folder: Path) -> None:
        self.trail, self.folder = folder / "trail", folder
        self.service = Trail(FilesSource(self.trail), folder / "store")
        self.dataset = Dataset.of(folder / "store", FilesSource(self.trail).identity, "")
        self.scratch = folder / "scratch"
        self.scratch.mkdir()
        self.engine = connect(self.scratch, store=self.folder)
        self.steps = 0

    def read(self) -> DerivedSet:
        self.service.fetch(lambda _: None, threading.Event())
        return derive(self.engine, self.dataset, self.dataset.names(), threading.Event())

    def require_same(self) -> DerivedSet:
        found = self.read()
        self.steps += 1
        folder = self.scratch / f"{self.steps}"
        folder.mkdir()
        derive_tables(self.engine, found.raw_calls(), folder, f"_{self.steps}")
        snapshot = Snapshot(found, 1, self.scratch)
        for entity in ("sessions", "calls"):
            expected = shown(self.engine, entity, f"{entity}_{self.steps}", _ORDER[entity])
            assert kept_in_parts(snapshot, self.engine, entity) == expected, entity
        return found


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = Store(tmp_path)
    yield made
    made.engine.close()
    made.service.close()


# Of the first ten, 3 alone has a correction far from its original that decides; what ties sessions shows in each.
@pytest.mark.parametrize("seed", range(3, times(4, 33)))
def test_incremental_derivation_equals_derivation_at_once(store: Store, seed: int) -> None:
    chance = random.Random(seed)
    files = list(enumerate(story(chance)))
    chance.shuffle(files)
    there: list[Path] = []
    partitions = 0
    while files:
        for number, records in [
            files.pop() for _ in range(min(len(files), chance.randrange(times(4, 1), times(9, 6))))
        ]:
            there.append(write_file(store.trail / f"2026/11/{number + 1:02}" / f"{number}.json", records))
        if len(there) > 3 and chance.random() < 0.5:
            there.pop(chance.randrange(len(there))).unlink()
        if chance.random() < 0.5:
            write_file(chance.choice(there), [start(clock(FIRST + timedelta(days=3, hours=seed)), f"s-{seed}")])
        partitions = max(partitions, len(store.require_same().parts))
    assert partitions > 5


def test_calls_linked_across_partitions_are_joined_with_all_that_decides_them(store: Store) -> None:
    """A session runs on into another span, where a repeat of its call, of another session, counts instead of it."""
    filling = [start(f"2026-11-{day:02}T10:{minute:02}:00Z", None) for day in (1, 10) for minute in range(MOST)]
    thin = resume("2026-11-10T10:00:00Z", "far", eventID="twice") | {"responseElements": None}
    full = resume("2026-11-10T10:00:00Z", "near", eventID="twice")
    records = [start("2026-11-01T10:00:00Z", "far"), thin, full, start("2026-11-10T09:00:00Z", "near")]
    write_file(store.trail / "a.json", [*filling, *records])
    assert len(store.require_same().parts) > 1
    assert {row["session_id"]: row["resumes"] for row in ask(store.service, "sessions") if row["session_id"]} == {
        "far": 0,
        "near": 1,
    }


def inodes(found: DerivedSet) -> dict[str, int]:
    return {path.name: path.stat().st_ino for entity in ("sessions", "calls") for path in found.files(entity)}


def test_a_new_file_keeps_the_partitions_that_it_does_not_touch(store: Store) -> None:
    for day in range(1, 10):
        at = f"2026-11-{day:02}T10"
        write_file(
            store.trail / f"{day}.json", [start(f"{at}:{minute:02}:00Z", f"s-{day}-{minute}") for minute in range(MOST)]
        )
    before = inodes(store.read())
    write_file(store.trail / "new.json", [start("2026-11-09T10:30:00Z", "new")])
    after = inodes(store.require_same())
    assert len(before.items() & after.items()) >= 2 * 7
    assert len(after.items() - before.items()) <= 2 * 2


def test_files_that_a_set_shares_are_made_again_when_damaged(store: Store) -> None:
    records = [
        start(f"2026-11-{day:02}T10:{minute:02}:00Z", f"s-{day}-{minute}") for day in range(1, 5) for minute in range(9)
    ]
    write_file(store.trail / "a.json", records)
    before = store.read()
    for path in before.folder.glob("*.parquet"):
        path.write_bytes(path.read_bytes()[:-9])
    write_file(store.trail / "b.json", [start("2026-11-04T11:00:00Z", "new")])
    store.require_same()


def test_parts_of_another_version_are_not_shared(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    write_file(store.trail / "a.json", [start("2026-11-01T10:00:00Z", "s-1")])
    before = inodes(store.read())
    monkeypatch.setattr(sessions, "derive_version", lambda trust: "next")
    assert not before.items() & inodes(store.require_same()).items()


def test_old_sets_are_removed(store: Store) -> None:
    for number in range(6):
        write_file(store.trail / f"{number}.json", [start(f"2026-11-0{number + 1}T10:00:00Z", f"s-{number}")])
        found = store.read()
    assert len(list(found.folder.parent.iterdir())) == 3
    assert all(path.stat().st_nlink <= 4 for path in found.folder.iterdir())


def test_statements_are_left_out_only_where_none_of_the_calls_are_there_that_they_look_for(tmp_path: Path) -> None:
    wanted = [(source, name) for names in (FULL, CREDENTIALS, MACHINES) for source in names for name in names[source]]
    connection = connect(tmp_path)
    listed = ", ".join(f"('{source}', '{name}')" for source, name in wanted)
    issuing = f"SELECT source || ' ' || name FROM (VALUES {listed}) AS t(source, name) WHERE issues_key(source, name)"
    assert {name for (name,) in connection.execute(issuing).fetchall()} == build.ISSUING
    connection.close()
    for calls, found in ((build.STOPPING, "stops"), (build.LAUNCHING, "launches")):
        named = set(re.findall(r"'([A-Z]\w+)'", statement(found)))
        assert {call.split()[1] for call in calls} == named - ({"TerminateInstances"} if found == "launches" else set())
