"""The view of a list as a value."""

from queries.filters import Filter
from queries.values import Scope, Sort
from queries.window import Window
from tests.fakes import NOON
from tui.list_view import BY_TIME, ListView

VIEW = ListView.of(Scope(Window(), Filter()))


def test_escape_takes_filters_back_step_by_step() -> None:
    one = VIEW.narrowed(Filter.parse("kind:ssh"))
    two = one.narrowed(one.scope.filter.keep("person", "jane"))
    assert two.undone() == one
    assert two.undone().undone() == VIEW
    assert not VIEW.filtered


def test_a_filter_from_the_start_is_taken_back_too() -> None:
    begun = ListView.of(Scope(Window(), Filter.parse("kind:ssh")))
    assert begun.undone() == VIEW


def test_the_same_filter_is_no_step() -> None:
    assert VIEW.narrowed(Filter()) is VIEW


def test_sorting_begins_at_the_telling_end_and_turns_round() -> None:
    by_length = VIEW.sorted("length_seconds")
    assert by_length.question.sort == (Sort("length_seconds", descending=True),)
    assert by_length.sorted("length_seconds").question.sort == (Sort("length_seconds"),)
    assert VIEW.sorted("person_shown").question.sort == (Sort("person_shown"),)
    assert VIEW.reversed().question.sort == (Sort("at"),)


def test_the_other_measure_keeps_scope_and_steps() -> None:
    narrowed = VIEW.narrowed(Filter.parse("kind:ssh")).windowed(Window(None, NOON)).zoned("Europe/Berlin")
    calls = narrowed.sorted("person_shown").measured()
    assert (calls.question.name, calls.question.measure, calls.question.sort) == ("calls", "calls", BY_TIME)
    assert (calls.scope, calls.steps) == (narrowed.scope, narrowed.steps)
    assert calls.measured().question.name == "sessions"
