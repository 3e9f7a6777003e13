"""Whichever view counts, it counts the same: matrix, usage, people, machines, pairs, the list, the headless twin."""

from __future__ import annotations

import json
import random
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from threading import Event
from typing import TYPE_CHECKING, Any, get_args
from unittest import mock

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ssmtrail.queries import drills
from ssmtrail.queries.config import Settings
from ssmtrail.queries.counts import MOST_PAGE_PARTS
from ssmtrail.queries.filters import Filter
from ssmtrail.queries.inventory import Inventory, Machine
from ssmtrail.queries.model import Measure, Question, QuestionName, Scope, Totals
from ssmtrail.queries.sources.files.source import FilesSource
from ssmtrail.queries.times import Unit, Window
from ssmtrail.queries.trail import Trail
from ssmtrail.queries.views import DENIED, Breakdown, Matrix, Page, PartName
from ssmtrail.tui.cli.query import Order, answer_order
from tests.queries.test_windows_and_stores import FIRST, clock, story
from tests.records import REGION, assumed_role, call, denied, iam_user, opened, start, terminate, write_file
from tests.thorough import times

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.records import Record

REMOTE = "AWS-StartPortForwardingSessionToRemoteHost"
#: Two are the same address, two the same name.
ADDRESSES = ("203.0.113.7", "2001:db8::1", "2001:0DB8::1", "ssm.amazonaws.com", "SSM.amazonaws.com")
#: One machine is called as another one's id.
INVENTORY = Inventory((Machine("i-0aaa1111", "i-0bbb2222", "prod"), Machine("mi-0ccc3333", "db-1", "prod")))
NEVER = Event()
PLAIN = 3


def busy_story(seed: int, *, plain: bool = False) -> list[Record]:
    """People, machines, kinds, refusals, and what is unknown of them; unless `plain` also what reaches over days."""
    chance = random.Random(seed)

    def moment() -> str:
        return clock(FIRST + timedelta(seconds=chance.randrange(14 * 86400)))

    records = [] if plain else story(seed)
    for number in range(60):
        who = chance.choice(
            [
                iam_user("jane"), iam_user("Jane", key="AKIAJANE2"),
                iam_user("eve", key="AKIAEVE"), iam_user('o"dd, \\name*', key="AKIAODD"),
                assumed_role("Ops", "botocore-session-8", key="ASIANOBODY2"),
                assumed_role("ops", "botocore-session-7", key="ASIANOBODY"),
                assumed_role("night", "i-0123456789abcdef0", key="ASIAMACHINE"), assumed_role("dev", "jane"),
            ]
        )  # fmt: skip
        account = chance.choice(["111122223333", "444455556666", None])
        more: Record = {"recipientAccountId": account, "awsRegion": chance.choice([REGION, "us-east-1"])}
        more["sourceIPAddress"] = chance.choice([*ADDRESSES, None, f"10.0.0.{number % 9}"])
        target = chance.choice(["i-0aaa1111", "I-0AAA1111", "i-0bbb2222", "mi-0ccc3333", "ecs:shop_task_1"])
        match chance.randrange(6):
            case 0:
                resource = chance.choice([f"arn:aws:ec2:{REGION}:1:instance/{target}", "arn:aws:ssm:::document/x"])
                records.append(denied("StartSession", moment(), resource, who, **more))
            case 1:
                fails = {"errorCode": "TargetNotConnected", "errorMessage": "not connected"}
                records.append(start(moment(), None, target, who) | more | fails)
            case 2:
                records.append(terminate(moment(), f"nobody-{number}", who, **more))
            case 3:
                parameters: Record = {"portNumber": ["5432"], "host": [chance.choice(["db", "DB"])]}
                records.append(
                    start(moment(), f"t-{number}", target, who, document=REMOTE, parameters=parameters, **more)
                )
            case _:
                at = moment()
                records.append(start(at, f"u-{number}", target, who, **more))
                if chance.random() < 0.5:
                    records.append(terminate(at, f"u-{number}", iam_user("boss", key="AKIABOSS"), **more))
    # A start whose request and answer were scrubbed names no machine.
    records.append(call("StartSession", moment(), iam_user("jane")))
    return records


FILTERS = (
    "", "", "person:jane", "person:?", "-person:jane", "target:?", "target:i-0aaa*", "kind:tunnel", "-kind:shell",
    "status:denied,failed", "status:started", "account:?", "account:4444*", "role:ops", "day:sat,sun hour:6-18",
    "jane", "person:? role:night", "person:=Jane",
    "-target:=I-0AAA1111 ip:2001:db8::1", "region:us-* -target:i-0bbb2222", "error:*", "env:prod",
)  # fmt: skip
ZONES = ("UTC", "Europe/Berlin", "Asia/Kolkata", "America/St_Johns")


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[tuple[Path, Trail]]]:
    with ExitStack() as stack:
        made = []
        for seed in range(4):
            home = tmp_path_factory.mktemp("story")
            write_file(home / "trail" / "trail.json", busy_story(seed, plain=seed == PLAIN))
            made.append((home / "trail", stack.enter_context(opened(home / "trail", home / "store", INVENTORY))))
        yield made


def rows_of(service: Trail, name: QuestionName, scope: Scope, unit: Unit = "day") -> list[dict[str, Any]]:
    answer = service.ask(Question(name, scope, unit=unit), NEVER)
    try:
        rows = answer.page(0, answer.totals.rows)
        return [dict(zip(answer.columns, row, strict=True)) for row in rows]
    finally:
        answer.close()


def counts_of(rows: list[dict[str, Any]]) -> tuple[int, int, int]:
    """Sessions, calls, denied."""
    sessions, calls, denied_ = (sum(row[name] for row in rows) for name in ("sessions", "calls", "denied"))
    return sessions, calls, denied_


def counted_in_lists(service: Trail, scope: Scope) -> tuple[int, int, int]:
    """Also by the plain words for the scope, which have to hold the same."""
    found = _listed(service, scope)
    if (readable := service.readable(scope)) != scope:
        assert _listed(service, readable) == found
    return found


def _listed(service: Trail, scope: Scope) -> tuple[int, int, int]:
    statuses = [row["status"] for row in rows_of(service, "sessions", scope)]
    # Of copies that contradict each other all are listed, and one counts.
    calls = len({row["key"].split(" copy ")[0] for row in rows_of(service, "calls", scope)})
    return statuses.count("started"), calls, statuses.count("denied")


@st.composite
def windows(draw: st.DrawFn) -> Window:
    begin = draw(st.none() | st.integers(-24, 14 * 24))
    hours = draw(st.none() | st.integers(1, 200))
    start_at = None if begin is None else FIRST + timedelta(hours=begin)
    return Window(start_at, None if hours is None else (start_at or FIRST) + timedelta(hours=hours))


def scopes() -> st.SearchStrategy[Scope]:
    filters = st.sampled_from(FILTERS).map(Filter.parse)
    return st.builds(Scope, windows(), filters, st.sampled_from(ZONES))


EXAMPLES = settings(max_examples=times(3, 100), deadline=None, suppress_health_check=list(HealthCheck))
COUNTING: tuple[QuestionName, ...] = ("pairs", "people", "instances", "usage")
DRILLED: tuple[QuestionName, ...] = ("people", "instances", "pairs", "tunnels")
LISTS: tuple[QuestionName, ...] = ("sessions", "calls")
PARTS: tuple[Breakdown, ...] = ("person", "instance", "kind", "account")
MEASURES: tuple[Measure, ...] = get_args(Measure)


@EXAMPLES
@given(number=st.integers(0, 3), scope=scopes(), unit=st.sampled_from(get_args(Unit)), data=st.data())
def test_every_view_counts_the_same(
    services: list[tuple[Path, Trail]], number: int, scope: Scope, unit: Unit, data: st.DataObject
) -> None:
    _, service = services[number]
    expected = counted_in_lists(service, scope)
    for name in COUNTING:
        assert counts_of(rows_of(service, name, scope, unit=unit)) == expected, name
    whole = counted_in_lists(service, replace(scope, filter=Filter()))
    for measure in MEASURES:
        count = expected[MEASURES.index(measure)]
        assert service.totals(scope, NEVER, measure=measure) == Totals(
            count, whole[MEASURES.index(measure)], expected[0],
            len({row["person"] for row in rows_of(service, "people", scope)} - {None}),
            len({row["target"] for row in rows_of(service, "instances", scope)} - {None}),
        )  # fmt: skip
        turned = data.draw(st.booleans())
        matrix = service.matrix(scope, NEVER, measure=measure, turned=turned)
        assert (matrix.total, matrix.denied) == (count, expected[2])
        adds_up(matrix)
        possible = [each for each in get_args(Breakdown) if each != "call" or measure == "calls"]
        breakdown: Breakdown = data.draw(st.sampled_from(possible))
        usage = service.chart(scope, NEVER, measure=measure, unit=unit, breakdown=breakdown)
        assert sum(usage.totals) == sum(series.total for series in usage.series) == count
        assert sum(usage.denied) == expected[2]
        assert usage.totals == tuple(row[measure] for row in rows_of(service, "usage", scope, unit=unit))
        assert sum(map(sum, service.heat(scope, NEVER, measure=measure).counts)) == count


def adds_up(matrix: Matrix) -> None:
    """Sums of cells are those of their rows, their columns, the whole."""
    downs, acrosses = (matrix.machines, matrix.people) if matrix.turned else (matrix.people, matrix.machines)
    columns = [0] * len(acrosses)
    cells = 0
    totals = [down.count for down in downs]
    for place, total in enumerate(totals):
        row = matrix.row(place)
        assert list(row.columns) == sorted(set(row.columns))
        counted = 0
        for column, count, mark in zip(row.columns, row.counts, row.marks, strict=True):
            cells += 1
            assert count > 0
            if mark != DENIED:
                counted += count
                columns[column] += count
                assert count <= matrix.largest
        assert counted == total
    assert columns == [across.count for across in acrosses]
    assert cells == matrix.cells


@EXAMPLES
@given(number=st.integers(0, 3), scope=scopes())
def test_what_stands_behind_a_number_is_as_many(services: list[tuple[Path, Trail]], number: int, scope: Scope) -> None:
    _, service = services[number]
    chance = random.Random(str(scope))
    for name in DRILLED:
        rows = rows_of(service, name, scope)
        for row in chance.sample(rows, min(2, len(rows))):
            inner = scope_behind(name, row["key"], scope)
            assert counted_in_lists(service, inner) == (row["sessions"], row["calls"], row["denied"]), inner
    matrix = service.matrix(scope, NEVER)
    for person in matrix.people[:2]:
        for machine in matrix.machines[-2:]:
            cell = service.cell(scope, person.id, machine.target, NEVER)
            inner = drills.of_pair(scope, person.id, machine.target)
            assert counted_in_lists(service, inner) == (cell.sessions, cell.calls, cell.denied), inner
            found = [row for name in LISTS for row in rows_of(service, name, inner)]
            times = [row["at"] for row in found if row["status"] != "orphan"]
            assert (cell.first_seen, cell.last_seen) == (min(times, default=None), max(times, default=None))


@EXAMPLES
@given(number=st.integers(0, 3), scope=scopes(), measure=st.sampled_from(MEASURES))
def test_what_stands_behind_a_part_of_a_page_is_as_many(
    services: list[tuple[Path, Trail]], number: int, scope: Scope, measure: Measure
) -> None:
    _, service = services[number]
    chance = random.Random(str(scope))
    for name in ("people", "instances"):
        rows = rows_of(service, name, scope)
        for row in chance.sample(rows, min(2, len(rows))):
            inner, page = page_behind(service, name, row["key"], scope, measure)
            assert [parts.name for parts in page.parts] == list(get_args(PartName))
            for parts in page.parts:
                assert len(parts.largest) == min(parts.known, MOST_PAGE_PARTS)
                sizes = [getattr(part, measure) for part in parts.largest]
                assert sizes == sorted(sizes, reverse=True)
                if parts.known == len(parts.largest):
                    assert sum(sizes) == page[measure]
                part = chance.choice(parts.largest)
                behind = drills.of_part(inner, parts.name, part.key)
                assert counted_in_lists(service, behind) == (part.sessions, part.calls, part.denied), behind
                seen = [each["at"] for name in LISTS for each in rows_of(service, name, behind)]
                assert part.last_seen in seen


def page_behind(service: Trail, name: str, key: str, scope: Scope, measure: Measure) -> tuple[Scope, Page]:
    if name == "people":
        who = drills.person_of(key)
        return drills.of_person(scope, who), service.person(who, scope, NEVER, measure=measure)
    target = drills.target_of(key)
    return drills.of_machine(scope, target), service.instance(target, scope, NEVER, measure=measure)


def scope_behind(name: str, key: str, scope: Scope) -> Scope:
    if name == "people":
        return drills.of_person(scope, drills.person_of(key))
    if name == "instances":
        return drills.of_machine(scope, drills.target_of(key))
    if name == "pairs":
        return drills.of_pair(scope, drills.person_of(key), drills.target_of(key))
    return drills.of_tunnel(scope, *drills.tunnel_of(key))


@EXAMPLES
@given(number=st.integers(0, 3), scope=scopes(), unit=st.sampled_from(get_args(Unit)))
def test_what_stands_behind_a_bar_and_a_part_of_it_is_as_many(
    services: list[tuple[Path, Trail]], number: int, scope: Scope, unit: Unit
) -> None:
    _, service = services[number]
    usage = service.chart(scope, NEVER, unit=unit)
    busy = [place for place, total in enumerate(usage.totals) if total]
    for place in busy[:3] if number == PLAIN else []:
        # Joins of a bar look around the bar: it is the same only where none reaches further.
        bar = drills.of_bar(scope, usage.buckets[place], [*usage.buckets[1:], None][place])
        assert counted_in_lists(service, bar)[0] == usage.totals[place]
    for breakdown in (random.Random(str(scope)).choice(PARTS),):
        usage = service.chart(scope, NEVER, unit=unit, breakdown=breakdown)
        for series in usage.series:
            if series.key is not None:
                inner = drills.of_series(scope, breakdown, series.key)
                assert counted_in_lists(service, inner)[0] == series.total
    heat = service.heat(scope, NEVER)
    hot = [(weekday, hour) for weekday in range(7) for hour in range(24) if heat.counts[weekday][hour]]
    for weekday, hour in random.Random(str(scope)).sample(hot, min(3, len(hot))):
        inner = drills.of_hour(scope, weekday, hour)
        assert counted_in_lists(service, inner)[0] == heat.counts[weekday][hour]
        first = hour // 4 * 4
        inner = drills.of_hour(scope, weekday, first, 4)
        assert counted_in_lists(service, inner)[0] == sum(heat.counts[weekday][first : first + 4])


@pytest.fixture(scope="module")
def commands_trail(services: list[tuple[Path, Trail]], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trail]:
    """The trail that the commands open; it stays open after each of them."""
    folder, _ = services[0]
    made = Trail(FilesSource(folder), tmp_path_factory.mktemp("commands") / "store")
    with mock.patch.object(made, "close"):
        yield made
    made.close()


@pytest.mark.parametrize("where", ["", "person:? -kind:tunnel", "target:?"])
@pytest.mark.parametrize("measure", MEASURES)
def test_commands_count_the_same(
    services: list[tuple[Path, Trail]], commands_trail: Trail, tmp_path: Path, where: str, measure: Measure
) -> None:
    _, service = services[0]
    scope = Scope(Window(FIRST + timedelta(days=2), FIRST + timedelta(days=9)), Filter.parse(where))
    expected = counted_in_lists(service, scope)
    for name in COUNTING:
        out = tmp_path / f"{name}.json"
        order = Order(Question(name, scope, measure=measure), Settings(), "json", out, quiet=True)
        assert answer_order(order, lambda: commands_trail) == 0
        assert counts_of(json.loads(out.read_text())) == expected
