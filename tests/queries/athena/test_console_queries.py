"""The console queries as SQL for the console."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
import sqlglot
from hypothesis import given
from hypothesis import strategies as st
from sqlglot import exp

from ssmtrail.queries.errors import FilterError, UsageError
from ssmtrail.queries.filters import KEYS, Filter
from ssmtrail.queries.model import ConsoleQueryName, Scope
from ssmtrail.queries.sources.athena.console_queries import COLUMNS, console_query
from ssmtrail.queries.sources.athena.tables import described
from ssmtrail.queries.times import Unit, Window
from ssmtrail.queries.trust import Trust
from tests.queries.athena.kinds import BY_NAME, DATABASE, KINDS, Kind
from tests.trino.proof import FILTERS

WINDOW = Window(datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 11, 8, tzinfo=UTC))
NAMES: tuple[ConsoleQueryName, ...] = ("calls", "pairs", "usage")


def _scope(where: str = "", zone: str = "UTC", window: Window = WINDOW) -> Scope:
    return Scope(window, Filter.parse(where), zone)


def _tables(sql: str) -> list[str]:
    """Every mention of a table or of a step."""
    return [table.name for table in sqlglot.parse_one(sql, dialect="athena").find_all(exp.Table)]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_the_table_is_read_once(kind: Kind, name: ConsoleQueryName) -> None:
    """Athena works a step out again wherever it is named: what is named twice is paid twice."""
    found = console_query(kind.table, name, _scope())
    mentioned = _tables(found.sql)
    assert mentioned.count(kind.table.name) == 1
    assert len(mentioned) == len(set(mentioned))
    assert sqlglot.parse_one(found.sql, dialect="athena", into=exp.Select).named_selects == list(COLUMNS[name])


def test_days_are_read_from_the_first_to_the_last_plus_one() -> None:
    found = console_query(BY_NAME["projected"].table, "pairs", _scope())
    assert (found.first_day, found.last_day) == (date(2026, 10, 31), date(2026, 11, 9))
    assert "\"timestamp\" BETWEEN '2026/10/31' AND '2026/11/09'" in found.sql
    assert "\"eventtime\" >= '2026-10-31'\n  AND \"eventtime\" < '2026-11-09'" in found.sql
    assert "event_time >= TIMESTAMP '2026-11-01 00:00:00.000000 UTC'" in found.sql


def test_without_looking_around_it_reads_less() -> None:
    found = console_query(BY_NAME["projected"].table, "pairs", _scope(), look_around_days=0)
    assert (found.first_day, found.last_day) == (date(2026, 11, 1), date(2026, 11, 8))


def test_a_window_without_an_end_ends_today() -> None:
    window = Window(datetime(2026, 11, 20, tzinfo=UTC))
    found = console_query(BY_NAME["projected"].table, "pairs", _scope(window=window), today=date(2026, 11, 23))
    assert (found.first_day, found.last_day) == (date(2026, 11, 19), date(2026, 11, 24))


def test_a_window_without_a_beginning_begins_with_the_projection() -> None:
    found = console_query(BY_NAME["projected"].table, "pairs", _scope(window=Window()), today=date(2026, 11, 23))
    assert found.first_day == date(2020, 1, 1)
    listed = console_query(BY_NAME["current"].table, "pairs", _scope(window=Window()))
    assert listed.first_day is None
    assert "every partition of the table is read" in listed.notes[0]


def test_a_table_without_partitions_says_so_in_the_sql() -> None:
    found = console_query(BY_NAME["console_made"].table, "calls", _scope())
    assert "-- This table has no partitions" in found.sql
    assert (found.first_day, found.last_day) == (None, None)


@pytest.mark.parametrize("unit", ["hour", "day", "week", "month"])
def test_buckets_are_those_of_the_zone(unit: Unit) -> None:
    sql = console_query(BY_NAME["projected"].table, "usage", _scope(zone="Europe/Berlin"), unit=unit).sql
    assert f"to_iso8601(date_trunc('{unit}', event_time AT TIME ZONE 'Europe/Berlin')) AS bucket" in sql


def test_usage_joins_only_where_its_filter_needs_it() -> None:
    table = BY_NAME["projected"].table
    plain = console_query(table, "usage", _scope("status:denied ip:10.0.0.0/8")).sql
    joined = console_query(table, "usage", _scope("kind:tunnel")).sql
    assert "AssumeRole" not in plain
    assert "linked AS" not in plain
    assert "AssumeRole" in joined
    assert "linked AS" in joined


@pytest.mark.parametrize("where", FILTERS)
@pytest.mark.parametrize("name", NAMES)
def test_every_filter_is_sql(name: ConsoleQueryName, where: str) -> None:
    sql = console_query(BY_NAME["projected_org"].table, name, _scope(where, "Europe/Berlin")).sql
    assert _tables(sql)


@given(st.text(max_size=20), st.sampled_from(["person", "reason", "dest", "agent", "error", ""]), st.booleans())
def test_no_value_leaves_its_literal(value: str, key: str, negated: bool) -> None:
    scope = Scope(WINDOW, Filter().exclude(key, value or "x") if negated else Filter().keep(key, value or "x"), "UTC")
    found = console_query(BY_NAME["projected"].table, "calls", scope)
    assert _tables(found.sql).count("projected") == 1
    assert "\n" not in found.sql.splitlines()[0]


@pytest.mark.parametrize("where", ["env:prod", "-env:dev", "name:web-*", "jane env:prod"])
def test_what_only_the_inventory_knows_is_refused_or_left_out(where: str) -> None:
    table = BY_NAME["projected"].table
    with pytest.raises(FilterError, match="comes from tags or the inventory, which this SQL does not look at") as error:
        console_query(table, "pairs", _scope(where))
    assert error.value.position == where.index(where.split()[-1])
    found = console_query(table, "pairs", _scope(where), leave_out=True)
    assert found.notes[0].startswith("Left out: ")
    with pytest.raises(FilterError, match="comes from the access policy, which Athena does not have"):
        console_query(table, "pairs", _scope("policy:violation"))
    with_verdict = console_query(table, "pairs", _scope(f"{where} policy:violation"), leave_out=True)
    assert with_verdict.notes[1].startswith("Left out: policy:violation (policy: comes from the access policy")
    assert f"-- {found.notes[0]}" in found.sql


@pytest.mark.parametrize("key", [key for key in KEYS if not key.calls], ids=lambda key: key.name)
def test_keys_of_sessions_alone_are_refused(key: object) -> None:
    example = getattr(key, "example")  # noqa: B009
    with pytest.raises(FilterError, match="is known of sessions only"):
        console_query(BY_NAME["projected"].table, "calls", _scope(example))


@pytest.mark.parametrize("key", [key for key in KEYS if key.calls], ids=lambda key: key.name)
def test_every_other_key_has_sql_or_a_note(key: object) -> None:
    found = console_query(BY_NAME["projected"].table, "calls", _scope(getattr(key, "example")), leave_out=True)  # noqa: B009
    assert _tables(found.sql)


def test_words_are_noted_not_to_see_names() -> None:
    found = console_query(BY_NAME["projected"].table, "pairs", _scope("jane"))
    assert "Names and environments of machines are not searched: this SQL does not look at tags." in found.notes
    assert found.compared == ("person", "person_kind", "person_id", "behind", "target", "account", "calls")


def test_an_exact_id_is_not_searched_as_a_name() -> None:
    found = console_query(BY_NAME["projected"].table, "pairs", _scope("target:=i-0AB"))
    assert "target = 'i-0AB'" in found.sql
    assert not [note for note in found.notes if "inventory" in note]


def test_what_can_be_compared() -> None:
    table = BY_NAME["projected"].table
    whole = console_query(table, "pairs", _scope("person:jane*"))
    assert whole.compared == COLUMNS["pairs"][:-2]
    assert COLUMNS["pairs"][-2:] == ("first_seen", "last_seen")
    # A refused resume has no destination in the list of sessions, its call has the session's.
    assert not {"sessions", "denied", "failed"} & set(console_query(table, "pairs", _scope("dest:*")).compared)


def test_what_one_scan_cannot_know_is_said() -> None:
    found = console_query(BY_NAME["projected"].table, "pairs", _scope())
    assert [note.split(":")[0].split(" are found")[0] for note in found.notes] == [
        "People behind roles", "Copies of a call that contradict each other count once and are not marked.",
        "Not in this table",
    ]  # fmt: skip
    assert all(f"-- {note}" in found.sql for note in found.notes)
    assert console_query(BY_NAME["own"].table, "usage", _scope()).notes == ()
    trusting = Trust(source_identity_from=("arn:aws:iam::111122223333:role/broker",))
    assert "brokers" in " ".join(console_query(BY_NAME["own"].table, "pairs", _scope(), trust=trusting).notes)


def test_copies_that_contradict_each_other_are_not_searched_for() -> None:
    with pytest.raises(FilterError, match="comparing the copies of a call"):
        console_query(BY_NAME["projected"].table, "pairs", _scope("conflict:*"))
    found = console_query(BY_NAME["projected"].table, "pairs", _scope("conflict:*"), leave_out=True)
    assert found.notes[0].startswith("Left out: conflict:*")


def test_configured_session_names_are_no_evidence() -> None:
    sql = console_query(BY_NAME["own"].table, "pairs", _scope(), trust=Trust(session_names=("robot-*",))).sql
    assert "|robot-.*)$'" in sql


def test_without_values_nothing_is_written() -> None:
    with pytest.raises(UsageError, match="needs values"):
        console_query(described(BY_NAME["injected_accounts"].metadata, DATABASE), "calls", _scope())


def test_a_filter_can_be_too_long() -> None:
    where = "person:" + ",".join(f"somebody-{number:06}" for number in range(20_000))
    with pytest.raises(UsageError, match="longer than Athena accepts"):
        console_query(BY_NAME["projected"].table, "pairs", _scope(where))
