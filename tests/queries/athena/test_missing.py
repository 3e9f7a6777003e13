"""Days that the table does not have: reported, never stored as days without sessions."""

from __future__ import annotations

import threading
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest
import sqlglot

from ssmtrail.queries.errors import SourceError
from ssmtrail.queries.sources.athena.statements import any_record
from tests.athena_emulator.faults import Fault
from tests.queries.athena.conftest import DAYS, FIRST
from tests.queries.athena.kinds import KINDS, Kind
from tests.queries.athena.stage import fetched, opened, planned, sessions, states, window
from tests.queries.athena.test_service import NEEDED, NO_LISTING, WEEK, bytes_of

if TYPE_CHECKING:
    from pathlib import Path

    from tests.athena_emulator import EmulatedTable, Emulator

DAY = date(2026, 11, 14)
DENIED = Fault("GetTableMetadata", "AccessDeniedException", "not authorized: athena:GetTableMetadata", times=-1)


def key_of(table: EmulatedTable, day: date) -> str:
    return f"{table.prefix}{day:%Y/%m/%d}/a.json.gz"


def archive(emulator: Emulator, day: date, name: str = "a", *, restored: bool = False) -> None:
    """Move a file of a day to Glacier."""
    [table] = emulator.engine.tables
    key = key_of(table, day).replace("a.json", f"{name}.json")
    found = emulator.buckets.get(table.bucket, key)
    assert found is not None
    emulator.buckets.put(table.bucket, key, found.data, "DEEP_ARCHIVE", restored=restored)


class TestGlue:
    @pytest.mark.parametrize(
        "fault",
        [
            DENIED,
            Fault("GetTableMetadata", "UnknownOperationException", "", times=-1),
            Fault("GetTableMetadata", "MetadataException", "This table type is not supported", times=-1),
            Fault("GetTableMetadata", "InvalidRequestException", "Unsupported catalog operation", times=-1),
        ],
        ids=lambda fault: fault.code,
    )
    def test_it_describes_the_table_if_athena_does_not(self, emulator: Emulator, tmp_path: Path, fault: Fault) -> None:
        emulator.faults.planned = [fault]
        with opened(tmp_path) as service:
            plan = planned(service, WEEK)
            assert (list(plan.days), plan.bytes) == (NEEDED, bytes_of(emulator, NEEDED))
            fetched(service, WEEK)
            assert set(states(service, WEEK).values()) == {"kept"}
        assert emulator.calls["GetTable"] == 1

    def test_both_denied_is_a_sentence(self, emulator: Emulator, tmp_path: Path) -> None:
        emulator.faults.planned = [DENIED, Fault("GetTable", "AccessDeniedException", "no", times=-1)]
        with opened(tmp_path) as service, pytest.raises(SourceError, match="needs athena:GetTableMetadata"):
            planned(service, WEEK)


class TestGlacier:
    def test_a_day_of_archived_files_is_missing(self, emulator: Emulator, tmp_path: Path) -> None:
        archive(emulator, DAY)
        with opened(tmp_path) as service:
            assert planned(service, WEEK).absent == ((DAY, planned(service, WEEK).absent[0][1]),)
            fetched(service, WEEK)
            [day] = [each for each in service.coverage(WEEK).days if each.state != "kept"]
        assert (day.day, day.state) == (DAY, "missing")
        assert day.why.startswith("its files are in S3 Glacier, which Athena skips: restore them")

    def test_a_part_of_a_day_is_no_day(self, emulator: Emulator, tmp_path: Path) -> None:
        [table] = emulator.engine.tables
        emulator.deliver(table, DAY, [], "b")
        archive(emulator, DAY, "b")
        with opened(tmp_path) as service:
            fetched(service, WEEK)
            [day] = [each for each in service.coverage(WEEK).days if each.state != "kept"]
        assert (day.day, day.why.partition(",")[0]) == (DAY, "1 of its 2 files are in S3 Glacier")

    def test_restored_files_are_read_where_the_table_says_so(self, emulator: Emulator, tmp_path: Path) -> None:
        [table] = emulator.engine.tables
        archive(emulator, DAY, restored=True)
        with opened(tmp_path) as service:
            assert [day for day, _ in planned(service, WEEK).absent] == [DAY]
        table.parameters = {**table.parameters, "read_restored_glacier_objects": "true"}
        with opened(tmp_path) as service:
            fetched(service, WEEK)
            assert set(states(service, WEEK).values()) == {"kept"}

    def test_it_is_found_out_where_nothing_may_be_listed(self, emulator: Emulator, tmp_path: Path) -> None:
        archive(emulator, DAY)
        assert_missing(emulator, tmp_path, DAY)


class TestUnseen:
    """Listing is denied, so that only Athena shows it."""

    def test_a_range_that_cannot_be_read(self, emulator: Emulator, tmp_path: Path) -> None:
        [table] = emulator.engine.tables
        table.parameters = {**table.parameters, "projection.timestamp.range": "2026/11/01,NOW+1FORTNIGHT"}
        table.absent = {(f"{DAY:%Y/%m/%d}",)}
        assert_missing(emulator, tmp_path, DAY)

    @pytest.mark.parametrize("is_refused", [False, True])
    def test_partitions_of_the_window_alone_are_asked_for_and_their_places_listed(
        self, emulator: Emulator, tmp_path: Path, is_refused: bool
    ) -> None:
        [table] = emulator.engine.tables
        table.parameters = {}
        years = [FIRST + timedelta(days=number) for number in range(-2500, DAYS)]
        emulator.partitions["trail"] = [(f"{day:%Y/%m/%d}",) for day in years]
        with opened(tmp_path) as service:
            if is_refused:
                service.source.catalog(threading.Event())  # type: ignore[union-attr]
                emulator.faults.planned = [Fault("GetPartitions", "InvalidInputException", "Unsupported expression")]
            plan = planned(service, WEEK)
        assert (list(plan.days), plan.how, plan.bytes) == (NEEDED, "listed", bytes_of(emulator, NEEDED))
        # One for the format of a value, one for the window; without an expression, three pages after that.
        assert emulator.calls["GetPartitions"] == (5 if is_refused else 2)

    def test_a_partition_that_leads_to_an_empty_place(self, emulator: Emulator, tmp_path: Path) -> None:
        [table] = emulator.engine.tables
        table.parameters = {}
        emulator.partitions["trail"] = [(f"{FIRST + timedelta(days=number):%Y/%m/%d}",) for number in range(DAYS)]
        emulator.buckets.delete(table.bucket, key_of(table, DAY))
        assert_missing(emulator, tmp_path, DAY)

    def test_a_day_without_sessions_is_kept(self, emulator: Emulator, tmp_path: Path) -> None:
        [table] = emulator.engine.tables
        emulator.deliver(table, DAY, [{"eventName": "GetCallerIdentity", "eventTime": f"{DAY}T01:00:00Z"}])
        emulator.faults.planned = [NO_LISTING]
        with opened(tmp_path) as service:
            fetched(service, WEEK)
            assert set(states(service, WEEK).values()) == {"kept"}
            assert len(sessions(service, WEEK)) == 6
            paid = len(emulator.queries)
            fetched(service, WEEK)
        assert len(emulator.queries) == paid

    def test_many_days_are_looked_into_some_at_a_time(
        self, emulator: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("ssmtrail.queries.sources.athena.parcels._MOST_DAYS", 1)
        for day in NEEDED[:5]:
            archive(emulator, day)
        emulator.faults.planned = [NO_LISTING]
        with opened(tmp_path) as service:
            fetched(service, WEEK)
            found = states(service, WEEK)
        assert [day for day, state in found.items() if state == "missing"] == NEEDED[1:5]
        assert sum("LIMIT 1" in each.sql for each in emulator.queries) == 2

    def test_what_cannot_be_found_out_is_a_failure(self, emulator: Emulator, tmp_path: Path) -> None:
        archive(emulator, DAY)
        emulator.faults.planned = [NO_LISTING]
        with opened(tmp_path) as service:
            plan = planned(service, window(DAY, DAY))
            emulator.faults.queries = {1: Fault("Query", message="PERMISSION_DENIED: no", category=2, error_type=1100)}
            service.fetch(lambda _: None, threading.Event(), plan)
            assert states(service, window(DAY, DAY)) == {DAY: "failed"}


def assert_missing(emulator: Emulator, store: Path, missing: date) -> None:
    """One day of the week is missing, the others are kept; nothing may be listed."""
    emulator.faults.planned = [NO_LISTING]
    with opened(store) as service:
        fetched(service, WEEK)
        [day] = [each for each in service.coverage(WEEK).days if each.state != "kept"]
        assert (day.day, day.state) == (missing, "missing")
        assert "no record" in day.why
        assert missing in planned(service, WEEK).days


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind.table.days], ids=lambda kind: kind.name)
def test_one_record_of_a_day_is_enough(kind: Kind) -> None:
    sql = any_record(kind.table, [DAY, DAY + timedelta(days=2)])
    parsed = sqlglot.parse_one(sql, dialect="athena")
    selects = [each for each in parsed.find_all(sqlglot.exp.Select) if each.args.get("limit")]
    assert [str(each.args["limit"].expression) for each in selects] == ["1", "1"]
    assert [each.expressions[0].this.this for each in selects] == ["2026-11-14", "2026-11-16"]
    assert not kind.given or all("account_id" in each.sql() for each in selects)
