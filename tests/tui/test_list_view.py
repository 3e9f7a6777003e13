"""Sights and the views of lists as values."""

from ssmtrail.queries.filters import Filter
from ssmtrail.queries.model import Scope, Sort
from ssmtrail.queries.times import Window
from ssmtrail.tui.list_view import BY_TIME, ListView
from ssmtrail.tui.view_state import ViewState
from tests.fakes import NOON

SIGHT = ViewState(Scope(Window(), Filter()))
VIEW = ListView.of(SIGHT)


def test_escape_takes_filters_back_step_by_step() -> None:
    one = SIGHT.narrowed(Filter.parse("kind:ssh"))
    two = one.narrowed(one.scope.filter.keep("person", "jane"))
    assert two.undone() == one
    assert two.undone().undone() == SIGHT
    assert two.filtered
    assert not SIGHT.filtered
    assert not SIGHT.has_steps


def test_a_filter_from_the_start_is_taken_back_too() -> None:
    begun = ViewState(Scope(Window(), Filter.parse("kind:ssh")))
    assert begun.has_steps
    assert begun.undone() == SIGHT


def test_what_was_drilled_into_is_not_taken_back() -> None:
    drilled = ViewState.into(Scope(Window(), Filter.parse("person:jane")), "calls")
    assert not drilled.has_steps
    assert drilled.narrowed(Filter()).has_steps
    assert drilled.narrowed(Filter()).undone() == drilled
    assert drilled.measure == "calls"


def test_the_same_filter_is_no_step() -> None:
    assert SIGHT.narrowed(Filter()) is SIGHT


def test_sorting_begins_at_the_telling_end_and_turns_round() -> None:
    by_length = VIEW.sorted("length_seconds")
    assert by_length.sort == (Sort("length_seconds", descending=True),)
    assert by_length.sorted("length_seconds").sort == (Sort("length_seconds"),)
    assert VIEW.sorted("person_shown").sort == (Sort("person_shown"),)
    assert VIEW.reversed().sort == (Sort("at"),)


def test_the_other_measure_keeps_scope_and_steps() -> None:
    narrowed = SIGHT.narrowed(Filter.parse("kind:ssh")).windowed(Window(None, NOON)).zoned("Europe/Berlin")
    calls = VIEW.over(narrowed).sorted("person_shown").over(narrowed.measured())
    assert (calls.name, calls.question.measure, calls.sort) == ("calls", "calls", BY_TIME)
    assert (calls.scope, calls.state.steps) == (narrowed.scope, narrowed.steps)
    assert calls.over(calls.state.measured()).name == "sessions"


def test_what_is_counted_stays_sorted_by_what_it_counts() -> None:
    people = ListView.counting(SIGHT, "people")
    assert people.over(SIGHT.measured()).sort == (Sort("calls", descending=True),)
    assert people.sorted("last_seen").over(SIGHT.measured()).sort == (Sort("last_seen", descending=True),)
    assert people.over(SIGHT.measured()).name == "people"
