"""People, machines, tunnels, the matrix, the chart: small stories whose numbers a person can see."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from threading import Event
from typing import TYPE_CHECKING

import pytest

from ssmtrail.queries import drills
from ssmtrail.queries.details import presence
from ssmtrail.queries.errors import Cancelled, UsageError
from ssmtrail.queries.filters import Filter
from ssmtrail.queries.inventory import Inventory, Machine
from ssmtrail.queries.model import Question, Scope, Sort
from ssmtrail.queries.times import Window
from ssmtrail.queries.views import Breakdown, PersonId
from tests.queries.test_numbers_agree import DRILLED
from tests.records import ask, assumed_role, denied, iam_user, opened, resume, start, terminate, told, write_file

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ssmtrail.queries.trail import Trail

NEVER = Event()
ALL = Scope(Window(), Filter())
ACCOUNT = "111122223333"
WEB, DB = "i-0aaa1111", "i-0bbb2222"
JANE, MAX = assumed_role("Admin", "jane"), iam_user("max", key="AKIAMAX")
NOBODY = assumed_role("ops", "botocore-session-7", key="ASIANOBODY")
#: The AWS CLI's own client.
CLI = "aws-cli/2.17.0 md/command#ssm.start-session"
REMOTE = "AWS-StartPortForwardingSessionToRemoteHost"
ORDERS = {"host": ["orders.rds"], "portNumber": ["5432"]}
RECORDS = [
    start("10:00:00", "a-1", WEB, JANE),
    start("11:00:00", "a-2", WEB, JANE, sourceIPAddress="198.51.100.1"),
    terminate("11:30:00", "a-2", MAX),
    start("12:00:00", "b-1", DB, MAX, document=REMOTE, parameters=ORDERS),
    start("13:00:00", "b-2", DB, NOBODY),
    denied("StartSession", "14:00:00", "arn:aws:ssm:::document/x", NOBODY),
    denied(
        "StartSession", "15:00:00", f"arn:aws:ec2:eu-central-1:{ACCOUNT}:instance/{WEB}", MAX, awsRegion="us-east-1"
    ),
]
NAMES = Inventory((Machine(WEB, "web-1", "prod"), Machine("i-0ccc3333", "box", "dev")))


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trail]:
    home = tmp_path_factory.mktemp("counting")
    write_file(home / "trail" / "one.json", RECORDS)
    with opened(home / "trail", home / "store", NAMES) as made:
        yield made


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-11-20T{text}+00:00").astimezone(UTC)


class TestPeople:
    def test_each_person_of_an_account_is_a_row(self, service: Trail) -> None:
        rows = {row["person_shown"]: row for row in ask(service, "people")}
        assert set(rows) == {"jane", "max", "unknown behind ops"}
        jane = rows["jane"]
        assert (jane["roles"], jane["targets"], jane["sessions"], jane["source_ips"]) == (("Admin",), 1, 2, 2)
        assert (jane["first_seen"], jane["last_seen"]) == (at("10:00:00"), at("11:00:00"))
        # He ended a session on the web server, was refused there, and reached a database through another machine.
        max_ = rows["max"]
        assert (max_["roles"], max_["targets"], max_["sessions"], max_["calls"], max_["denied"]) == ((), 2, 1, 3, 1)

    def test_an_unknown_one_is_told_apart_by_the_role(self, service: Trail) -> None:
        (row,) = [row for row in ask(service, "people") if row["person"] is None]
        # What names no machine is no machine.
        assert (row["behind"], row["roles"], row["targets"], row["sessions"], row["denied"]) == (
            "ops",
            ("ops",),
            1,
            1,
            1,
        )


class TestValues:
    def test_the_values_of_a_key_with_their_rows(self, service: Trail) -> None:
        assert service.values(ALL, "person", "", NEVER) == (("jane", 2), ("max", 2))
        assert service.values(ALL, "person", "J", NEVER) == (("jane", 2),)
        # Ids and names of machines, each with its rows.
        assert service.values(ALL, "target", "w", NEVER) == (("web-1", 3),)
        assert service.values(ALL, "person", "", NEVER, most=1) == (("jane", 2),)

    def test_those_of_calls_and_of_a_scope(self, service: Trail) -> None:
        assert service.values(ALL, "event", "", NEVER, entity="calls")[0] == ("StartSession", 6)
        assert service.values(ALL, "event", "", NEVER) == ()
        narrowed = Scope(Window(), Filter("kind:shell"))
        assert service.values(narrowed, "person", "", NEVER) == (("jane", 2),)

    def test_numbers_times_and_what_is_no_key_have_none(self, service: Trail) -> None:
        for key in ("resumes", "hour", "colour", "eventid"):
            assert service.values(ALL, key, "", NEVER) == ()

    def test_ids_of_events_are_not_completed_in_any_list(self, service: Trail) -> None:
        for entity in ("sessions", "calls", "doors"):
            assert service.values(ALL, "eventid", "", NEVER, entity=entity) == ()

    def test_a_value_is_no_pattern(self, service: Trail) -> None:
        for start_of in ("%", "_", "*", "'", '"', "j%"):
            assert service.values(ALL, "person", start_of, NEVER) == ()


class TestInstances:
    def test_each_machine_is_a_row(self, service: Trail) -> None:
        rows = {row["target"]: row for row in ask(service, "instances")}
        assert set(rows) == {WEB, DB, None}
        web = rows[WEB]
        assert (web["target_name"], web["environment"], web["target_kind"]) == ("web-1", "prod", "ec2")
        # The attempt in another region does not move it.
        assert (web["account"], web["region"], web["people"], web["sessions"]) == (ACCOUNT, "eu-central-1", 2, 2)

    def test_what_names_none_has_a_row(self, service: Trail) -> None:
        (row,) = [row for row in ask(service, "instances") if row["target"] is None]
        assert (row["account"], row["region"], row["target_kind"]) == (None, None, "unknown")
        assert (row["people"], row["sessions"], row["denied"]) == (1, 0, 1)


class TestTunnels:
    def test_each_destination_is_a_row(self, service: Trail) -> None:
        (row,) = ask(service, "tunnels")
        assert (row["destination"], row["kind"]) == ("orders.rds:5432", "remote-port-forward")
        assert (row["people"], row["targets"], row["sessions"], row["calls"]) == (1, 1, 1, 1)

    def test_ssh_is_none_and_one_without_a_port_is(self, tmp_path: Path) -> None:
        rows = told(
            tmp_path, "tunnels",
            start("10:00:00", "a-1", document="AWS-StartSSHSession"),
            start("11:00:00", "a-2", document="AWS-StartPortForwardingSession"),
        )  # fmt: skip
        assert [(row["destination"], row["sessions"]) for row in rows] == [("localhost:80", 1)]


class TestOrder:
    def test_a_row_is_found_by_its_key(self, service: Trail) -> None:
        for name in DRILLED:
            rows = ask(service, name)
            assert len({row["key"] for row in rows}) == len(rows)
        rows = ask(service, "pairs", sort=(Sort("person", descending=True), Sort("target")))
        assert [(row["person"], row["target"]) for row in rows] == [
            ("max", WEB), ("max", DB), ("jane", WEB), (None, DB), (None, None)
        ]  # fmt: skip

    def test_pairs_know_their_places(self, service: Trail) -> None:
        answer = service.ask(Question("pairs", ALL), NEVER)
        keys = [row[0] for row in answer.page(0, 9, ["key"])]
        assert [answer.position(str(key)) for key in keys] == list(range(5))
        assert answer.position("nonsense") is None
        assert answer.position('["1","2","3","4","5","6"]') is None
        assert (answer.totals.people, answer.totals.machines) == (2, 2)


class TestMatrix:
    def test_rows_and_columns_are_the_most_used_first(self, service: Trail) -> None:
        matrix = service.matrix(ALL, NEVER)
        assert [(person.label, person.count) for person in matrix.people] == [
            ("jane", 2), ("max", 1), ("unknown behind ops", 1)
        ]  # fmt: skip
        # Those of an environment stand before those of none.
        assert [(machine.target, machine.count) for machine in matrix.machines] == [(WEB, 2), (DB, 2), (None, 0)]
        assert (matrix.total, matrix.denied, matrix.largest, matrix.cells) == (4, 2, 2, 5)
        cells = [matrix.row(number) for number in range(3)]
        assert [list(row.columns) for row in cells] == [[0], [0, 1], [1, 2]]
        assert [list(row.counts) for row in cells] == [[2], [1, 1], [1, 1]]
        assert [row.marks for row in cells] == [" ", "dt", " d"]

    def test_by_calls_what_only_ended_is_there_too(self, service: Trail) -> None:
        matrix = service.matrix(ALL, NEVER, measure="calls")
        assert (matrix.total, [list(matrix.row(number).counts) for number in range(3)]) == (7, [[2, 1], [1, 1], [2]])

    def test_turned_it_holds_the_same(self, service: Trail) -> None:
        matrix = service.matrix(ALL, NEVER, order="name", turned=True)
        assert [machine.target for machine in matrix.machines] == [DB, WEB, None]
        assert [list(matrix.row(number).columns) for number in range(3)] == [[1, 2], [0, 1], [2]]

    def test_the_last_seen_first(self, service: Trail) -> None:
        matrix = service.matrix(ALL, NEVER, order="last")
        assert [person.label for person in matrix.people] == ["max", "unknown behind ops", "jane"]

    def test_a_cell_tells_what_it_is_of(self, service: Trail) -> None:
        cell = service.cell(ALL, PersonId(ACCOUNT, "max", "iam-user"), DB, NEVER)
        assert (cell.sessions, cell.calls, cell.denied, cell.kinds) == (1, 1, 0, ("remote-port-forward",))
        assert (cell.first_seen, cell.last_seen, cell.first_ever) == (at("12:00:00"), at("12:00:00"), False)
        assert service.cell(ALL, PersonId(ACCOUNT, "jane", "role-session"), DB, NEVER).last_seen is None

    def test_a_first_session_after_a_week_of_data_is_marked(self, tmp_path: Path) -> None:
        records = [start("2026-11-01T10:00:00Z", "a-1", WEB), start("2026-11-10T10:00:00Z", "a-2", DB)]
        write_file(tmp_path / "trail" / "one.json", records)
        with opened(tmp_path / "trail", tmp_path / "store") as service:
            matrix = service.matrix(ALL, NEVER, order="name")
            assert matrix.row(0).marks == " f"

    def test_it_can_be_cancelled(self, service: Trail) -> None:
        cancelled = Event()
        cancelled.set()
        with pytest.raises(Cancelled):
            service.matrix(ALL, cancelled)

    def test_new_data_are_in_the_next_one(self, tmp_path: Path) -> None:
        write_file(tmp_path / "trail" / "one.json", RECORDS[:1])
        with opened(tmp_path / "trail", tmp_path / "store") as service:
            service.prepare(NEVER)
            assert service.matrix(ALL, NEVER).total == 1
            write_file(tmp_path / "trail" / "two.json", RECORDS[1:])
            service.fetch(lambda _: None, NEVER)
            assert service.matrix(ALL, NEVER).total == 4


class TestUsage:
    def test_bars_have_parts(self, service: Trail) -> None:
        day = Scope(Window(at("00:00:00"), at("00:00:00") + timedelta(days=1)), Filter(), "Asia/Kolkata")
        usage = service.chart(day, NEVER, unit="hour", breakdown="person")
        assert [(series.label, series.total) for series in usage.series] == [
            ("jane", 2), ("max", 1), ("unknown behind ops", 1)
        ]  # fmt: skip
        # Hours there begin at half past.
        busy = [f"{bucket:%H:%M}" for bucket, count in zip(usage.buckets, usage.totals, strict=True) if count]
        assert busy == ["15:00", "16:00", "17:00", "18:00"]
        assert sum(usage.denied) == 2

    def test_the_smaller_parts_are_one(self, tmp_path: Path) -> None:
        records = [
            start(f"10:{place:02}:{again:02}", f"s-{place}-{again}", f"i-0{place:07}")
            for place in range(10)
            for again in range(10 - place)
        ]
        write_file(tmp_path / "trail" / "one.json", records)
        with opened(tmp_path / "trail", tmp_path / "store") as service:
            series = service.chart(ALL, NEVER, breakdown="instance").series
            assert [each.total for each in series] == [10, 9, 8, 7, 6, 15]
            assert (series[-1].key, series[-1].label) == (None, "other")

    def test_sessions_have_no_names_of_calls(self, service: Trail) -> None:
        with pytest.raises(UsageError):
            service.chart(ALL, NEVER, breakdown="call")
        series = service.chart(ALL, NEVER, measure="calls", breakdown="call").series
        assert [(each.label, each.total) for each in series] == [("StartSession", 6), ("TerminateSession", 1)]

    def test_the_period_before_is_what_is_kept_of_it(self, service: Trail) -> None:
        noon = Scope(Window(at("12:00:00"), at("15:00:00")), Filter())
        usage = service.chart(noon, NEVER, unit="hour")
        # The trail begins at ten: of the hour before nothing is known.
        assert (usage.totals, usage.before) == ((1, 1, 0), (None, 1, 1))
        assert service.chart(ALL, NEVER).before == ()

    def test_heat_is_by_the_clock_there(self, service: Trail) -> None:
        heat = service.heat(Scope(Window(), Filter(), "Asia/Kolkata"), NEVER)
        hours = {(day, hour): count for day, row in enumerate(heat.counts) for hour, count in enumerate(row) if count}
        assert hours == {(4, 15): 1, (4, 16): 1, (4, 17): 1, (4, 18): 1}
        assert [(label, count) for _, label, count in heat.people] == [
            ("jane", 2), ("max", 1), ("unknown behind ops", 1)
        ]  # fmt: skip
        assert [(label, count) for _, label, count in heat.machines] == [("web-1", 2), (DB, 2)]

    def test_nothing_is_nothing(self, service: Trail) -> None:
        nothing = Scope(Window(), Filter.parse("person:zzz"))
        assert set(service.chart(nothing, NEVER, breakdown="kind").totals) == {0}
        assert service.matrix(nothing, NEVER).people == ()
        assert service.heat(nothing, NEVER).people == ()


class TestPages:
    def test_a_person(self, service: Trail) -> None:
        page = service.person(PersonId(ACCOUNT, "jane", "role-session"), ALL, NEVER)
        assert (page["sessions"], page["source_ips"], page.heat.counts[4][10]) == (2, 2, 1)
        assert service.person(PersonId(ACCOUNT, None, behind="ops"), ALL, NEVER)["denied"] == 1

    def test_a_machine(self, service: Trail) -> None:
        page = service.instance(WEB, ALL, NEVER)
        assert (page["people"], page["target_name"], page.heat.counts[4][10]) == (2, "web-1", 1)

    def test_nobody(self, service: Trail) -> None:
        with pytest.raises(UsageError):
            service.person(PersonId(ACCOUNT, "zzz"), ALL, NEVER)


class TestAsOf:
    @pytest.fixture(scope="class")
    def stays(self, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trail]:
        home = tmp_path_factory.mktemp("stays")
        records = [
            start("10:00:00", "ended", WEB, iam_user("ended")), terminate("11:00:00", "ended", iam_user("ended")),
            start("10:10:00", "alive", WEB, iam_user("alive")), resume("11:30:00", "alive", iam_user("alive")),
            start("10:20:00", "open", WEB, iam_user("open")),
            start("10:30:00", "gone", WEB, iam_user("gone"), userAgent=CLI),
            terminate("10:30:01", "gone", iam_user("gone"), userAgent=CLI),
            denied("StartSession", "10:40:00", f"arn:aws:ec2:::instance/{WEB}", iam_user("refused")),
            start("10:50:00", "other", DB, iam_user("other")),
        ]  # fmt: skip
        write_file(home / "trail" / "one.json", records)
        with opened(home / "trail", home / "store", possible_hours=6) as made:
            yield made

    @pytest.mark.parametrize(
        ("clock", "certain", "possible"),
        [
            ("09:59:59", set(), set()),
            ("10:00:00", {"ended"}, set()),
            ("10:20:00", {"ended", "alive", "open"}, set()),
            # A client without its plugin got no shell that the records would prove.
            ("10:30:01", {"ended", "alive"}, {"open", "gone"}),
            ("10:30:02", {"ended", "alive"}, {"open"}),
            ("11:00:00", {"ended", "alive"}, {"open"}),
            ("11:00:01", {"alive"}, {"open"}),
            ("11:30:01", set(), {"alive", "open"}),
            # Six hours after the start and after the last proof of life, never longer.
            ("16:20:00", set(), {"alive", "open"}),
            ("16:20:01", set(), {"alive"}),
            ("17:30:01", set(), set()),
        ],
    )
    def test_certain_and_possible_are_apart(
        self, stays: Trail, clock: str, certain: set[str], possible: set[str]
    ) -> None:
        # The filter hides nobody who was there.
        found = stays.machine_as_of(WEB, at(clock), Scope(Window(), Filter.parse("person:zzz")), NEVER)
        told = {state: {stay.label for stay in found.stays if presence(stay, at(clock)) == state}
                for state in ("certain", "possible")}  # fmt: skip
        assert told == {"certain": certain, "possible": possible}
        assert found.possible == timedelta(hours=6)

    def test_what_began_before_the_window_is_seen(self, stays: Trail) -> None:
        afternoon = Scope(Window(at("11:00:00"), at("20:00:00")), Filter())
        found = stays.machine_as_of(WEB, at("11:10:00"), afternoon, NEVER)
        assert [stay.label for stay in found.stays] == ["ended", "alive", "open", "gone"]
        # What began before the look-around is not looked at, and that is said.
        assert found.read == afternoon.window.look_around()


@pytest.mark.parametrize(
    ("asked", "kept"),
    [
        ("", "kind:tunnel"),
        ("kind:shell,tunnel -kind:ssh", "-kind:ssh kind:tunnel"),
        ("kind:*port-forward", "kind:tunnel"),
        ("kind:port* person:jane", "person:jane kind:port-forward"),
        ("kind:remote-port-forward", "kind:remote-port-forward"),
    ],
)
def test_the_part_of_tunnels_is_as_much_of_them_as_was_asked_for(asked: str, kept: str) -> None:
    assert drills.of_series(Scope(Window(), Filter.parse(asked)), "kind", '"tunnel"').filter.text == kept


def test_parts_are_left_out_by_their_names() -> None:
    def left(breakdown: Breakdown, key: str) -> str:
        return drills.without_series(ALL, breakdown, key).filter.text

    assert (left("kind", '"tunnel"'), left("kind", '"ssh"')) == ("-kind:tunnel", "-kind:ssh")
    assert (left("person", '["1","jane",null,"iam-user",null]'), left("instance", "[null]")) == (
        "-person:jane",
        "-target:?",
    )


def test_drills_say_what_they_keep() -> None:
    scope = Scope(Window(), Filter.parse("person:ja* -kind:ssh"))
    assert drills.of_person(scope, PersonId(None, None, behind="ops")).filter.text == (
        "-kind:ssh account:? personkind:unknown person:? role:=ops"
    )
    assert drills.of_pair(ALL, PersonId("1", 'o"d *', "iam-user"), None).filter.text == (
        'account:1 personkind:iam-user person:="o\\"d \\*" target:?'
    )
    assert drills.of_denied(ALL).filter.text == "status:denied"
    assert drills.of_started(ALL).filter.text == "status:started"
    assert drills.of_hour(ALL, 6, 23).filter.text == "day:sun hour:23"
    assert drills.of_hour(ALL, 6, 18, 6).filter.text == "day:sun hour:18-24"
    asked = Scope(Window(), Filter.parse("hour:22-02,19"))
    assert drills.of_hour(asked, 6, 18, 6).filter.text == "day:sun hour:19 hour:22 hour:23"
    assert drills.without_hours(ALL, 18, 6).filter.text == "-hour:18-24"
    assert drills.of_tunnel(ALL, "db:5432", "port-forward").filter.text == "dest:=db:5432 kind:port-forward"
    assert drills.of_part(ALL, "address", '"10.0.0.1"').filter.text == "ip:=10.0.0.1"
    assert drills.of_part(ALL, "account", '"111122223333"').filter.text == "account:111122223333"
    assert drills.of_part(ALL, "role", "null").filter.text == "role:?"
    day = Window(at("00:00:00"), at("10:30:00"))
    bar = drills.of_bar(Scope(day, Filter()), at("10:00:00"), at("11:00:00"))
    assert bar.window == Window(at("10:00:00"), at("10:30:00"))
