"""The proof of pruning fails where a query reads more, and skips where there is no Trino; no Trino is needed."""

from __future__ import annotations

import gzip
import json
import sys
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, cast

import pytest

from tests import records
from tests.queries.athena.kinds import BY_NAME
from tests.trino import hive, partitions
from tests.trino.client import Answer, Client
from tests.trino.material import PlacedRecord
from tests.trino.partitions import Partitions
from tests.trino.proof import DiffersError, Proof, Tally

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

DAY = date(2026, 11, 20)
PLAN = "TableScan[hive:logs:projected]\n    timestamp:string:PARTITION_KEY\n        :: [[2026/11/20]]"


@dataclass
class Engine:
    """Answers as a Trino would; tests change what it says."""

    bytes: int = 0
    paths: tuple[str, ...] = ()
    plan: str = PLAN
    asked: list[str] = field(default_factory=list)

    def run(self, sql: str) -> Answer:
        self.asked.append(sql)
        if sql.startswith("EXPLAIN"):
            return Answer(["Query Plan"], [], [[self.plan]], 0.0)
        rows = [[path, 1] for path in self.paths] if sql.startswith('SELECT "$path"') else []
        return Answer(["$path", "count"], [], rows, 0.0, self.bytes)


def placed(time: str, region: str = "eu-central-1") -> PlacedRecord:
    record = records.call("GetCallerIdentity", time, awsRegion=region, eventID=f"{region} {time}")
    return PlacedRecord(record, json.dumps(record).encode(), DAY, "somewhere")


MATERIAL = (placed("01:00:00"), placed("02:30:00"), placed("02:40:00", "us-east-1"))


def loaded(engine: Engine, name: str, folder: Path) -> AbstractContextManager[hive.Loaded]:
    return hive.loaded(cast("Client", engine), BY_NAME[name], MATERIAL, folder)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("current", {("eu-central-1", "2026", "11", "20"), ("us-east-1", "2026", "11", "20")}),
        ("projected_numbers", {("2026", "11", "20")}),
        ("projected_hours", {("2026/11/20/01",), ("2026/11/20/02",)}),
        ("date_typed", {("2026-11-20",)}),
    ],
)
def test_files_are_in_the_partitions_of_their_kind(kind: str, expected: set[tuple[str, ...]], tmp_path: Path) -> None:
    engine = Engine()
    with loaded(engine, kind, tmp_path) as held:
        assert {tuple(each.values.values()) for each in held.files} == expected
        assert {each.day for each in held.files} == {DAY}
        calls = [sql for sql in engine.asked if sql.startswith("CALL system.register_partition")]
        assert len(calls) == len(expected)
        found = []
        for each in held.files:
            path = each.path.removeprefix("file:")
            with gzip.open(path, "rt", encoding="utf-8") as lines:
                found += [json.loads(line)["eventid"] for line in lines]
        assert sorted(found) == sorted(each.record["eventID"] for each in MATERIAL)
        assert held.kind.table.location == f"file:{tmp_path}/{kind}/"
    assert engine.asked[-1].startswith("DROP TABLE")


def test_projected_partitions_are_not_listed_and_have_the_values_of_their_enums(tmp_path: Path) -> None:
    engine, elsewhere = Engine(), placed("03:00:00", "eu-north-1")
    material = (*MATERIAL, elsewhere)
    with hive.loaded(cast("Client", engine), BY_NAME["projected_org"], material, tmp_path, hive.PROJECTED) as held:
        assert {each.values["region"] for each in held.files} == {"eu-central-1", "us-east-1"}
        assert held.kind.table.location == f"local://{tmp_path}/projected_org/"
    assert not any(sql.startswith("CALL") for sql in engine.asked)
    (made,) = (sql for sql in engine.asked if sql.startswith("CREATE TABLE"))
    assert "partition_projection_type = 'ENUM', partition_projection_values = ARRAY['eu-central-1', " in made
    assert "partition_projection_range = ARRAY['2026/10/01', '2026/12/31']" in made
    assert f"template = 'local://{tmp_path}/projected_org/${{account}}/${{region}}/${{timestamp}}/'" in made


@pytest.fixture
def engine() -> Engine:
    return Engine()


@pytest.fixture
def proof(engine: Engine, tmp_path: Path) -> Iterator[Partitions]:
    """That of a table whose partitions are days, over an engine that is right."""
    with loaded(engine, "projected", tmp_path) as held:
        engine.bytes = sum(each.size for each in held.files)
        engine.paths = tuple(each.path for each in held.files)
        yield Partitions(held, Proof(cast("Client", engine), held.placed, tmp_path, Tally()))


class TestOneDay:
    def test_what_is_right_is_said(self, proof: Partitions, engine: Engine) -> None:
        said = f"{engine.bytes:,} of {engine.bytes:,} bytes for a day; timestamp [[2026/11/20]]"
        assert proof.one_day() == said

    def test_a_byte_more_fails(self, proof: Partitions, engine: Engine) -> None:
        engine.bytes += 1
        with pytest.raises(DiffersError, match="bytes of a query of 2026-11-20"):
            proof.one_day()

    @pytest.mark.parametrize("plan", [PLAN.replace("/20]]", "/20], [2026/11/21]]"), "TableScan[hive:logs:projected]"])
    def test_a_doubtful_plan_fails(self, proof: Partitions, engine: Engine, plan: str) -> None:
        engine.plan = plan
        with pytest.raises(DiffersError, match="its doubt"):
            proof.one_day()

    def test_a_plan_that_shows_nothing_fails(self, proof: Partitions, engine: Engine) -> None:
        engine.plan = "└─ Values"
        with pytest.raises(DiffersError, match="the columns that the plan shows"):
            proof.one_day()


def test_another_file_fails(proof: Partitions, engine: Engine) -> None:
    engine.paths = (*engine.paths, "file:/elsewhere")
    with pytest.raises(DiffersError, match="other files"):
        proof.many_days()


def test_a_plan_of_more_days_that_is_taken_for_proof_fails(proof: Partitions) -> None:
    with pytest.raises(DiffersError, match="the plan of more than 2026-11-20"):
        proof.doubts()


def test_without_java_it_is_skipped(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setattr(sys, "argv", ["trino-hive", "--quick"])
    assert partitions.main() == 0
    assert "SKIPPED: pruning of partitions was not tried on a real Trino: no Java" in capsys.readouterr().out
