# ruff: noqa: E501
"""AWS errors translated into sentences."""

from __future__ import annotations

import pytest

from ssmtrail.queries.errors import UsageError
from ssmtrail.queries.sources.athena.address import Address, address_of
from ssmtrail.queries.sources.athena.errors import Refusal, translated

ADDRESS = Address("audit", "trail", profile="prod", region="eu-central-1", workgroup="team", output="s3://out/x/")


@pytest.mark.parametrize(
    ("refusal", "part", "retry"),
    [
        (Refusal("NoCredentialsError", "Unable to locate credentials"), "aws sso login --profile prod", "never"),
        (Refusal("ExpiredTokenException", "The security token included in the request is expired", "GetWorkGroup"),
         "have expired. Run `aws sso login --profile prod`", "never"),
        (Refusal("UnauthorizedSSOTokenError", "The SSO session has expired"), "have expired", "never"),
        (Refusal("UnrecognizedClientException", "The security token is invalid", "GetWorkGroup"), "does not recognise", "never"),
        (Refusal("MissingDependencyException", "Missing Dependency: This operation requires an additional dependency. You "
                 'will need to pip install "botocore[crt]" before proceeding.'), "pip install 'botocore[crt]'", "never"),
        (Refusal("ProfileNotFound", "The config profile (prod) could not be found"), "profile prod does not exist", "never"),
        (Refusal("NoRegionError", "You must specify a region."), "--region", "never"),
        (Refusal("EndpointConnectionError", 'Could not connect to the endpoint URL: "https://athena.x.com/"'),
         "cannot be reached at https://athena.x.com/", "later"),
        (Refusal("ConnectionClosedError", "Connection was closed", "GetQueryExecution"), "connection to AWS broke", "later"),
        (Refusal("ThrottlingException", "Rate exceeded", "StartQueryExecution"), "throttles requests", "later"),
        (Refusal("SlowDown", "Please reduce your request rate.", "GetObject"), "throttles requests", "later"),
        (Refusal("AccessDeniedException", "User: arn:x is not authorized to perform: athena:StartQueryExecution on resource: "
                 "arn:aws:athena:eu-central-1:1:workgroup/team", "StartQueryExecution"),
         "needs athena:StartQueryExecution on the workgroup team", "never"),
        (Refusal("AccessDeniedException", "not authorized to perform: glue:GetTable on resource: x", "GetTableMetadata"),
         "needs glue:GetTable", "never"),
        (Refusal("AccessDenied", "Access Denied", "GetObject"), "s3:GetObject on s3://out/x/", "never"),
        (Refusal("AccessDenied", "Access Denied", "ListObjectsV2"), "s3:ListBucket", "never"),
        (Refusal(message="Insufficient Lake Formation permission(s) on trail", state="FAILED"), "Lake Formation", "never"),
        (Refusal(message="User is not authorized to perform: kms:Decrypt on the resource", state="FAILED"), "kms:Decrypt", "never"),
        (Refusal(message="HIVE_CURSOR_ERROR: Access Denied (Service: Amazon S3; Status Code: 403)", state="FAILED"),
         "log files of the trail cannot be read", "unreadable"),
        (Refusal(message="PERMISSION_DENIED: Access denied on operation. Unable to verify/create output bucket out",
                 state="FAILED"), "s3:PutObject", "never"),
        (Refusal("InvalidRequestException", "No output location provided. An output location is required either through "
                 "the Workgroup result configuration setting or as an API input.", "StartQueryExecution"), "--results", "never"),
        (Refusal("InvalidRequestException", "WorkGroup team is not found.", "GetWorkGroup"), "team does not exist", "never"),
        (Refusal("InvalidRequestException", "WorkGroup team is disabled.", "StartQueryExecution"), "is disabled", "never"),
        (Refusal("InvalidRequestException", "The S3 location provided to save your query results is invalid. Please check "
                 "your S3 location is correct and is in the same region and try again. The bucket is in another region",
                 "StartQueryExecution"), "another region", "never"),
        (Refusal("MetadataException", "EntityNotFoundException: Entity Not Found: Table audit.trail not found.",
                 "GetTableMetadata"), "There is no table audit.trail", "never"),
        (Refusal(message="TABLE_NOT_FOUND: line 1:1: Table 'awsdatacatalog.audit.trail' does not exist", state="FAILED",
                 category=2, error_type=1100), "There is no table audit.trail", "never"),
        (Refusal(message="Bytes scanned limit was exceeded", state="CANCELLED"), "limit", "smaller"),
        (Refusal(message="Query cancelled by user", state="CANCELLED"), "The query was stopped", "never"),
        (Refusal(message="Query timeout", state="FAILED", category=1, error_type=300), "30 minutes", "smaller"),
        (Refusal(message="HIVE_CURSOR_ERROR: Row is not a valid JSON Object - JSONException: x at s3://b/k/1.json.gz, y",
                 state="FAILED", category=2, error_type=1200), "s3://b/k/1.json.gz", "unreadable"),
        (Refusal(message="HIVE_BAD_DATA: bad s3://b/AWSLogs/1/CloudTrail-Digest/x.json.gz", state="FAILED"), "digest", "never"),
        (Refusal(message="Query exhausted resources at this scale factor", state="FAILED", category=1, error_type=3),
         "too large", "smaller"),
        (Refusal(message="something", state="FAILED", category=1, error_type=5), "fewer days", "smaller"),
        (Refusal(message="INTERNAL_ERROR", state="FAILED", category=1, error_type=200), "retries by itself", "later"),
        (Refusal(message="COLUMN_NOT_FOUND: line 1:8: Column 'x' cannot be resolved", state="FAILED", category=2,
                 error_type=1100), "does not fit", "never"),
        (Refusal("InternalServerException", "oops", "GetQueryExecution"), "internal error", "later"),
        (Refusal("NoSuchKey", "The specified key does not exist.", "GetObject"), "is gone from s3://out/x/", "gone"),
        (Refusal("InvalidRequestException", "QueryExecution 12-34 was not found", "GetQueryExecution"), "only after asking", "gone"),
        (Refusal("NoSuchBucket", "The specified bucket does not exist", "GetObject"), "bucket of the results", "gone"),
        (Refusal("NoSuchBucket", "The specified bucket does not exist", "ListObjectsV2"), "table's location", "never"),
        (Refusal(message="HIVE_PARTITION_SCHEMA_MISMATCH: There is a mismatch between the table and partition schemas",
                 state="FAILED", error_type=1200), "other columns than the table", "unreadable"),
        (Refusal(message="HIVE_CANNOT_OPEN_SPLIT: Error opening Hive split s3://t/a.gz: The specified bucket does not exist "
                 "(Service: Amazon S3; Status Code: 404; Error Code: NoSuchBucket)", state="FAILED", error_type=1200),
         "The bucket of the table's location does not exist", "never"),
        (Refusal(message="HIVE_METASTORE_ERROR: Access Denied (Service: AWSGlue; Status Code: 400; Error Code: "
                 "AccessDeniedException)", state="FAILED", error_type=1200), "glue:GetPartitions on audit.trail", "never"),
        (Refusal(message="PERMISSION_DENIED: Access Denied: Cannot select from columns [useridentity] in table or view "
                 "trail", state="FAILED", error_type=1200), "SELECT on all its columns", "never"),
        (Refusal(message="HIVE_CANNOT_OPEN_SPLIT: s3://t/a.gz: The bucket is in this region: us-west-2. Please use this "
                 "region to retry the request (Status Code: 301; Error Code: PermanentRedirect)", state="FAILED"),
         "The trail's bucket is in another region", "never"),
        (Refusal("PermanentRedirect", "The bucket you are attempting to access must be addressed ...", "ListObjectsV2"),
         "The trail's bucket is in another region than eu-central-1", "never"),
        (Refusal("PermanentRedirect", "The bucket you are attempting to access must be addressed ...", "GetObject"),
         "The results bucket is in another region", "never"),
        (Refusal(message="Query cancelled: insufficient capacity in reservation", state="CANCELLED"),
         "no capacity for the query", "later"),
        (Refusal("NewException", "never\nseen", "GetWorkGroup"), "GetWorkGroup failed (NewException): never seen", "never"),
        (Refusal(message="never seen", state="FAILED", retryable=True), "never seen", "later"),
    ],
)  # fmt: skip
def test_a_refusal_is_a_sentence_with_the_next_step(refusal: Refusal, part: str, retry: str) -> None:
    error = translated(refusal, ADDRESS)
    assert part in str(error)
    assert error.retry == retry
    assert "{" not in str(error)


def test_a_hostile_message_is_cut_to_a_line() -> None:
    error = translated(Refusal("X", "a\n" * 1000 + "{profile}", "Y"), ADDRESS)
    assert "\n" not in str(error)
    assert len(str(error)) < 400


@pytest.mark.parametrize("message", ["Unknown action: X", "Unknown action: X. ", " "])
def test_what_aws_says_ends_as_a_sentence(message: str) -> None:
    error = translated(Refusal("InvalidAction", message, "DescribeSessions"), ADDRESS)
    assert str(error).endswith((" X.", " nothing."))


def test_an_address_is_read() -> None:
    assert address_of("audit.trail") == Address("audit", "trail")
    assert address_of('lake."a.b""c"."x.y"') == Address('a.b"c', "x.y", "lake")
    found = address_of("a.b", workgroup="w", environment={"AWS_REGION": "eu-west-1", "AWS_ATHENA_WORK_GROUP": "other"})
    assert (found.region, found.workgroup) == ("eu-west-1", "w")
    assert address_of("a.b", output="s3://bucket/x").output == "s3://bucket/x/"


@pytest.mark.parametrize("text", ["", "trail", "a.b.c.d", ".trail", 'a."'])
def test_what_is_no_table_is_said(text: str) -> None:
    with pytest.raises(UsageError, match=r"DATABASE\.TABLE"):
        address_of(text)


def test_a_bad_output_location_is_said() -> None:
    with pytest.raises(UsageError, match="s3://BUCKET/PREFIX/"):
        address_of("a.b", output="/tmp/x")
