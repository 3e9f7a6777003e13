"""`sql`, `verify`, `athena doctor`, `athena ddl`, `athena selftest`, and the configuration behind them."""

from __future__ import annotations

import errno
import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from unittest.mock import ANY

import pytest
import sqlglot

from ssmtrail.tui.cli.fetch import FIELDS
from ssmtrail.tui.cli.main import run
from tests.athena_emulator import Emulator, trail_table
from tests.athena_emulator.faults import Fault
from tests.queries.athena.conftest import fill
from tests.queries.athena.organisation import fill_sizes
from tests.records import start

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WEEK = ("--from", "2026-11-12", "--to", "2026-11-19")
TABLE = ("--athena", "audit.trail")
Said = pytest.CaptureFixture[str]


@pytest.fixture
def emulator(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Emulator]:
    with Emulator() as emulated:
        for name, value in emulated.environment.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("SSMTRAIL_CACHE", str(tmp_path / "cache"))
        fill(emulated)
        yield emulated


def configure(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: str) -> None:
    (path := tmp_path / "config.toml").write_text(content, encoding="utf-8")
    monkeypatch.setenv("SSMTRAIL_CONFIG", str(path))


class TestSql:
    @pytest.mark.parametrize("question", ["calls", "pairs", "usage"])
    def test_it_is_printed_and_nothing_runs(self, emulator: Emulator, capsys: Said, question: str) -> None:
        assert run(["sql", question, *TABLE, *WEEK, "--where", "person:jane*"]) == 0
        out = capsys.readouterr().out
        assert out.startswith(f"-- {question} · 12 Nov - 18 Nov 2026")
        assert sqlglot.parse_one(out, dialect="athena", into=sqlglot.exp.Select).named_selects
        assert '"timestamp" BETWEEN' in out
        assert emulator.queries == []

    def test_notes_are_on_standard_error(self, emulator: Emulator, capsys: Said) -> None:
        assert run(["sql", "pairs", *TABLE, *WEEK, "--where", "jane"]) == 0
        told = capsys.readouterr()
        assert "ssmtrail: Names and environments of machines are not searched" in told.err
        assert told.err.startswith("ssmtrail: Not in this table: sourceIdentity")
        notes = [line.removeprefix("ssmtrail: ") for line in told.err.splitlines()]
        assert all(f"-- {note}" in told.out for note in notes)

    @pytest.mark.parametrize(
        ("words", "said"),
        [
            (("pairs", "--unit", "day"), "--unit is for usage only."),
            (("pairs", "--where", "resumes:>0"), "resumes: is known of sessions only, not of calls."),
            (("pairs", "--where", "env:prod"), "env"),
        ],
    )
    def test_what_cannot_be_said(self, emulator: Emulator, capsys: Said, words: tuple[str, ...], said: str) -> None:
        assert run(["sql", *words, *TABLE, *WEEK]) == 2
        assert said in capsys.readouterr().err


class TestVerify:
    def test_equal(self, emulator: Emulator, capsys: Said) -> None:
        assert run(["verify", *TABLE, *WEEK]) == 0
        told = capsys.readouterr()
        assert told.out == ""
        assert (
            "pairs: 1 row at Athena, equal in person, person_kind, person_id, behind, target, account, sessions"
            in told.err
        )
        assert "usage: 7 rows at Athena, equal in bucket, sessions, calls, denied" in told.err
        assert all(execution.id in told.err for execution in emulator.queries[-2:])

    def test_the_price_of_both_sides_is_said_first(
        self, emulator: Emulator, capsys: Said, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        configure(monkeypatch, tmp_path, "[athena]\nask_above = 0\n")
        words = ["verify", *TABLE, *WEEK]
        assert run(words) == 2
        told = capsys.readouterr().err
        assert "agree with --yes" in told
        assert "2 queries at Athena, " in told
        assert "for the local answer 10 days to be scanned" in told
        assert run([*words, "--yes", "--max-price", "0"]) == 2
        assert "more than --max-price allows" in capsys.readouterr().err
        assert emulator.queries == []
        assert run([*words, "--yes"]) == 0

    def test_an_unknown_price_is_agreed_to_first(self, emulator: Emulator, capsys: Said) -> None:
        emulator.faults.planned = [Fault("ListObjectsV2", "AccessDenied", "Access Denied", times=-1, status=403)]
        assert run(["verify", *TABLE, *WEEK]) == 2
        assert "at an unknown price" in capsys.readouterr().err
        assert emulator.queries == []

    def test_what_came_after_the_day_was_kept_is_told(self, emulator: Emulator, capsys: Said) -> None:
        assert run(["query", "calls", *TABLE, *WEEK, "--format", "jsonl"]) == 0
        [table] = emulator.engine.tables
        day = datetime(2026, 11, 14, tzinfo=UTC).date()
        late = [start(f"{day}T10:00:00Z", "late-00001", eventID="late", sourceIPAddress="203.0.113.9")]
        emulator.deliver(table, day, late, name="late")
        capsys.readouterr()
        assert run(["verify", *TABLE, *WEEK, "--format", "json"]) == 4
        found = json.loads(capsys.readouterr().out)
        assert {
            "question": "usage", "key": "bucket=2026-11-14T00:00:00Z", "column": "calls", "here": "2", "athena": "3",
        } in found  # fmt: skip
        assert {each["question"] for each in found} == {"pairs", "usage"}
        assert run(["verify", *TABLE, *WEEK]) == 4
        assert "bucket=2026-11-14T00:00:00Z" in capsys.readouterr().out

    def test_days_that_are_missing_are_incomplete(self, emulator: Emulator, capsys: Said) -> None:
        assert run(["verify", *TABLE, "--from", "2026-11-08", "--to", "2026-11-12"]) == 4
        assert "not read: 2026-11-08" in capsys.readouterr().err

    def test_what_could_not_be_written_is_not_paid_again(
        self, emulator: Emulator, capsys: Said, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def full(*_: object) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        words = ["verify", *TABLE, *WEEK, "--format", "json", "--delete-results"]
        with monkeypatch.context() as patched:
            patched.setattr("ssmtrail.tui.cli.athena.write_rows", full)
            assert run(words) == 3
        assert "standard output cannot be written" in capsys.readouterr().err
        paid = len(emulator.queries)
        assert list(emulator.buckets.keys("results-bucket", ""))
        assert run(words) == 0
        assert "paid for already" in capsys.readouterr().err
        assert len(emulator.queries) == paid
        assert list(emulator.buckets.keys("results-bucket", "")) == []

    def test_what_costs_nothing_more_passes_a_budget_that_is_spent(
        self, emulator: Emulator, capsys: Said, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        words = ["verify", *TABLE, *WEEK, "--yes"]
        with monkeypatch.context() as patched:
            patched.setattr("ssmtrail.queries.sources.athena.answers.Answers.settle", lambda _: None)
            assert run(words) == 0
        # A query is billed for 10 MB at least: each is 10 dollars here, and three have run.
        configure(monkeypatch, tmp_path, "[athena]\nprice_per_tb = 1e6\nday_budget = 15\n")
        paid = len(emulator.queries)
        assert run(words) == 0
        assert "paid for already" in capsys.readouterr().err
        assert len(emulator.queries) == paid
        assert run(words) == 2
        emulator.reservations = {"nightly": ("primary",)}
        assert run(words) == 0
        assert len(emulator.queries) == paid + 2

    def test_a_query_that_fails(self, emulator: Emulator, capsys: Said) -> None:
        assert run(["query", "calls", *TABLE, *WEEK]) == 0
        emulator.faults.planned = [Fault("Query", message="Query exhausted resources", error_type=1, category=2)]
        assert run(["verify", *TABLE, *WEEK]) == 3
        assert "too large" in capsys.readouterr().err


class TestSelfTest:
    DAY = ("athena", "selftest", "audit.trail", "--day", "2026-11-14", "--out", "report.json")

    @pytest.fixture(autouse=True)
    def here(self, emulator: Emulator, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        """A folder for the report; a file of yesterday, whenever that is, for the doctor."""
        monkeypatch.chdir(tmp_path)
        day = (datetime.now(UTC) - timedelta(days=1)).date()
        emulator.deliver(emulator.engine.tables[0], day, [start(f"{day}T09:00:00Z", "jane-9")], name="yesterday")

    def test_a_good_table_passes_and_names_nothing(self, emulator: Emulator, capsys: Said, tmp_path: Path) -> None:
        assert run([*self.DAY]) == 0
        text = (tmp_path / "report.json").read_text()
        report = json.loads(text)
        assert (report["passed"], report["differences"], report["days_to_pay_again"]) == (True, 0, 0)
        assert report["answers"] == {"sessions": 1, "calls": 2, "doors": 0}
        assert report["coverage"] == {"states": ["kept"], "unreadable": 0}
        assert {check["state"] for check in report["checks"]} == {"ok"}
        assert report["explain"] == {"columns": 1, "proved": True}
        assert report["queries"][0]["purpose"] == "days"
        assert {query["state"] for query in report["queries"]} == {"done"}
        assert sum(query["scanned"] for query in report["queries"]) == emulator.bytes_scanned > 0
        personal = (emulator.account, "audit", "trail", "jane", "i-0", "arn:", "s3://", "203.0.113", "Admin")
        assert not [word for word in personal if word in text.replace("ssmtrail", "")]
        assert "report written to report.json" in capsys.readouterr().err

    def test_no_result_is_left_where_none_may_be(self, emulator: Emulator) -> None:
        assert run([*self.DAY, "--delete-results"]) == 0
        assert emulator.plans
        assert list(emulator.buckets.keys("results-bucket", "")) == []

    def test_what_differs_is_told(self, emulator: Emulator, capsys: Said, tmp_path: Path) -> None:
        assert run(["query", "calls", *TABLE, "--from", "2026-11-14", "--to", "2026-11-15", "--format", "csv"]) == 0
        late = [start("2026-11-14T10:00:00Z", "late-00001", eventID="late", sourceIPAddress="203.0.113.9")]
        emulator.deliver(emulator.engine.tables[0], datetime(2026, 11, 14, tzinfo=UTC).date(), late, name="late")
        assert run([*self.DAY]) == 4
        assert "differences: " in capsys.readouterr().err
        assert json.loads((tmp_path / "report.json").read_text())["passed"] is False

    def test_a_check_that_fails_ends_it_without_a_scan(self, emulator: Emulator, tmp_path: Path) -> None:
        emulator.faults.planned = [Fault("GetWorkGroup", "AccessDeniedException", "no", times=-1)]
        assert run([*self.DAY]) == 3
        report = json.loads((tmp_path / "report.json").read_text())
        assert {"name": "workgroup", "state": "failed"} in report["checks"]
        assert emulator.bytes_scanned == 0

    @pytest.mark.parametrize(
        ("words", "said"),
        [
            ((), "Name a closed day with --day"),
            (("--day", "2099-01-01"), "2099-01-01 is not over"),
            (("--day", "soon"), "soon"),
        ],
    )
    def test_bad_usage(
        self, emulator: Emulator, capsys: Said, tmp_path: Path, words: tuple[str, ...], said: str
    ) -> None:
        assert run(["athena", "selftest", "audit.trail", *words]) == 2
        assert said in capsys.readouterr().err
        assert not (tmp_path / "ssmtrail-selftest.json").exists()


class TestPlanAndFetch:
    def test_a_window_is_planned_fetched_and_kept(
        self, emulator: Emulator, capsys: Said, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        configure(monkeypatch, tmp_path, "[athena]\nask_above = 0\n")
        assert run(["plan", *TABLE, *WEEK, "--format", "json"]) == 0
        plan = json.loads(capsys.readouterr().out)
        assert (plan["days"], plan["kept"], plan["known"], plan["asks"]) == (10, 0, "listed", True)
        assert plan["bytes"] == plan["most_bytes"] > 0
        assert run(["plan", *TABLE, *WEEK, "--format", "csv"]) == 0
        header, row = capsys.readouterr().out.splitlines()
        assert header.split(",") == list(FIELDS)
        assert row.startswith("2026-11-11,2026-11-20,10,0,")
        assert run(["fetch", *TABLE, *WEEK]) == 2
        assert "agree with --yes" in capsys.readouterr().err
        assert emulator.queries == []
        assert run(["fetch", *TABLE, *WEEK, "--yes"]) == 0
        done = json.loads(capsys.readouterr().out)
        assert (done["failed"], done["scanned"], done["error"]) == (0, plan["bytes"], None)
        assert run(["fetch", *TABLE, *WEEK]) == 0
        again = json.loads(capsys.readouterr().out)
        assert (again["days"], again["kept"], again["scanned"], again["spent"]) == (0, 10, 0, 0)
        assert run(["plan", *TABLE, *WEEK]) == 0

    def test_what_could_not_be_read_is_in_the_summary(self, emulator: Emulator, capsys: Said) -> None:
        emulator.bad = {("2026/11/14",): "HIVE_BAD_DATA: Malformed record: s3://trail-bucket/x/bad.json.gz"}
        assert run(["fetch", *TABLE, *WEEK]) == 4
        assert json.loads(capsys.readouterr().out)["unreadable"] == 1
        assert run(["fetch", *TABLE, *WEEK, "--max-price", "0"]) == 2
        emulator.bad, emulator.faults.planned = {}, [Fault("Query", message="COLUMN_NOT_FOUND", error_type=1100)]
        assert run(["fetch", *TABLE, "--from", "2026-11-22", "--to", "2026-11-23"]) == 3
        told = capsys.readouterr()
        assert json.loads(told.out)["error"] in told.err


class TestDoctor:
    @pytest.fixture
    def today(self, emulator: Emulator) -> None:
        """A file for the day before today, whenever that is."""
        day = (datetime.now(UTC) - timedelta(days=1)).date()
        [table] = emulator.engine.tables
        emulator.deliver(table, day, [start(f"{day}T09:00:00Z", "jane-9")], name="yesterday")

    @pytest.mark.usefixtures("today")
    def test_all_is_well(self, emulator: Emulator, capsys: Said) -> None:
        assert run(["athena", "doctor", "audit.trail"]) == 0
        lines = capsys.readouterr().out.splitlines()
        assert [line.split()[:2] for line in lines] == [
            ["ok", name]
            for name in (
                "identity", "workgroup", "engine", "capacity", "output", "results", "table", "table", "partitions",
                "files", "query",
            )
        ]  # fmt: skip
        assert '"Filter": {"Prefix": ' in lines[5]
        assert "account 111122223333, region eu-central-1" in lines[0]
        day = datetime.now(UTC) - timedelta(days=1)
        assert lines[-1].endswith(f"; it reads only timestamp [[{day:%Y/%m/%d}]]")
        assert emulator.bytes_scanned == 0

    @pytest.mark.usefixtures("today")
    @pytest.mark.parametrize(
        ("fault", "name", "said"),
        [
            (Fault("GetWorkGroup", "AccessDeniedException", "no", times=-1), "workgroup", "athena:GetWorkGroup"),
            (Fault("ListObjectsV2", "AccessDenied", "no", times=-1, status=403), "files", "s3:ListBucket"),
            (Fault("GetObject", "AccessDenied", "no", times=-1, status=403), "files", "s3:GetObject"),
            (Fault("StartQueryExecution", "AccessDeniedException", "no", times=-1), "query", "StartQueryExecution"),
            (Fault("Plan", message="Insufficient Lake Formation permission(s)"), "query", "GetDataAccess"),
        ],
    )
    def test_one_thing_fails(self, emulator: Emulator, capsys: Said, fault: Fault, name: str, said: str) -> None:
        emulator.faults.planned = [fault]
        assert run(["athena", "doctor", "audit.trail"]) == 3
        failed = [line for line in capsys.readouterr().out.splitlines() if line.startswith("failed")]
        assert [line.split()[1] for line in failed] == [name]
        assert said in failed[0]

    def test_nothing_can_be_known_without_credentials(self, emulator: Emulator, capsys: Said) -> None:
        emulator.expired = True
        assert run(["athena", "doctor", "audit.trail"]) == 3
        assert capsys.readouterr().out.startswith("failed  identity    The AWS credentials have expired. Run `aws sso")

    @pytest.mark.usefixtures("today")
    def test_no_output_location(self, emulator: Emulator, capsys: Said) -> None:
        emulator.workgroup.output = None
        assert run(["athena", "doctor", "audit.trail"]) == 3
        assert "failed  output      There is no output location" in capsys.readouterr().out
        assert run(["athena", "doctor", "audit.trail", "--results", "s3://results-bucket/out"]) == 0

    def test_an_organisation_whose_first_accounts_have_no_files(self, emulator: Emulator, capsys: Said) -> None:
        day = (datetime.now(UTC) - timedelta(days=1)).date()
        fill_sizes(emulator, day, 1, 30, 3)
        for key in emulator.buckets.keys("trail-bucket", "AWSLogs/0"):
            if int(key.split("/")[1]) < 20:
                emulator.buckets.delete("trail-bucket", key)
        assert run(["athena", "doctor", "audit.org"]) == 0
        out = capsys.readouterr().out
        assert re.search(r"can be listed and read, in s3://\S+ \(looked at \d+ of 90 folders\)", out)

    @pytest.mark.usefixtures("today")
    def test_managed_results_take_no_location(self, emulator: Emulator, capsys: Said) -> None:
        emulator.workgroup.managed = True
        assert run(["athena", "doctor", "audit.trail", "--results", "s3://results-bucket/out"]) == 0
        out = capsys.readouterr().out
        assert "managed by Athena; --results is ignored" in out
        assert "results " not in out.replace("--results ", "")

    @pytest.mark.usefixtures("today")
    def test_the_rule_for_results_names_the_folder_that_they_go_to(self, emulator: Emulator, capsys: Said) -> None:
        """A colon is allowed in it; a shorter prefix would remove what others keep there."""
        emulator.workgroup.output = "s3://results-bucket/out/team:audit/"
        assert run(["athena", "doctor", "audit.trail"]) == 0
        assert '"Filter": {"Prefix": "out/team:audit/"}' in capsys.readouterr().out
        emulator.workgroup.enforced = True
        assert run(["athena", "doctor", "audit.trail", "--results", "s3://results-bucket/mine/"]) == 0
        out = capsys.readouterr().out
        assert "s3://results-bucket/out/team:audit/: the workgroup enforces its own location, --results is" in out
        assert '"Filter": {"Prefix": "out/team:audit/"}' in out
        emulator.workgroup.output = "s3://results-bucket"
        assert run(["athena", "doctor", "audit.trail"]) == 0
        out = capsys.readouterr().out
        assert "ok      results     result files hold records of the trail, and have no folder of their own" in out
        assert '"Prefix"' not in out

    @pytest.mark.usefixtures("today")
    def test_results_of_its_query_are_deleted_on_demand(
        self, emulator: Emulator, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        assert run(["athena", "doctor", "audit.trail"]) == 0
        assert list(emulator.buckets.keys("results-bucket", ""))
        emulator.buckets.objects["results-bucket"].clear()
        configure(monkeypatch, tmp_path, "[athena]\ndelete_results = true\n")
        assert run(["athena", "doctor", "audit.trail"]) == 0
        assert list(emulator.buckets.keys("results-bucket", "")) == []

    def test_a_spark_workgroup_and_a_link_to_a_table_of_another_account(self, emulator: Emulator, capsys: Said) -> None:
        emulator.workgroup.engine = "PySpark engine version 3"
        [table] = emulator.engine.tables
        table.link = {"TargetTable": {"CatalogId": "999988887777", "DatabaseName": "org", "Name": "logs"}}
        denied = "not authorized to perform: glue:GetTable"
        emulator.faults.planned = [Fault("GetTableMetadata", "AccessDeniedException", denied, times=-1)]
        assert run(["athena", "doctor", "audit.trail"]) == 3
        out = capsys.readouterr().out
        assert "failed  engine      The workgroup primary runs Spark (PySpark engine version 3)" in out
        assert "audit.trail is a resource link to org.logs of the account 999988887777" in out
        assert run(["query", "calls", "--athena", "audit.trail", *WEEK]) == 3

    def test_another_table_or_workgroup(self, emulator: Emulator, capsys: Said) -> None:
        assert run(["athena", "doctor", "audit.none", "--workgroup", "other"]) == 3
        out = capsys.readouterr().out
        assert "failed  workgroup   The workgroup other does not exist" in out
        assert "failed  table       There is no table audit.none" in out

    def test_days_that_do_not_arrive(self, emulator: Emulator, capsys: Said) -> None:
        [table] = emulator.engine.tables
        table.parameters = {**table.parameters, "projection.timestamp.range": "2019/01/01,2020/01/01"}
        emulator.buckets.objects["trail-bucket"].clear()
        assert run(["athena", "doctor", "audit.trail"]) == 3
        out = capsys.readouterr().out
        assert "is outside the table's projection range (2019/01/01 to 2020/01/01)" in out
        assert "failed  files       No files of " in out


class TestTables:
    def test_those_that_look_like_cloudtrail(self, emulator: Emulator, capsys: Said) -> None:
        assert run(["athena", "tables", "--format", "json"]) == 0
        told = capsys.readouterr()
        assert json.loads(told.out) == [
            {"catalog": "AwsDataCatalog", "database": "audit", "table": "trail", "kind": ANY,
             "partitions": "timestamp (projected)", "first_day": "2026-01-01", "last_day": ANY, "bytes": None}
        ]  # fmt: skip
        assert emulator.queries == []
        assert "1 table of 1 look like CloudTrail" in told.err

    def test_other_tables_listed_partitions_and_sizes(self, emulator: Emulator, capsys: Said) -> None:
        listed = trail_table("logs", "listed")
        serde = {"serde.serialization.lib": "com.amazon.emr.hive.serde.CloudTrailSerde"}
        listed.parameters, listed.partitions = {**serde, "sizeKey": "1234"}, {"region": "string", "day": "string"}
        other = trail_table("web", "access")
        other.columns = {"request": "string"}
        for table in (listed, other):
            emulator.add_table(table)
        emulator.partitions["listed"] = [("eu-central-1", "2026/03/02"), ("us-east-1", "2026/02/01")]
        assert run(["athena", "tables", "--format", "csv", "--quiet"]) == 0
        rows = capsys.readouterr().out.splitlines()
        assert rows[0] == "catalog,database,table,kind,partitions,first_day,last_day,bytes"
        assert [row.split(",")[2] for row in rows[1:]] == ["trail", "listed"]
        assert rows[2].endswith('CloudTrail files,"region, day (listed)",2026-02-01,2026-03-02,1234')

    def test_what_cannot_be_looked_at_is_said(self, emulator: Emulator, capsys: Said) -> None:
        emulator.catalogs = {"mysql": "LAMBDA"}
        assert run(["athena", "tables"]) == 4
        told = capsys.readouterr()
        assert "The catalog mysql is not looked at, as each look runs a function of the account (LAMBDA)" in told.err
        assert "trail" in told.out
        denied = Fault("ListDataCatalogs", "AccessDeniedException", "not authorized to perform", times=-1)
        emulator.faults.planned = [denied]
        assert run(["athena", "tables"]) == 4
        told = capsys.readouterr()
        assert "Only the catalog AwsDataCatalog is looked at" in told.err
        assert "trail" in told.out
        emulator.faults.planned = [replace(denied, operation="ListTableMetadata")]
        assert run(["athena", "tables"]) == 4
        assert "The database AwsDataCatalog.audit cannot be listed" in capsys.readouterr().err


class TestDdl:
    def test_an_organisation(self, capsys: Said) -> None:
        words = ("--organisation", "o-demo4tr41l", "--region", "eu-central-1", "--from", "2024-01-01")
        assert run(["athena", "ddl", "logs.trail", "--bucket", "s3://my-trail/logs/AWSLogs/", *words]) == 0
        told = capsys.readouterr()
        assert told.out.startswith("CREATE EXTERNAL TABLE `logs`.`trail` (")
        assert "LOCATION 's3://my-trail/logs/AWSLogs/o-demo4tr41l/'" in told.out
        assert "'projection.timestamp.range' = '2024/01/01,NOW'" in told.out
        assert "--partition account=" in told.err

    def test_an_account_in_the_region_that_is_set(self, monkeypatch: pytest.MonkeyPatch, capsys: Said) -> None:
        monkeypatch.setenv("AWS_REGION", "eu-west-1")
        assert run(["athena", "ddl", "--bucket", "my-trail", "--account", "111122223333,444455556666"]) == 0
        assert "`default`.`cloudtrail`" in (out := capsys.readouterr().out)
        assert "'projection.region.values' = 'eu-west-1'" in out
        assert "'projection.account.values' = '111122223333,444455556666'" in out

    @pytest.mark.parametrize(
        ("words", "said"),
        [
            (("--bucket", "b-b-b"), "Whose trail is it?"),
            (("--bucket", "B B", "--account", "111122223333", "--region", "eu-west-1"), "is not a valid bucket"),
            (("--account", "111122223333"), "--bucket"),
        ],
    )
    def test_what_cannot_be_meant(self, capsys: Said, words: tuple[str, ...], said: str) -> None:
        try:
            code = run(["athena", "ddl", *words])
        except SystemExit as exit_:
            code = int(str(exit_.code))
        assert code == 2
        assert said in capsys.readouterr().err


class TestConfiguration:
    def test_the_table_and_the_bound(
        self, emulator: Emulator, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: Said
    ) -> None:
        configure(monkeypatch, tmp_path, '[athena]\ntable = "audit.trail"\nmax_price = 0\n')
        assert run(["query", "calls", *WEEK]) == 2
        said = capsys.readouterr().err
        assert "10 days to be scanned" in said
        assert "max_price in [athena] is called ask_above now" in said
        assert run(["query", "calls", *WEEK, "--yes", "--format", "jsonl"]) == 0
        assert len(capsys.readouterr().out.splitlines()) == 14
        assert run(["sql", "pairs", *WEEK]) == 0

    def test_a_budget_that_is_spent(
        self, emulator: Emulator, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: Said
    ) -> None:
        assert run(["query", "calls", *TABLE, *WEEK, "--quiet"]) == 0
        capsys.readouterr()
        ran = len(emulator.queries)
        # A query is billed for 10 MB at least: each is 10 dollars here.
        configure(monkeypatch, tmp_path, "[athena]\nprice_per_tb = 1e6\nday_budget = 15\n")
        week_before = ("--from", "2026-11-19", "--to", "2026-11-23")
        for words in (["query", "calls", *TABLE, *week_before, "--yes"], ["verify", *TABLE, *WEEK, "--yes"],
                      ["fetch", *TABLE, *week_before, "--yes"]):  # fmt: skip
            assert run(words) == 2
            assert "more than day_budget leaves: $10.00 of $15.00 is spent today" in capsys.readouterr().err
        assert len(emulator.queries) == ran
        assert run(["query", "calls", *TABLE, *WEEK, "--quiet"]) == 0

    def test_another_source_is_not_asked(
        self, emulator: Emulator, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        configure(monkeypatch, tmp_path, '[athena]\ntable = "audit.trail"\n')
        assert run(["query", "calls", "--logs", str(tmp_path / "none")]) == 3
        assert emulator.calls == {}

    def test_the_price_of_a_terabyte(
        self, emulator: Emulator, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: Said
    ) -> None:
        configure(monkeypatch, tmp_path, "[athena]\nprice_per_tb = 1e6\n")
        assert run(["query", "calls", *TABLE, *WEEK]) == 2
        assert "about $10.00" in capsys.readouterr().err

    def test_no_table_at_all(self, capsys: Said) -> None:
        assert run(["sql", "pairs"]) == 2
        assert "Name a table" in capsys.readouterr().err
