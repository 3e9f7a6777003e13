"""When the preferences were changed after a session began, and that this is asked only where AWS is."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from ssmtrail.queries.transcripts import changes
from ssmtrail.queries.transcripts.changes import PREFERENCES, changed_after
from ssmtrail.queries.transcripts.finder import Transcripts
from ssmtrail.queries.transcripts.model import Lookup, SessionFacts
from tests.queries.transcripts.made import SESSION
from tests.records import ACCOUNT, REGION, call, opened, start, write_file

if TYPE_CHECKING:
    from pathlib import Path

    from tests.records import Record

STOP = threading.Event()
BEGUN = datetime(2026, 11, 20, 10, tzinfo=UTC)
SHELL = SessionFacts(SESSION, "shell", "started", None, ACCOUNT, REGION, "i-0ab1c2d3", BEGUN)


def change(time: str, document: str = PREFERENCES, **more: Any) -> Record:
    return call("UpdateDocument", time, requestParameters={"name": document}, **more)


def test_the_first_change_in_the_sessions_own_account_and_region_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changes, "_PAGE", 2)
    elsewhere = [change(f"10:0{number}:00", recipientAccountId="444455556666") for number in range(1, 6)]
    others = [change(f"10:2{number}:00", "Another") for number in range(5)]
    there = [change("10:30:00", awsRegion="us-west-2"), change("10:40:00"), change("10:50:00"), change("09:00:00")]
    write_file(tmp_path / "a.json", [start("10:00:00", SESSION), *elsewhere, *others, *there])
    with opened(tmp_path, tmp_path / "store") as trail:
        assert changed_after(trail.ask, SHELL, STOP) == BEGUN.replace(minute=40)
        assert changed_after(trail.ask, replace(SHELL, document="Another"), STOP) == BEGUN.replace(minute=20)
        assert changed_after(trail.ask, replace(SHELL, region="eu-north-1"), STOP) is None


class Asked:
    """AWS, and the records, which count how often they are asked."""

    def __init__(self) -> None:
        self.records = 0
        self.changed_at: datetime | None = None

    def changed(self, session: SessionFacts, cancelled: threading.Event) -> datetime:
        del session, cancelled
        self.records += 1
        return BEGUN

    def for_many(self) -> Asked:
        return self

    def look_up(self, session: SessionFacts, changed_at: datetime | None, cancelled: threading.Event) -> Lookup:
        del session, cancelled
        self.changed_at = changed_at
        return Lookup("unknown", "As asked.")


def test_the_records_are_asked_only_where_aws_is(tmp_path: Path) -> None:
    asked = Asked()
    (tmp_path / f"{SESSION}.log").write_bytes(b"id\n")
    assert Transcripts(tmp_path, lambda: asked).look_up(SHELL, asked.changed, STOP).state == "recorded"
    assert Transcripts(None, None).look_up(SHELL, asked.changed, STOP).state == "unknown"
    tunnel = replace(SHELL, kind="port-forward")
    assert Transcripts(None, lambda: asked).look_up(tunnel, asked.changed, STOP).state == "not recordable"
    assert asked.records == 0
    assert Transcripts(None, lambda: asked).look_up(SHELL, asked.changed, STOP).why == "As asked."
    assert (asked.records, asked.changed_at) == (1, BEGUN)
