"""Subsets of a table: what they hold of each other, their units, and which rows are theirs."""

from __future__ import annotations

from datetime import date

import duckdb
import pytest

from ssmtrail.queries.store.units import EVERY, WHOLE, Subset, Unit

DAY = date(2026, 11, 12)
ONE, TWO = "111122223333", "444455556666"
EU, US = "eu-central-1", "us-east-1"


def test_equal_subsets_have_one_folder_however_they_were_typed() -> None:
    subset = Subset.of({"region": (EU,), "Account": (TWO, ONE, TWO)})
    assert subset == Subset.of({"account": (ONE, TWO), "region": (EU,)})
    assert subset.text == f"account={ONE},{TWO} region={EU}"
    assert subset.folder == Subset.of({"region": (EU,), "account": (ONE, TWO)}).folder
    assert not WHOLE


@pytest.mark.parametrize(
    ("values", "units"),
    [
        ({}, [Unit(DAY)]),
        ({"account": (ONE, TWO)}, [Unit(DAY, ONE), Unit(DAY, TWO)]),
        ({"aws_region": (EU,)}, [Unit(DAY, EVERY, EU)]),
        ({"a": (ONE,), "r": (EU, US)}, [Unit(DAY, ONE, EU), Unit(DAY, ONE, US)]),
        ({"team": ("blue",)}, [Unit(DAY)]),
    ],
)
def test_units_are_known_by_the_values(values: dict[str, tuple[str, ...]], units: list[Unit]) -> None:
    assert list(Subset.of(values).units(DAY)) == units


@pytest.mark.parametrize(
    ("copy", "held"),
    [
        ({}, {(ONE, EU), (TWO, EU)}),
        ({"account": (ONE,)}, {(ONE, EU)}),
        ({"account": (ONE, TWO), "region": (EU, US)}, {(ONE, EU), (TWO, EU)}),
        ({"region": (US,)}, set()),
        ({"account": (ONE,), "team": ("blue",)}, set()),
    ],
)
def test_what_a_copy_holds_of_a_subset(copy: dict[str, tuple[str, ...]], held: set[tuple[str, str]]) -> None:
    assert Subset.of({"account": (ONE, TWO), "region": (EU,)}).held_by(copy) == held


ROWS = [
    ("a", f"account={ONE}/region={EU}", "ssm.amazonaws.com", f"{ONE}/CloudTrail/{EU}/2026/11/12/a.json.gz"),
    ("b", f"account={TWO}/region={EU}", "ssm.amazonaws.com", f"account={TWO}/region={EU}/2026/11/12/a.json.gz"),
    ("c", f"account={ONE}/region={US}", "ssm.amazonaws.com", f"{ONE}/CloudTrail/{US}/2026/11/12/a.json.gz"),
    ("d", f"account={ONE}/region={US}", "sts.amazonaws.com", f"{ONE}/CloudTrail/{US}/2026/11/12/b.json.gz"),
    ("e", f"account={TWO}/region={US}", "sts.amazonaws.com", f"{TWO}/CloudTrail/{US}/2026/11/12/b.json.gz"),
    ("f", f"otheraccount={ONE}/region={EU}", "ssm.amazonaws.com", f"x/{TWO}0/{EU}/a.json.gz"),
]


@pytest.mark.parametrize("by_path", [False, True])
@pytest.mark.parametrize(
    ("values", "found"),
    [
        ({"account": (ONE,)}, "acd"),
        ({"Account": (TWO,), "region": (EU,)}, "be"),
        ({"region": (US,)}, "cde"),
        ({"account": (ONE,), "region": (EU,)}, "ad"),
    ],
)
def test_rows_of_a_subset_with_the_calls_of_the_global_endpoint(
    values: dict[str, tuple[str, ...]], found: str, by_path: bool
) -> None:
    subset = Subset.of(values)
    connection = duckdb.connect()
    connection.execute("CREATE TABLE rows (id VARCHAR, partition VARCHAR, eventsource VARCHAR, file VARCHAR)")
    connection.executemany("INSERT INTO rows VALUES (?, ?, ?, ?)", ROWS)
    condition = subset.rows_of(subset.combinations, by_path=by_path)
    rows = connection.execute(f"SELECT id FROM rows WHERE {condition} ORDER BY id").fetchall()
    assert "".join(row[0] for row in rows) == found
    unknown = connection.execute(f"SELECT id FROM rows WHERE {subset.unknown_rows(by_path=by_path)}").fetchall()
    assert unknown == ([("f",)] if any("account" in column.lower() for column in values) else [])


def test_values_that_partitions_write_otherwise_are_not_cut() -> None:
    assert Subset.of({"account": (ONE,)}).is_cuttable
    assert not Subset.of({"path": ("a/b",)}).is_cuttable
    assert not Subset.of({"path": ("a=b",)}).is_cuttable
    assert Subset.of({"account": (ONE,), "region": (EU,)}).is_in_paths
    assert not Subset.of({"team": ("blue",)}).is_in_paths
