"""The extraction: one statement a group of days, cut where it grows too long."""

from __future__ import annotations

import re
from datetime import date

import pytest
import sqlglot
from sqlglot import exp

from ssmtrail.queries.errors import UsageError
from ssmtrail.queries.raw_calls import RAW_COLUMNS
from ssmtrail.queries.sources.athena import statements
from ssmtrail.queries.sources.athena.statements import EXTRACTION_COLUMNS, explained, extraction
from ssmtrail.queries.sources.athena.tables import described
from tests.queries.athena.golden_sql import FOLDER, golden
from tests.queries.athena.kinds import BY_NAME, DATABASE, KINDS, Kind

FIRST, LAST = date(2026, 11, 1), date(2026, 11, 30)


@pytest.mark.parametrize(("name", "text"), list(golden()), ids=lambda value: value if value.endswith(".sql") else "")
def test_golden(name: str, text: str) -> None:
    """After a change that is meant: `python -m tests.queries.athena.golden_sql`, then look at the difference."""
    assert (FOLDER / name).read_text(encoding="utf-8") == f"{text}\n"


def test_no_golden_text_is_left_over() -> None:
    assert {file.name for file in FOLDER.glob("*.sql")} == {name for name, _ in golden()}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_one_statement_with_the_raw_columns(kind: Kind) -> None:
    (found,) = extraction(kind.table, FIRST, LAST)
    assert (found.first, found.last, found.parts) == (FIRST, LAST, 1)
    parsed = sqlglot.parse_one(found.sql, dialect="athena", into=exp.Select)
    assert parsed.named_selects == list(EXTRACTION_COLUMNS)
    assert parsed.named_selects == [*RAW_COLUMNS, "partition", "partition_day"]
    assert len(found.sql.encode()) < statements.MOST_BYTES / 10


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind.table.days], ids=lambda kind: kind.name)
def test_folder_days_are_fetched_whole(kind: Kind) -> None:
    (found,) = extraction(kind.table, FIRST, LAST)
    where = found.sql.partition("\nWHERE ")[2]
    assert kind.table.time.sql not in where


def test_chosen_values_stand_beside_the_days() -> None:
    (found,) = extraction(BY_NAME["injected_accounts"].table, FIRST, LAST)
    assert "AND \"account_id\" IN ('111122223333', '444455556666', '777788889999')" in found.sql
    one = BY_NAME["injected_accounts"].table.with_values({"account_id": ("1",)})
    assert "AND \"account_id\" = '1'" in extraction(one, FIRST, LAST)[0].sql


def test_chosen_regions_bring_the_global_endpoint_of_sts() -> None:
    """Its condition is one on the partition column alone, which prunes, and one that keeps STS's records only."""
    table = BY_NAME["projected_org"].table.with_values({"region": ("eu-central-1",)})
    (found,) = extraction(table, FIRST, LAST)
    assert "AND \"region\" IN ('eu-central-1', 'us-east-1')\n" in found.sql
    assert "AND (\"region\" = 'eu-central-1' OR \"eventsource\" = 'sts.amazonaws.com')" in found.sql
    assert "'account=' || \"account\" || '/' || 'region=' || \"region\" AS \"partition\"" in found.sql


def test_the_global_endpoint_of_sts_is_read_once() -> None:
    regions = tuple(f"xx-nowhere-{number:05}" for number in range(30_000))
    table = BY_NAME["current"].table.with_values({"region": regions})
    found = extraction(table, FIRST, FIRST)
    assert len(found) > 1
    assert [each.sql.count("'us-east-1'") for each in found] == [1] + [0] * (len(found) - 1)


def test_without_values_nothing_is_sent() -> None:
    with pytest.raises(UsageError, match="needs values for its partition column account_id"):
        extraction(described(BY_NAME["injected_accounts"].metadata, DATABASE), FIRST, LAST)


def test_what_is_too_long_is_cut_by_days(monkeypatch: pytest.MonkeyPatch) -> None:
    table = BY_NAME["projected_numbers"].table
    years = (date(2020, 1, 2), date(2026, 12, 30))
    (whole,) = extraction(table, *years)
    monkeypatch.setattr(statements, "MOST_BYTES", len(whole.sql) - 100)
    found = extraction(table, *years)
    assert len(found) == 2
    assert found[0].first == years[0]
    assert found[1].last == years[1]
    assert (found[1].first - found[0].last).days == 1
    assert all(len(each.sql.encode()) <= len(whole.sql) - 100 for each in found)


def test_a_day_that_is_too_long_is_cut_by_values() -> None:
    accounts = tuple(f"{number:012}" for number in range(40_000))
    table = BY_NAME["injected_accounts"].table.with_values({"account_id": accounts})
    found = extraction(table, FIRST, FIRST)
    assert [(each.part, each.parts) for each in found] == [(number, len(found)) for number in range(1, len(found) + 1)]
    assert all(len(each.sql.encode()) <= statements.MOST_BYTES for each in found)
    asked = [account for each in found for account in re.findall(r"'(\d{12})'", each.sql)]
    assert sorted(asked) == list(accounts)


def test_what_cannot_be_cut_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(statements, "MOST_BYTES", 100)
    with pytest.raises(UsageError, match="longer than Athena accepts"):
        extraction(BY_NAME["projected"].table, FIRST, LAST)


def test_explain() -> None:
    assert explained("SELECT 1") == "EXPLAIN SELECT 1"
    assert explained("SELECT 1", "IO") == "EXPLAIN (TYPE IO, FORMAT JSON) SELECT 1"
