"""The core in memory, which other tests lean on."""

import threading

import pytest

from ssmtrail.queries.errors import Cancelled, SourceError, StoreError, UsageError
from ssmtrail.queries.filters import Filter
from ssmtrail.queries.model import Answer, Progress, Question, Scope, Sort, Totals
from ssmtrail.queries.times import Window
from ssmtrail.queries.trail import Trail
from tests.fakes import NOON, FakeTrail, a_call, a_matrix, a_session

ALL = Scope(Window(), Filter())


def test_it_answers_as_the_core_does() -> None:
    rows = [a_session(key="e1", person="jane"), a_session(key="e2", person=None), a_session(key="e3", person="max")]
    trail: Trail = FakeTrail({"sessions": rows})
    question = Question("sessions", ALL, (Sort("person", descending=True),)).narrowed(Filter.parse("-person:jane"))
    answer: Answer = trail.ask(question, threading.Event())
    assert answer.page(0, 9, ["key", "person"]) == (("e2", None), ("e3", "max"))
    assert answer.page(1, 1, ["key"]) == (("e3",),)
    assert (answer.totals.rows, answer.totals.rows_unfiltered, answer.totals.people) == (2, 3, 1)
    assert answer.position("e3") == 1
    assert answer.position("e1") is None
    answer.close()
    with pytest.raises(StoreError):
        answer.page(0, 1)


def test_its_totals_are_those_of_its_rows() -> None:
    sessions = [a_session(key="e1"), a_session(key="e2", status="denied", person="max"), a_session(status="orphan")]
    trail: Trail = FakeTrail({"sessions": sessions, "calls": [a_call(), a_call(person=None), a_call(target="i-2")]})
    scope = Scope(Window(), Filter.parse("-target:i-2"))
    assert trail.totals(scope, threading.Event()) == Totals(1, 1, 1, 2, 1)
    assert trail.totals(scope, threading.Event(), measure="calls") == Totals(2, 3, 1, 2, 1)


def test_the_window_is_obeyed() -> None:
    trail = FakeTrail({"sessions": [a_session()]})
    assert trail.ask(Question("sessions", Scope(Window(None, NOON), Filter())), threading.Event()).totals.rows == 0


def test_a_session_and_its_calls() -> None:
    trail = FakeTrail({"sessions": [a_session()], "calls": [a_call(), a_call(key="e2", session_key="other")]})
    detail = trail.session("e1", ALL)
    assert detail["person"] == "jane.doe"
    assert [call.event_id for call in detail.calls] == ["e1"]
    assert trail.call("e2", ALL).outcome == "ok"


def test_it_can_be_held() -> None:
    trail = FakeTrail({"sessions": [a_session()]})
    trail.hold()
    found: list[int] = []
    asking = threading.Thread(
        target=lambda: found.append(trail.ask(Question("sessions", ALL), threading.Event()).totals.rows)
    )
    asking.start()
    assert trail.waiting.wait(5)
    assert found == []
    trail.release()
    asking.join(5)
    assert found == [1]


def test_what_is_held_can_be_cancelled() -> None:
    trail = FakeTrail(progress=[Progress("reading", 1, 2)])
    trail.hold()
    cancelled = threading.Event()
    cancelled.set()
    with pytest.raises(Cancelled):
        trail.ask(Question("sessions", ALL), cancelled)
    assert trail.fetch(lambda _: None, cancelled).state == "cancelled"


def test_a_fetch_reports_or_fails() -> None:
    seen: list[Progress] = []
    trail = FakeTrail(progress=[Progress("reading", 1, 2)])
    assert trail.fetch(seen.append, threading.Event()).state == "done"
    assert seen == [Progress("reading", 1, 2)]
    with pytest.raises(SourceError):
        FakeTrail(fetch_error=SourceError("No such folder.")).fetch(seen.append, threading.Event())


def test_views_are_answered_as_given() -> None:
    trail = FakeTrail()
    trail.views["matrix"] = a_matrix(ALL, {("jane", "i-1"): 3, ("jane", "i-2"): -1})
    matrix = trail.matrix(ALL, threading.Event(), measure="calls")
    assert (matrix.measure, matrix.total, matrix.denied, matrix.row(0).marks) == ("calls", 3, 1, " d")
    assert trail.looked_at == [("matrix", ALL, "calls", "most", False)]
    with pytest.raises(UsageError):
        trail.heat(ALL, threading.Event())
