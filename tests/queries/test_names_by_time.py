"""The name and the environment that a machine had at the time of a session, and how they are known."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from ssmtrail.queries.ingest.machine_names import MachineNames
from ssmtrail.queries.inventory import Inventory, Machine
from ssmtrail.queries.model import Sort
from ssmtrail.queries.sources.history.names import KeptNames, Sighting
from ssmtrail.queries.store.derive import step
from ssmtrail.queries.times import Window
from tests.records import ask, call, opened, start, told, write_file

if TYPE_CHECKING:
    from pathlib import Path

    from tests.records import Record

HOST = "i-0ab1c2d3"


def launch(time: str, tags: dict[str, str], host: str = HOST, **more: Any) -> Record:
    """A RunInstances of one machine with tags."""
    item = {"instanceId": host, "privateIpAddress": "10.0.0.7", "tagSet": {"items": _items(tags)}}
    return _ec2("RunInstances", time, None, {"instancesSet": {"items": [item]}}, **more)


def tag(time: str, tags: dict[str, str], host: str = HOST, **more: Any) -> Record:
    """A CreateTags of a machine and of a volume."""
    asked = {
        "resourcesSet": {"items": [{"resourceId": "vol-1"}, {"resourceId": host}]},
        "tagSet": {"items": _items(tags)},
    }
    return _ec2("CreateTags", time, asked, {"_return": True}, **more)


def untag(time: str, *tags: dict[str, str], host: str = HOST, **more: Any) -> Record:
    """A DeleteTags of these tags, of all without any."""
    asked = {"resourcesSet": {"items": [{"resourceId": host}]}, "tagSet": {"items": list(tags)}}
    return _ec2("DeleteTags", time, asked, {"_return": True}, **more)


def end(time: str, before: str = "running", host: str = HOST, **more: Any) -> Record:
    """A TerminateInstances of a machine that was in the state `before`."""
    items = [{"instanceId": host, "currentState": {"name": "shutting-down"}, "previousState": {"name": before}}]
    return _ec2("TerminateInstances", time, None, {"instancesSet": {"items": items}}, **more)


def _items(tags: dict[str, str]) -> list[Record]:
    return [{"key": key, "value": value} for key, value in tags.items()]


def _ec2(name: str, time: str, asked: Record | None, answered: Record, **more: Any) -> Record:
    source = "ec2.amazonaws.com"
    return call(name, time, eventSource=source, requestParameters=asked, responseElements=answered, **more)


def named(tmp_path: Path, *records: Record, name: str = "", environment: str = "") -> list[tuple[str | None, str]]:
    """Name and source of the sessions at 08:00, 12:00 and 16:00, with an inventory of today."""
    machines = [Machine(HOST, name or None, environment or None)] if name or environment else []
    sessions = [start(f"{hour}:00:00", f"jane-{hour}") for hour in ("08", "12", "16")]
    write_file(tmp_path / "logs/a.json", [*sessions, *records])
    with opened(tmp_path / "logs", tmp_path / "store", Inventory.of(machines)) as trail:
        rows = ask(trail, "sessions", sort=(Sort("at"),))
    return [(row["target_name"], row["name_source"]) for row in rows]


@pytest.mark.parametrize(
    ("records", "today", "right"),
    [
        ([], "", [(None, "none")] * 3),
        ([], "web-9", [("web-9", "today")] * 3),
        ([launch("07:00:00", {"Name": "web-1"})], "web-9", [("web-1", "record")] * 3),
        ([launch("07:00:00", {"Name": "web-1"}), tag("10:00:00", {"Name": "web-2"})], "",
         [("web-1", "record"), ("web-2", "record"), ("web-2", "record")]),
        ([tag("10:00:00", {"name": "web-2"})], "web-9", [("web-2", "later"), ("web-2", "record"), ("web-2", "record")]),
        # What is no name says nothing of it; what was refused says nothing at all.
        ([launch("07:00:00", {"team": "web"}), tag("10:00:00", {"env": "prod"}),
          tag("11:00:00", {"Name": "x"}, errorCode="Client.UnauthorizedOperation")], "web-9", [("web-9", "today")] * 3),
        # A name that ended is none; the next one is marked.
        ([tag("07:00:00", {"Name": "web-1"}), untag("10:00:00", {"key": "Name"}), tag("14:00:00", {"Name": "web-3"})],
         "",
         [("web-1", "record"), ("web-3", "later"), ("web-3", "record")]),
        ([tag("07:00:00", {"Name": "web-1"}), untag("10:00:00", {"key": "Name"})], "",
         [("web-1", "record"), (None, "none"), (None, "none")]),
        ([tag("07:00:00", {"Name": "web-1"}), untag("10:00:00")], "",
         [("web-1", "record"), (None, "none"), (None, "none")]),
        # A deletion of a tag with a value deletes no other value, one of another tag not the name.
        ([tag("07:00:00", {"Name": "web-1"}), untag("10:00:00", {"key": "Name", "value": "web-7"}),
          untag("13:00:00", {"key": "Name", "value": "web-1"})], "",
         [("web-1", "record"), ("web-1", "record"), (None, "none")]),
        ([tag("07:00:00", {"Name": "web-1"}), untag("10:00:00", {"key": "env"})], "", [("web-1", "record")] * 3),
        # Of calls in one second a launch is the first, then the event ids decide.
        ([tag("07:00:00", {"Name": "b"}, eventID="a-2"), tag("07:00:00", {"Name": "a"}, eventID="a-1"),
          launch("07:00:00", {"Name": "c"}, eventID="z")], "", [("b", "record")] * 3),
    ],
)  # fmt: skip
def test_a_session_has_the_name_of_its_time(
    records: list[Record], today: str, right: list[tuple[str | None, str]], tmp_path: Path
) -> None:
    assert named(tmp_path, *records, name=today) == right


def test_the_environment_is_that_of_the_time_by_the_first_tag_that_names_one(tmp_path: Path) -> None:
    tags = [launch("07:00:00", {"tier": "web"}), tag("10:00:00", {"Env": "dev"}), tag("14:00:00", {"Stage": "beta"})]
    more = [
        tag("15:00:00", {"environment": "prod"}),
        start("18:00:00", "jane-18"),
        untag("17:00:00", {"key": "environment"}),
    ]
    named(tmp_path, *tags, *more)
    with opened(tmp_path / "logs", tmp_path / "store") as trail:
        rows = ask(trail, "sessions", sort=(Sort("at"),))
        assert [row["environment"] for row in rows] == ["web", "dev", "prod", "dev"]
        # The filter takes the environment of the time, everywhere alike.
        assert [row["session_id"] for row in ask(trail, "sessions", "env:prod")] == ["jane-16"]
        assert sum(row["sessions"] for row in ask(trail, "pairs", "env:dev")) == 2
        assert sum(row["sessions"] for row in ask(trail, "instances", "-env:dev")) == 2
        assert len(ask(trail, "calls", "env:web")) == 1
    assert [row["environment_source"] for row in rows] == ["record"] * 4


def test_a_filter_finds_a_machine_by_any_of_its_names(tmp_path: Path) -> None:
    named(tmp_path, launch("07:00:00", {"Name": "web-1"}), tag("10:00:00", {"Name": "api-1"}))
    other = start("12:00:00", "max-1", "i-0ffffff1")
    write_file(tmp_path / "logs/b.json", [other])
    inventory = Inventory.of([Machine(HOST, "today-1")])
    with opened(tmp_path / "logs", tmp_path / "store", inventory) as trail:
        for name in ("web-1", "api-1", "today-1"):
            for where in (f"target:{name}", f"name:{name}", f"name:={name}", name[:-1], f"target:{name[:3]}*"):
                assert len(ask(trail, "sessions", where)) == 3, where
                assert len(ask(trail, "sessions", f"{where} reason:?")) == 3, where
                assert len(ask(trail, "calls", where)) == 3, where
                assert [row["sessions"] for row in ask(trail, "instances", where)] == [3], where
        assert len(ask(trail, "sessions", "name:?")) == len(ask(trail, "sessions", "-name:*-1")) == 1
        assert len(ask(trail, "sessions", "namesource:record")) == 3
        assert len(ask(trail, "sessions", "-namesource:none")) == 3
        # Sorted by the name of the time, not by the last one.
        names = [row["target_name"] for row in ask(trail, "sessions", sort=(Sort("target_name"),))]
        assert names == ["api-1", "api-1", "web-1", None]
        (machine,) = ask(trail, "instances", "web-1")
    assert machine["target_name"] == "api-1"


def test_a_machine_says_when_it_was_terminated(tmp_path: Path) -> None:
    rows = told(
        tmp_path, "instances", launch("07:00:00", {"Name": "web-1"}), start("08:00:00"), end("13:00:00"),
        end("13:30:00", before="terminated"), start("09:00:00", "max-1", "i-0ffffff1"),
    )  # fmt: skip
    gone = {row["target"]: row["terminated_at"] and f"{row['terminated_at']:%H:%M}" for row in rows}
    assert gone == {HOST: "13:00", "i-0ffffff1": None}


def test_what_aws_said_counts_from_when_it_said_it_and_gives_way_to_records(tmp_path: Path) -> None:
    sessions = [start(f"{hour}:00:00", f"jane-{hour}") for hour in ("08", "12", "16")]
    write_file(tmp_path / "logs/a.json", [*sessions, tag("14:00:00", {"Name": "web-3"})])
    kept = KeptNames(tmp_path / "names")
    for hour, name in (("10", "web-2"), ("11", "web-2"), ("15", "web-3")):
        kept.add(("111122223333", "eu-central-1"), [Sighting(HOST, f"2026-11-20T{hour}:00:00Z", name, "prod")])
    inventory, names = Inventory.of([Machine(HOST, "web-9")]), MachineNames(kept)
    with opened(tmp_path / "logs", tmp_path / "store", inventory, names=names) as trail:
        rows = ask(trail, "sessions", sort=(Sort("at"),))
    found = [(row["target_name"], row["name_source"], row["environment"], row["environment_source"]) for row in rows]
    assert found == [
        ("web-2", "later", "prod", "later"), ("web-2", "snapshot", "prod", "snapshot"),
        ("web-3", "record", "prod", "snapshot"),
    ]  # fmt: skip


def test_names_are_those_of_all_that_is_kept_however_small_the_window(tmp_path: Path) -> None:
    write_file(tmp_path / "logs/a.json", [launch("2026-05-02T07:00:00Z", {"Name": "web-1"}), start("08:00:00")])
    with opened(tmp_path / "logs", tmp_path / "store") as trail:
        (row,) = ask(
            trail, "sessions", window=Window(datetime(2026, 11, 20, tzinfo=UTC), datetime(2026, 11, 21, tzinfo=UTC))
        )
    assert (row["target_name"], row["name_source"]) == ("web-1", "record")


def test_names_follow_what_is_read_later(tmp_path: Path) -> None:
    assert named(tmp_path) == [(None, "none")] * 3
    write_file(tmp_path / "logs/b.json", [launch("07:00:00", {"Name": "web-1"})])
    with opened(tmp_path / "logs", tmp_path / "store") as trail:
        assert {row["target_name"] for row in ask(trail, "sessions")} == {"web-1"}


def test_machines_behind_other_doors_have_names_too(tmp_path: Path) -> None:
    command = call(
        "SendCommand", "12:00:00", requestParameters={"documentName": "AWS-RunShellScript", "instanceIds": [HOST]}
    )
    rows = told(tmp_path, "doors", launch("07:00:00", {"Name": "web-1"}), command)
    assert [row["target_name"] for row in rows] == ["web-1"]


def test_the_table_of_machines_is_made_only_where_something_new_names_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []

    def counted(name: str, **relations: str) -> str:
        made.append(name)
        return step(name, **relations)

    monkeypatch.setattr("ssmtrail.queries.naming.step", counted)
    logs, store = tmp_path / "logs", tmp_path / "store"
    # The machine that is launched is none that was reached: nothing is said of one.
    write_file(logs / "a.json", [start("08:00:00"), launch("07:00:00", {"Name": "other"}, "i-0ffffff1")])
    with opened(logs, store) as trail:
        assert [row["target_name"] for row in ask(trail, "sessions")] == [None]
        assert not list(store.rglob("naming.parquet"))
        assert made == []
        write_file(logs / "b.json", [launch("07:00:00", {"Name": "web-1"})])
        trail.refresh()
        assert [row["target_name"] for row in ask(trail, "sessions")] == ["web-1"]
        write_file(logs / "c.json", [start("12:00:00", "max-1")])
        trail.refresh()
        assert [row["target_name"] for row in ask(trail, "sessions")] == ["web-1"] * 2
        assert made == ["machines"]
        (logs / "b.json").unlink()
        trail.refresh()
        assert [row["target_name"] for row in ask(trail, "sessions")] == [None] * 2
