"""Two answers of the same question never depend on what else is kept."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from ssmtrail.queries.times import Window
from tests.records import (
    Record,
    ask,
    assume_role,
    assumed_role,
    iam_user,
    opened,
    resume,
    start,
    terminate,
    write_file,
)  # fmt: skip
from tests.thorough import times

if TYPE_CHECKING:
    from pathlib import Path

    from ssmtrail.queries.model import QuestionName

DAY = timedelta(days=1)
FIRST = datetime(2026, 11, 1, tzinfo=UTC)
#: Answers that may not depend on what is kept; `first_ever` says by its meaning what was there before, `outside` what
#: is in the data beyond the look-around.
QUESTIONS: tuple[QuestionName, ...] = ("sessions", "calls", "pairs", "usage")


def clock(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def story(seed: int) -> list[Record]:
    """A fortnight of few session ids with calls far apart, keys given out days before, repeats, addenda."""
    chance = random.Random(seed)

    def moment() -> str:
        return clock(FIRST + timedelta(seconds=chance.randrange(14 * 86400)))

    records: list[Record] = []
    for _ in range(60):
        session = f"s-{chance.randrange(12)}"
        hidden = assumed_role("ops", "botocore-session-1", key=f"ASIA{chance.randrange(4)}")
        who = chance.choice([iam_user("jane"), iam_user("max", key="AKIAMAX"), hidden])
        verb = chance.randrange(4)
        if verb < 2:
            records.append(start(moment(), session, who=who))
        else:
            records.append((resume if verb == 2 else terminate)(moment(), session, who=who))
    for number in range(4):
        boss = iam_user(f"boss-{number}")
        records.append(assume_role(moment(), "botocore-session-1", f"ASIA{number}", boss))
    for original in chance.sample(records[:60], 5):
        better = dict(original) | {"eventID": f"better-{original['eventID']}", "eventTime": moment()}
        records.append(better | {"addendum": {"reason": "UPDATED_DATA", "originalEventID": original["eventID"]}})
    records += [dict(record) | {"eventTime": moment()} for record in chance.sample(records[:60], 3)]
    records += [record | {"eventID": None} for record in chance.sample(records[:60], 2)]
    return records


def comparable(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{name: value for name, value in row.items() if name not in {"first_ever", "outside"}} for row in rows]


@pytest.mark.parametrize("seed", range(times(2, 40)))
def test_an_answer_is_what_the_window_with_its_look_around_holds(tmp_path: Path, seed: int) -> None:
    records, chance = story(seed), random.Random(seed)
    write_file(tmp_path / "all" / "trail.json", records)
    with opened(tmp_path / "all", tmp_path / "store") as full:
        for number in range(4):
            begin = FIRST + timedelta(hours=chance.randrange(12 * 24))
            window = Window(begin, begin + timedelta(hours=chance.randrange(1, 72)))
            around = window.look_around()
            inside = [record for record in records if around.contains(datetime.fromisoformat(record["eventTime"]))]
            write_file(tmp_path / f"part-{number}" / "trail.json", inside)
            with opened(tmp_path / f"part-{number}", tmp_path / "other-store") as part:
                for question in QUESTIONS:
                    expected = comparable(ask(part, question, window=window))
                    assert comparable(ask(full, question, window=window)) == expected, (question, window)


def test_joins_reach_one_day_beyond_the_window_and_no_further(tmp_path: Path) -> None:
    records = [start("2026-11-10T12:00:00Z", "near-1"), terminate("2026-11-11T23:59:59Z", "near-1"),
               start("2026-11-10T12:00:00Z", "far-1"), terminate("2026-11-12T00:00:00Z", "far-1")]  # fmt: skip
    write_file(tmp_path / "trail" / "a.json", records)
    day = Window(datetime(2026, 11, 10, tzinfo=UTC), datetime(2026, 11, 11, tzinfo=UTC))
    with opened(tmp_path / "trail", tmp_path / "store") as service:
        ends = {row["session_id"]: row["end_evidence"] for row in ask(service, "sessions", window=day)}
        assert ends == {"near-1": "terminated", "far-1": "unknown"}
        assert {row["end_evidence"] for row in ask(service, "sessions")} == {"terminated"}
    with opened(tmp_path / "trail", tmp_path / "store", look_around_days=2) as service:
        assert {row["end_evidence"] for row in ask(service, "sessions", window=day)} == {"terminated"}


def test_sessions_belong_by_their_start_orphans_by_their_first_call(tmp_path: Path) -> None:
    records = [start("2026-11-09T23:59:59Z", "before-1"), terminate("2026-11-10T00:10:00Z", "before-1"),
               resume("2026-11-10T23:59:59Z", "orphan-1"), start("2026-11-11T00:00:00Z", "after-1")]  # fmt: skip
    write_file(tmp_path / "trail" / "a.json", records)
    day = Window(datetime(2026, 11, 10, tzinfo=UTC), datetime(2026, 11, 11, tzinfo=UTC))
    with opened(tmp_path / "trail", tmp_path / "store") as service:
        assert [row["session_id"] for row in ask(service, "sessions", window=day)] == ["orphan-1"]
        calls = ask(service, "calls", window=day)
        assert [(row["session_id"], row["target"]) for row in calls] == [("orphan-1", None), ("before-1", "i-0ab1c2d3")]
        (pair,) = [row for row in ask(service, "pairs", window=day) if row["target"]]
        assert (pair["sessions"], pair["calls"], pair["first_seen"]) == (0, 1, FIRST + 9 * DAY + timedelta(minutes=10))
