"""Who is who on screens: names that another person claims, bars by kind of person, failed calls beside denied ones."""

from __future__ import annotations

from threading import Event
from typing import TYPE_CHECKING

from ssmtrail.queries.drills import of_series
from ssmtrail.queries.filters import Filter
from ssmtrail.queries.model import Question, Scope, Sort
from ssmtrail.queries.times import Window
from tests.records import assume_role, assumed_role, call, denied, iam_user, opened, sso, start, write_file

if TYPE_CHECKING:
    from pathlib import Path

ALL = Scope(Window(), Filter())
MALLORY = iam_user("mallory", key="AKIAMALLORY")


def test_only_the_name_of_another_known_person_is_claimed(tmp_path: Path) -> None:
    records = [
        start("09:00:00", "s-1", who=sso("Admin", "jane")),
        assume_role("09:58:00", "jane", "ASIAONE", MALLORY),
        start("10:00:00", "s-2", who=assumed_role("ops", "jane", key="ASIAONE")),
        assume_role("10:58:00", "nightly", "ASIATWO", MALLORY),
        start("11:00:00", "s-3", who=assumed_role("ops", "nightly", key="ASIATWO")),
    ]
    write_file(tmp_path / "trail" / "one.json", records)
    with opened(tmp_path / "trail", tmp_path / "store") as trail:
        for question in ("sessions", "calls"):
            answer = trail.ask(Question(question, ALL), Event())
            found = {
                row[:3]: row[3] for row in answer.page(0, 9, ("session_id", "person", "claimed_name", "claims_other"))
            }
            assert found == {
                ("s-1", "jane", None): False, ("s-2", "mallory", "jane"): True, ("s-3", "mallory", "nightly"): False,
            }  # fmt: skip
            for text in ("", "identity:*"):
                scope = Scope(Window(), Filter(text))
                ordered = trail.ask(Question(question, scope, (Sort("claims_other", descending=True),)), Event())
                assert ordered.page(0, 1, ("session_id",)) == (("s-2",),)
        key = next(row[0] for row in trail.ask(Question("sessions", ALL), Event()).page(1, 1, ("key",)))
        assert trail.session(str(key), ALL)["claims_other"] is True


def test_bars_by_kind_of_person_with_failed_beside_denied(tmp_path: Path) -> None:
    machine = "arn:aws:ec2:eu-central-1:111122223333:instance/i-0abc"
    records = [
        start("09:00:00", "s-1", who=sso("Admin", "jane")),
        start("09:10:00", "s-2", who=MALLORY),
        start("09:20:00", "s-3", who=MALLORY),
        denied("StartSession", "09:30:00", machine, MALLORY),
        call("StartSession", "09:40:00", MALLORY, errorCode="TargetNotConnected"),
        call("StartSession", "09:50:00", MALLORY, errorCode="TargetNotConnected"),
    ]
    write_file(tmp_path / "trail" / "one.json", records)
    with opened(tmp_path / "trail", tmp_path / "store") as trail:
        usage = trail.chart(ALL, Event(), breakdown="personkind")
        assert [(part.key, part.label, part.counts) for part in usage.series] == [
            ('"iam-user"', "iam user", (2,)), ('"identity-center"', "identity center", (1,)),
        ]  # fmt: skip
        assert (usage.totals, usage.denied, usage.failed) == ((3,), (1,), (2,))
        for part in usage.series:
            drilled = of_series(ALL, "personkind", part.key or "")
            assert trail.totals(drilled, Event()).sessions == part.total
