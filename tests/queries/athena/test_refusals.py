"""AWS errors from a server: shown as a sentence with the next step, retried only if that helps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ssmtrail.queries.errors import SourceError
from ssmtrail.queries.sources.athena.address import address_of
from ssmtrail.queries.sources.athena.client import connected
from ssmtrail.queries.sources.athena.fetch import MOST_AT_ONCE
from ssmtrail.queries.sources.athena.source import AthenaSource
from ssmtrail.queries.trail import Trail
from tests.athena_emulator.faults import Fault
from tests.queries.athena.conftest import NOW
from tests.queries.athena.stage import fetched, states
from tests.queries.athena.test_service import WEEK

if TYPE_CHECKING:
    from pathlib import Path

    from tests.athena_emulator import Emulator

pytestmark = pytest.mark.usefixtures("impatient")


@pytest.fixture
def impatient(hasty_library: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hardly any pause between tries."""
    monkeypatch.setattr("ssmtrail.queries.sources.athena.client._LONGEST_WAIT", 0.01)
    monkeypatch.setattr("ssmtrail.queries.sources.athena.fetch._LONGEST_PAUSE", 0.01)
    monkeypatch.setattr("ssmtrail.queries.sources.athena.answers._LONGEST_PAUSE", 0.01)
    monkeypatch.setattr("ssmtrail.queries.sources.athena.runner._FIRST_WAIT", 0.02)


def refused(store: Path, table: str = "audit.trail") -> str:
    """The error message for a user who opens a week of the table."""
    with pytest.raises(SourceError) as caught:  # noqa: PT012 - opening, planning and fetching may all refuse
        service = Trail(AthenaSource(connected(address_of(table)), now=lambda: NOW), store, now=lambda: NOW)
        try:
            fetched(service, WEEK)
        finally:
            if seen := set(states(service, WEEK).values()):
                assert "kept" not in seen
            service.close()
    return str(caught.value)


NOT_ALLOWED = "User: arn:aws:sts::111122223333:assumed-role/Audit/jane is not authorized to perform: {} on resource: {}"


class TestTheWay:
    """Before anything is asked of Athena."""

    def test_expired_credentials(self, emulator: Emulator, tmp_path: Path) -> None:
        emulator.expired = True
        assert refused(tmp_path).startswith("The AWS credentials have expired. Run `aws sso login --profile default`")
        assert emulator.calls["GetCallerIdentity"] == 1

    def test_no_credentials(self, emulator: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("AWS_ACCESS_KEY_ID")
        monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
        assert refused(tmp_path).startswith("No AWS credentials were found. Run `aws sso login")
        assert emulator.calls == {}

    def test_no_region(self, emulator: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in ("AWS_DEFAULT_REGION", "AWS_REGION"):
            monkeypatch.delenv(name, raising=False)
        assert refused(tmp_path) == "No AWS region is set: name one with --region or AWS_REGION."
        assert emulator.calls == {}

    def test_no_network(self, tmp_path: Path, emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
        assert refused(tmp_path).startswith("AWS cannot be reached at http://127.0.0.1:9/: check the network, a proxy")

    @pytest.mark.parametrize("table", ["audit.none", "none.trail"])
    def test_no_table_no_database(self, emulator: Emulator, tmp_path: Path, table: str) -> None:
        shown = refused(tmp_path, table)
        assert shown.startswith(f"There is no table {table}: check DATABASE.TABLE, the catalog AwsDataCatalog and the")
        assert emulator.calls["GetTableMetadata"] == 1

    def test_no_output_location(self, emulator: Emulator, tmp_path: Path) -> None:
        emulator.workgroup.output = None
        assert refused(tmp_path).startswith("There is no output location: name one with --results s3://BUCKET/PREFIX/")
        assert emulator.calls["StartQueryExecution"] == 1

    def test_a_results_bucket_elsewhere(self, emulator: Emulator, tmp_path: Path) -> None:
        shown = (
            "The S3 location provided to save your query results is invalid. Please check your S3 location is correct "
            "and is in the same region and try again. If you continue to see the issue, contact customer support."
        )
        emulator.faults.planned = [Fault("StartQueryExecution", "InvalidRequestException", shown, times=-1)]
        assert refused(tmp_path) == "The results bucket is in another region: name one in eu-central-1 with --results."
        assert emulator.calls["StartQueryExecution"] == 1


class TestDenied:
    @pytest.mark.parametrize(
        ("operation", "code", "denied", "shown"),
        [
            ("StartQueryExecution", "AccessDeniedException", "athena:StartQueryExecution",
             "the identity needs athena:StartQueryExecution on the workgroup primary."),
            ("GetQueryExecution", "AccessDeniedException", "athena:GetQueryExecution",
             "the identity needs athena:GetQueryExecution on the workgroup primary."),
            ("GetObject", "AccessDenied", "s3:GetObject", "the identity needs s3:GetObject on the output location"),
        ],
    )  # fmt: skip
    def test_a_call(
        self, emulator: Emulator, tmp_path: Path, operation: str, code: str, denied: str, shown: str
    ) -> None:
        emulator.faults.planned = [Fault(operation, code, NOT_ALLOWED.format(denied, "x"), times=-1, status=403)]
        assert shown in refused(tmp_path)
        assert emulator.calls[operation] == 1

    def test_glue(self, emulator: Emulator, tmp_path: Path) -> None:
        shown = NOT_ALLOWED.format("glue:GetTable", "arn:aws:glue:eu-central-1:111122223333:catalog")
        emulator.faults.planned = [
            Fault("GetTableMetadata", "MetadataException", shown, times=-1),
            Fault("GetTable", "AccessDeniedException", shown, times=-1),
        ]
        assert "the identity needs glue:GetTable" in refused(tmp_path)

    @pytest.mark.parametrize(
        ("message", "shown"),
        [
            ("HIVE_CURSOR_ERROR: AmazonS3Exception: Access Denied (Service: Amazon S3; Status Code: 403)",
             "s3:GetObject and s3:ListBucket on the trail's bucket"),
            ("PERMISSION_DENIED: Access denied on operation. Unable to verify/create output bucket results-bucket",
             "s3:PutObject and s3:GetBucketLocation on the output location"),
            ("PERMISSION_DENIED: User: arn:x is not authorized to perform: kms:Decrypt on the resource",
             "kms:Decrypt is needed for the key of the trail"),
            ("COLUMN_NOT_FOUND: Insufficient Lake Formation permission(s): Required Select on trail",
             "ask for SELECT on it, and for lakeformation:GetDataAccess"),
        ],
        ids=["trail", "results", "kms", "lake formation"],
    )  # fmt: skip
    def test_a_query(self, emulator: Emulator, tmp_path: Path, message: str, shown: str) -> None:
        emulator.faults.planned = [Fault("Query", message=message, category=2, error_type=1200, times=-1)]
        assert shown in refused(tmp_path)
        # Where a file may be the reason, three single days are tried; what fails is not billed.
        assert len(emulator.queries) < 16 if "HIVE" in message else len(emulator.queries) == 1
        assert emulator.billed == []


class TestQueries:
    def test_digest_files(self, emulator: Emulator, tmp_path: Path) -> None:
        [table] = emulator.engine.tables
        emulator.buckets.put(table.bucket, f"{table.prefix}2026/11/14/CloudTrail-Digest/1.json", b"digest")
        shown = refused(tmp_path)
        assert shown.startswith("The table's location contains digest files: point the table at .../CloudTrail/")
        assert len(emulator.queries) == 1

    def test_a_query_that_does_not_fit_the_table(self, emulator: Emulator, tmp_path: Path) -> None:
        emulator.faults.planned = [
            Fault("Query", message="COLUMN_NOT_FOUND: line 1:8: Column 'x' cannot be resolved or requester is not "
                  "authorized to access requested resources", category=2, error_type=1100, times=-1)
        ]  # fmt: skip
        assert refused(tmp_path).startswith("The table does not fit the query: COLUMN_NOT_FOUND: line 1:8: Column 'x'")
        assert len(emulator.queries) == 1

    def test_the_byte_limit(self, emulator: Emulator, tmp_path: Path) -> None:
        emulator.workgroup.limit = 1
        assert refused(tmp_path).startswith("The workgroup primary ends every query that scans more than its limit")
        # A day at a time, four at once: no day is smaller than the limit, so that no other is tried.
        assert len(emulator.queries) <= MOST_AT_ONCE

    def test_a_timeout(self, emulator: Emulator, tmp_path: Path) -> None:
        emulator.faults.planned = [Fault("Query", message="Query timeout", error_type=6, times=-1)]
        assert refused(tmp_path).endswith("than Athena allows (30 minutes): request fewer days at once.")
        # Ten days, halves of them, down to single days: each asked once.
        assert len({each.sql for each in emulator.queries}) == len(emulator.queries) == 19

    @pytest.mark.parametrize("code", ["ThrottlingException", "TooManyRequestsException"])
    def test_throttling_that_does_not_end(self, emulator: Emulator, tmp_path: Path, code: str) -> None:
        emulator.faults.planned = [Fault("StartQueryExecution", code, "Rate exceeded", times=-1)]
        shown = refused(tmp_path)
        assert shown.startswith("AWS throttles requests: too many in this account and region.")
        assert shown.endswith("if that does not help, try later.")
        # Six rounds for the plan, six for the query, ten tries each; the library's own second tries end at a hundred.
        assert emulator.calls["StartQueryExecution"] == 2 * 6 * 10 + 100
        assert emulator.queries == []
