"""Filters as SQL: DuckDB's answers against the same filter in plain Python."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ssmtrail.queries.filters import KEYS, Condition, Filter, compile_filter
from ssmtrail.queries.filters.keys import WORD_COLUMNS, Filtered
from ssmtrail.queries.filters.lexer import quoted
from ssmtrail.queries.relations import columns_of
from tests.fakes import a_call, a_session
from tests.queries.filters.reference import ip_key, matches
from tests.thorough import times

TYPES = {
    "at": "TIMESTAMP", "started_at": "TIMESTAMP", "ended_at": "TIMESTAMP", "alive_at": "TIMESTAMP",
    "event_time": "TIMESTAMP", "event_ids": "VARCHAR[]", "target_names": "VARCHAR[]", "length_seconds": "DOUBLE",
    "resumes": "BIGINT",
    "first_ever": "BOOLEAN",
}  # fmt: skip
ROWS = {"sessions": a_session, "calls": a_call}
ZONES = st.sampled_from(["UTC", "Europe/Berlin", "Asia/Kathmandu", "America/St_Johns"])

SIGNS = st.sampled_from("aBéΣςİß%_\\*?,\"' \n\0-:/\u202e\U0001f600")
TEXTS = st.one_of(st.text(SIGNS, max_size=4), st.sampled_from(["unknown", "true", "i-0ab", "Jane", "jane.doe"]))
ADDRESSES = st.one_of(
    st.sampled_from(
        ["10.0.0.1", "10.255.255.255", "11.0.0.0", "::1", "2001:db8::1", "2001:DB8:0::1", "::ffff:10.0.0.1"]
    ),
    st.sampled_from(["ssm.amazonaws.com", "AWS Internal", "ffff::1"]),
    st.ip_addresses(v=4).map(str),
)
CHOICES = {name: key.choices for key in KEYS if key.reading == "choice" for name in (*key.sessions, *key.calls)}


def filtered(question: str) -> tuple[str, ...]:
    """The columns that a filter may look at: calls get verdicts only where it asks for them."""
    names: tuple[str, ...] = columns_of(question)  # type: ignore[arg-type]
    return (*names, *(("policy", "rule", "target_names") if question == "calls" else ()), "target_names_text")


@pytest.fixture(scope="module")
def database() -> Iterator[duckdb.DuckDBPyConnection]:
    connection = duckdb.connect()
    for question in ROWS:
        columns = ", ".join(f'"{name}" {TYPES.get(name, "VARCHAR")}' for name in filtered(question))
        connection.execute(f"CREATE TABLE {question} ({columns}, ip_key VARCHAR, number BIGINT)")
    yield connection
    connection.close()


def numbers(
    database: duckdb.DuckDBPyConnection, question: Filtered, rows: list[dict[str, Any]], condition: Condition
) -> list[int]:
    """Which rows DuckDB finds."""
    names = filtered(question)
    database.execute(f"DELETE FROM {question}")
    places = ", ".join("?" for _ in range(len(names) + 2))
    for number, row in enumerate(rows):
        alike = row.get("target_names")
        row |= {"target_names_text": None if alike is None else "\n".join(alike)}
        values = [row.get(name) for name in names]
        values = [
            value.astimezone(UTC).replace(tzinfo=None) if isinstance(value, datetime) else value for value in values
        ]
        values = [list(value) if isinstance(value, tuple) else value for value in values]
        database.execute(f"INSERT INTO {question} VALUES ({places})", [*values, ip_key(row.get("source_ip")), number])
    found = database.execute(
        f"SELECT number FROM {question} WHERE {condition.sql} ORDER BY number", condition.parameters
    ).fetchall()
    return [number for (number,) in found]


def rows_of(question: Filtered) -> st.SearchStrategy[list[dict[str, Any]]]:
    changes: dict[str, st.SearchStrategy[Any]] = {
        name: st.none() | TEXTS
        for name in WORD_COLUMNS[question]
        if name not in CHOICES | {"event_ids": (), "target_names": ()}
    }
    changes |= {
        name: st.none() | st.sampled_from([*choices, "weird"])
        for name, choices in CHOICES.items()
        if name in filtered(question)
    }
    # A start and a call that went well have different names in the data.
    statuses = ["started", "orphan"] if question == "sessions" else ["ok"]
    changes |= {
        "status": st.sampled_from([*statuses, "denied", "failed"]),
        "target_names": st.none() | st.lists(TEXTS, min_size=1, max_size=2).map(tuple),
        "source_ip": st.none() | ADDRESSES,
        "at": st.datetimes(datetime(2020, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    }
    if question == "sessions":
        changes |= {
            "event_ids": st.lists(TEXTS, max_size=2).map(tuple),
            "length_seconds": st.none() | st.sampled_from([0.0, 299.0, 300.0, 301.0, 3600.0]),
            "length_bound": st.none() | st.sampled_from(["exact", "most", "least"]),
            "resumes": st.integers(0, 3),
        }
    made = st.fixed_dictionaries({}, optional=changes)
    return st.lists(made.map(lambda changed: ROWS[question](**changed)), min_size=1, max_size=5)


def values_of(reading: str, choices: tuple[str, ...]) -> st.SearchStrategy[str]:
    wild = TEXTS.map(lambda text: "*".join(quoted(part) for part in text.split("*")) or "*")
    match reading:
        case "choice":
            return st.sampled_from([*choices, "?", "*n*", '"weird"', choices[0].upper()])
        case "address":
            blocks = st.sampled_from(
                ["10.0.0.0/8", "0.0.0.0/0", "::/0", "2001:db8::/32", "::ffff:0:0/96", "::ffff:10.0.0.0/104"]
            )
            return (
                ADDRESSES.map(quoted)
                | ADDRESSES.map(lambda text: f"={quoted(text)}")
                | blocks
                | st.sampled_from(["10.*", "?", "10.0.0.1", "2001:db8::1"])
            )
        case "hours":
            return st.sampled_from(["0", "22-06", "9-17", "0-24", "23", "?"])
        case "days":
            return st.sampled_from(["sat,sun", "mon-fri", "sat-mon", "?"])
        case "number":
            return st.sampled_from(["0", ">0", "<=1", "1..2", "..1", "?"])
        case "duration":
            return st.sampled_from([">5m", "<5m", "5m", ">=1h", "299s..5m", "1h..", "?"])
        case _:
            return TEXTS.map(quoted) | TEXTS.map(lambda text: f"={quoted(text, always=True)}") | wild | st.just("?")


def filters_of(question: Filtered) -> st.SearchStrategy[Filter]:
    keys = [key for key in KEYS if key.columns(question)]
    keyed = st.sampled_from(keys).flatmap(
        lambda key: st.lists(values_of(key.reading, key.choices), min_size=1, max_size=2).map(
            lambda values: f"{key.name}:{','.join(values)}"
        )
    )
    words = TEXTS.filter(bool).map(lambda text: quoted(text, always=True))
    terms = st.tuples(st.sampled_from(["", "", "-"]), keyed | words).map("".join)
    return st.lists(terms, max_size=3).map(lambda terms: Filter.parse(" ".join(terms)))


class TestAgainstTheReference:
    @settings(max_examples=times(50, 150), deadline=None, suppress_health_check=list(HealthCheck))
    @given(rows=rows_of("sessions"), asked=filters_of("sessions"), zone=ZONES)
    def test_sessions(
        self,
        database: duckdb.DuckDBPyConnection,
        rows: list[dict[str, Any]],
        asked: Filter,
        zone: str,
    ) -> None:
        expected = [number for number, row in enumerate(rows) if matches(asked, row, "sessions", zone)]
        assert numbers(database, "sessions", rows, compile_filter(asked, "sessions", zone)) == expected

    @settings(max_examples=times(30, 100), deadline=None, suppress_health_check=list(HealthCheck))
    @given(rows=rows_of("calls"), asked=filters_of("calls"), zone=ZONES)
    def test_calls(
        self,
        database: duckdb.DuckDBPyConnection,
        rows: list[dict[str, Any]],
        asked: Filter,
        zone: str,
    ) -> None:
        expected = [number for number, row in enumerate(rows) if matches(asked, row, "calls", zone)]
        assert numbers(database, "calls", rows, compile_filter(asked, "calls", zone)) == expected


NIGHT = datetime(2026, 11, 21, 23, 30, tzinfo=UTC)  # a Saturday in UTC, a Sunday in Berlin
PEOPLE = [
    a_session(person="jane.doe"),
    a_session(person="max_weber", person_shown="max_weber", target="i-0fe2", target_name="db-1", target_names=("db-1",))
    | {"kind": "remote-port-forward", "destination": "orders:5432"},
    a_session(
        person=None, target=None, target_name=None, target_names=None, kind="unknown", status="denied", environment=None
    ),
    a_session(person="ci-deploy", person_shown="ci-deploy", kind="port-forward", source_ip="10.2.0.8")
    | {"resumes": 2, "length_seconds": 7200.0, "length_bound": "exact", "at": NIGHT},
    a_session(person="Ünal", person_shown="Ünal", reason="100%_sure", source_ip="2001:db8::5", event_ids=("e7", "e8")),
]


class TestMeaning:
    @pytest.mark.parametrize(
        ("text", "zone", "found"),
        [
            ("", "UTC", [0, 1, 2, 3, 4]),
            ("doe", "UTC", [0, 1, 2, 3, 4]),
            ("weber db", "UTC", [1]),
            ("weber orphan", "UTC", []),
            ("ÜNAL", "UTC", [4]),
            ("d*-1", "UTC", [1]),
            ("db-1", "UTC", [1]),
            ("person:jane", "UTC", []),
            ("person:JANE*", "UTC", [0]),
            ("person:jane* person:max*", "UTC", [0, 1]),
            ("person:jane*,max*", "UTC", [0, 1]),
            ("person:=jane.doe", "UTC", [0]),
            ("person:=Jane.doe", "UTC", []),
            ("-person:=Jane.doe", "UTC", [0, 1, 2, 3, 4]),
            ("person:=ci-deploy,JANE.doe", "UTC", [3]),
            ("person:=ci-deploy,=jane.doe", "UTC", [0, 3]),
            ("target:=db-1", "UTC", []),
            ("target:=i-0fe2", "UTC", [1]),
            ("ip:=2001:0DB8::5", "UTC", []),
            ("eventid:=e8", "UTC", [4]),
            ("person:max?weber", "UTC", []),
            ("person:max.weber", "UTC", []),
            ("person:max_weber", "UTC", [1]),
            ("-person:ci-*", "UTC", [0, 1, 2, 4]),
            ("-person:ci-* -person:jane*", "UTC", [1, 2, 4]),
            ("-person:*", "UTC", [2]),
            ("person:?", "UTC", [2]),
            ("-person:?", "UTC", [0, 1, 3, 4]),
            ("kind:tunnel", "UTC", [1, 3]),
            ("kind:?", "UTC", [2]),
            ("kind:tunnel -dest:*", "UTC", [3]),
            ("target:db-1", "UTC", [1]),
            ("target:i-0fe2", "UTC", [1]),
            ("target:?", "UTC", [2]),
            ("-target:web-3", "UTC", [1, 2]),
            ("dest:*:5432", "UTC", [1]),
            ("ip:10.0.0.0/8", "UTC", [3]),
            ("ip:2001:db8::/32", "UTC", [4]),
            ("ip:2001:0DB8::5", "UTC", [4]),
            ("ip:::/0", "UTC", [4]),
            ("status:denied", "UTC", [2]),
            ("status:ok", "UTC", [0, 1, 3, 4]),
            ("reason:100%_sure", "UTC", [4]),
            ("reason:*%*", "UTC", [4]),
            ("reason:*x_*", "UTC", []),
            ("resumes:>0", "UTC", [3]),
            ("length:>1h", "UTC", [3]),
            ("length:?", "UTC", [0, 1, 2, 4]),
            ("-length:>1h", "UTC", [0, 1, 2, 4]),
            ("day:sat", "UTC", [3]),
            ("day:sun", "Europe/Berlin", [3]),
            ("hour:0", "Europe/Berlin", [3]),
            ("hour:22-06", "UTC", [3]),
            ("-hour:22-06", "UTC", [0, 1, 2, 4]),
            ("e8", "UTC", [4]),
            ("eventid:e8", "UTC", [4]),
            ("eventid:e1", "UTC", [0, 1, 2, 3]),
            ("env:?", "UTC", [2]),
        ],
    )
    def test_what_is_found(self, database: duckdb.DuckDBPyConnection, text: str, zone: str, found: list[int]) -> None:
        assert numbers(database, "sessions", PEOPLE, compile_filter(Filter.parse(text), "sessions", zone)) == found

    def test_calls_have_their_own_status(self, database: duckdb.DuckDBPyConnection) -> None:
        calls = [a_call(), a_call(status="denied"), a_call(event_name="ResumeSession", session_key=None)]
        for text, found in [
            ("status:started", [0, 2]),
            ("status:ok", [0, 2]),
            ("status:denied", [1]),
            ("event:Resume*", [2]),
        ]:
            assert numbers(database, "calls", calls, compile_filter(Filter.parse(text), "calls")) == found

    def test_no_value_is_in_the_sql(self) -> None:
        made = compile_filter(
            Filter.parse("xyzzy person:xyzzy -ip:10.7.7.7 hour:7 length:>77s"), "sessions", "Asia/Kathmandu"
        )
        assert "xyzzy" not in made.sql
        assert "7" not in made.sql
        assert "Kathmandu" not in made.sql
        assert made.sql.count("?") == len(made.parameters)

    def test_the_sql_of_a_filter(self) -> None:
        assert compile_filter(Filter(), "sessions") == Condition("TRUE", ())
        assert compile_filter(Filter.parse("person:jane,?  -dest:*_*"), "sessions") == Condition(
            """(("person" ILIKE ?) OR ("person" IS NULL)) AND (("destination" ILIKE ? ESCAPE '\\') IS NOT TRUE)""",
            ("jane", "%\\_%"),
        )

    def test_a_lone_surrogate_is_no_error(self, database: duckdb.DuckDBPyConnection) -> None:
        rows = [a_session(person="a\ufffd"), a_session()]
        assert numbers(database, "sessions", rows, compile_filter(Filter.parse("person:a\udcff"), "sessions")) == [0]
