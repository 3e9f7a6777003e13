"""AWS errors translated into sentences that name the next step."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Literal

from ssmtrail.queries.errors import SourceError

if TYPE_CHECKING:
    from ssmtrail.queries.sources.athena.address import Address

Retry = Literal["never", "later", "gone", "smaller", "unreadable"]
"""What helps: nothing, waiting, buying the result again after asking, fewer days, or leaving out the day of a file."""

#: The code of an error that says that the workgroup's byte limit ended a query.
LIMIT: Final = "limit"


@dataclass(frozen=True, slots=True)
class Refusal:
    """The parts of an AWS error, independent of botocore's classes."""

    code: str = ""
    """The error code (`AccessDeniedException`), or the class name of a client-side error."""
    message: str = ""
    """May hold hostile text: it quotes names and data."""
    operation: str = ""
    """`StartQueryExecution`, `GetObject`; empty if the query itself failed."""
    category: int | None = None
    """Error category of a failed query: 1 system, 2 user, 3 other."""
    error_type: int | None = None
    """Error type of a failed query; see "Athena error catalog"."""
    retryable: bool = False
    state: str = ""
    """`FAILED` or `CANCELLED` if the query itself failed."""


class AthenaError(SourceError):
    """AWS rejected a request, or a query failed; the message is a sentence with the next step."""

    def __init__(self, sentence: str, retry: Retry = "never", code: str = "", file: str = "") -> None:
        super().__init__(sentence)
        self.retry = retry
        self.code = code
        self.file = file

    @property
    def is_denied(self) -> bool:
        """Whether the identity lacks a permission."""
        return re.fullmatch(_DENIED, self.code) is not None

    @property
    def is_expired(self) -> bool:
        """Whether the credentials have expired or are not known, so that renewed ones help."""
        return re.fullmatch(f"{_EXPIRED}|{_UNKNOWN}|NoCredentialsError", self.code) is not None


@dataclass(frozen=True, slots=True)
class _Rule:
    """One kind of error: how to recognise it, and its sentence."""

    sentence: str
    codes: str = ""
    """Pattern for the whole code; empty matches every code."""
    message: str = ""
    """Pattern searched in the message; its named groups fill the sentence."""
    operation: str = ""
    retry: Retry = "never"
    state: str = ""
    types: tuple[range, ...] = ()
    """Error types of a failed query."""
    code: str = ""
    """A code of our own."""

    def fits(self, refusal: Refusal) -> re.Match[str] | None:
        """The match of the message if the error is of this kind, else None."""
        if self.state and refusal.state != self.state:
            return None
        if self.types and not any(refusal.error_type in each for each in self.types if refusal.error_type is not None):
            return None
        if not re.fullmatch(self.codes or ".*", refusal.code) or not re.match(self.operation, refusal.operation):
            return None
        return re.search(self.message, refusal.message, re.IGNORECASE | re.DOTALL)


#: The file that a message of Athena names, if it does.
_FILE: Final = re.compile(r"s3://[^\s,;)('\"]+\.\w+")
_EXPIRED: Final = (
    "ExpiredToken(Exception)?|UnauthorizedSSOTokenError|SSOTokenLoadError|TokenRetrievalError|RequestExpired"
    "|CredentialRetrievalError|InvalidGrantException|LoginRefreshRequired|LoginTokenLoadError"
)
_UNKNOWN: Final = (
    "UnrecognizedClientException|InvalidClientTokenId|InvalidAccessKeyId|SignatureDoesNotMatch"
    "|InvalidSignatureException|AuthFailure|MissingAuthenticationToken(Exception)?"
)
_DENIED: Final = r"AccessDenied(Exception)?|AccessDeniedFault|UnauthorizedOperation|Forbidden|403"

#: The first matching rule applies. Sources: "Athena error catalog", "Troubleshooting in Athena", "Common error types"
#: of the Athena, S3, Glue and STS API references; class names are botocore's.
_RULES: Final[tuple[_Rule, ...]] = (
    _Rule("No AWS credentials were found{profile}. {login}", "NoCredentialsError|PartialCredentialsError"),
    _Rule("The AWS profile {profile_name} does not exist: name another with --profile, or add it with `aws configure "
          "sso`.", "ProfileNotFound"),
    _Rule("The AWS credentials{profile} have expired. {login}",
          _EXPIRED),
    _Rule("AWS does not recognise the credentials{profile}. {login}",
          _UNKNOWN),
    _Rule("The credentials{profile} come from `aws login`, which needs one more package: run `pip install "
          "'botocore[crt]'` where ssmtrail is installed.", "MissingDependencyException"),
    _Rule("No AWS region is set: name one with --region or AWS_REGION.", "NoRegionError|InvalidRegionError"),
    _Rule("AWS cannot be reached at {detail}: check the network, a proxy or VPN, and the region {region}.",
          "EndpointConnectionError|ConnectTimeoutError|ProxyConnectionError|SSLError|EndpointResolutionError"
          "|UnknownEndpointError", message=r"(?P<detail>https?://[^\s\"']+)", retry="later"),
    _Rule("The answer to {operation} is not one of AWS: is there a proxy, or a network that wants a login first?",
          "ForeignAnswerError|ResponseParserError"),
    _Rule("The connection to AWS broke: check the network and try again.",
          "ConnectionClosedError|ReadTimeoutError|IncompleteReadError|ResponseStreamingError|ConnectionError"
          "|HTTPClientError|EndpointConnectionError|ConnectTimeoutError|ProxyConnectionError|SSLError"
          "|IncompleteResult|ProtocolError", retry="later"),
    _Rule("AWS throttles requests: too many in this account and region. ssmtrail retries by itself; if that does "
          "not help, try later.",
          r"Throttl\w+|TooManyRequestsException|SlowDown|RequestLimitExceeded|LimitExceededException|503",
          retry="later"),
    _Rule("AWS throttles requests: Amazon S3 or the workgroup is busy. ssmtrail retries by itself; if that does not "
          "help, try later.",
          message=r"SlowDown|Please reduce your request rate|TooManyRequests|rate exceeded",
          retry="later"),
    _Rule("Lake Formation denies the table {table}: ask for SELECT on it, and for lakeformation:GetDataAccess.",
          message=r"lake ?formation"),
    _Rule("KMS denies the key: kms:Decrypt is needed for the key of the trail, kms:GenerateDataKey for that of the "
          "results. AWS says: {reason}", message=r"\bkms:|KMS\.|KMSAccessDenied|kms key|AWS KMS"),
    _Rule("{operation} is denied: the identity needs athena:{operation} on the workgroup {workgroup}.", _DENIED,
          operation=r"(Start|Stop|Get|BatchGet)QueryExecution|GetQueryResults|GetWorkGroup",
          message=r"athena:|workgroup|^(?!.*(s3:|glue:))"),
    _Rule("The table's description is denied: the identity needs {action}. AWS says: {reason}",
          _DENIED + "|MetadataException", message=r"(?P<action>(athena|glue):\w+)"),
    _Rule("The table's description is denied: the identity needs athena:GetTableMetadata and glue:GetTable.", _DENIED,
          operation=r"(GetTable|ListTable|GetDatabase|ListDatabases|GetPartitions|GetDataCatalog)"),
    _Rule("The results cannot be written or read: the identity needs s3:GetObject, s3:PutObject and "
          "s3:GetBucketLocation on {output}. AWS says: {reason}",
          message=r"(unable to verify/create output bucket|Access denied when writing|output bucket|insufficient "
          r"permissions.*output location|s3:PutObject)"),
    _Rule("The result of the query cannot be read: the identity needs s3:GetObject on {output}.",
          _DENIED, operation="GetObject|HeadObject"),
    _Rule("The log files cannot be listed: the identity needs s3:ListBucket on the trail's bucket.", _DENIED,
          operation="ListObjects"),
    _Rule("The table's description is denied: ask for glue:GetTable and glue:GetPartitions on {table}, also in the "
          "account that owns it. AWS says: {reason}",
          message=r"(metastore|AWSGlue|AWS ?Glue|glue:).*(denied|not authorized|forbidden)"
          r"|(denied|not authorized|forbidden).*(metastore|AWSGlue|AWS ?Glue)"),
    _Rule("Columns of {table} are denied: ask for SELECT on all its columns. AWS says: {reason}",
          message=r"cannot select from (columns?|table|view)|column-level"),
    _Rule("The bucket of the table's location does not exist: check the table's location. AWS says: {reason}",
          message=r"NoSuchBucket|bucket does not exist", state="FAILED"),
    _Rule("The trail's bucket is in another region, and Athena cannot read it from {region}: name its region with "
          "--region. AWS says: {reason}",
          message=r"bucket is in this region|PermanentRedirect|AuthorizationHeaderMalformed|Status Code: 301",
          state="FAILED"),
    _Rule("The trail's bucket is in another region than {region}: its files cannot be listed from here.",
          "PermanentRedirect|AuthorizationHeaderMalformed|IllegalLocationConstraintException|301",
          operation="ListObjects"),
    _Rule("The log files of the trail cannot be read: the identity needs s3:GetObject and s3:ListBucket on the trail's "
          "bucket. AWS says: {reason}", retry="unreadable",
          message=r"(Access ?Denied|Permission denied|403).*(s3|amazon s3|HIVE|bucket)"
          r"|HIVE_.*(Access ?Denied|Forbidden)|PERMISSION_DENIED|s3.*Access ?Denied|s3:(GetObject|ListBucket)"),
    _Rule("AWS denies {operation}. AWS says: {reason}", _DENIED, operation=r".+"),
    _Rule("There is no output location: name one with --results s3://BUCKET/PREFIX/, or set one in the workgroup "
          "{workgroup}.", message=r"No output location|output location.*(not|no) .*(provided|set)|provide.*output"),
    _Rule("The results bucket is in another region: name one in {region} with --results.",
          message=r"bucket.*(is in|in this region|another region|wrong region|different region)|PermanentRedirect"
          r"|location.*is in the same region"
          r"|AuthorizationHeaderMalformed|region:? .* expect"),
    _Rule("The results bucket is in another region: name one in {region} with --results.",
          "PermanentRedirect|AuthorizationHeaderMalformed|IllegalLocationConstraintException|301"),
    _Rule("The workgroup {workgroup} does not exist in {region}: name another with --workgroup.",
          message=r"WorkGroup.*(not found|does not exist)"),
    _Rule("The workgroup {workgroup} is disabled: name another with --workgroup.", message=r"WorkGroup.*(disabled)"),
    _Rule("The workgroup {workgroup} ends every query that scans more than its limit; this one did. Request fewer "
          "days, or have the limit raised.", state="CANCELLED", retry="smaller", code=LIMIT,
          message=r"bytes? scanned|scan(ned)? limit|limit was exceeded|cutoff"),
    _Rule("The query took longer than Athena allows (30 minutes): request fewer days at once.",
          message=r"query timeout|timed? ?out|exceeded.*(maximum|time limit)|QUERY_TIMEOUT|EXCEEDED_TIME_LIMIT",
          retry="smaller"),
    _Rule("Athena had no capacity for the query: the capacity reservation of the workgroup {workgroup} is too small or "
          "in use. ssmtrail retries by itself; if that does not help, try later.",
          message=r"insufficient capacity|capacity reservation|not enough capacity", retry="later"),
    _Rule("The query was stopped.", state="CANCELLED"),
    _Rule("There is no table {table}: check DATABASE.TABLE, the catalog {catalog} and the region {region}.",
          message=r"\b(table|view|schema|database|catalog)\b[^,;:]{0,200}(does not|not) (exist|found)|EntityNotFound"
          r"|(TABLE|SCHEMA|CATALOG)_NOT_FOUND"),
    _Rule("There is no table {table}: check DATABASE.TABLE, the catalog {catalog} and the region {region}.",
          "EntityNotFoundException|MetadataException", message=r"not found|EntityNotFound|no such"),
    _Rule("The table's location contains digest files: point the table at .../CloudTrail/, not at its parent "
          "folder.",
          message=r"CloudTrail-Digest"),
    _Rule("A partition of the table has other columns than the table: add it again, or use partition projection. AWS "
          "says: {reason}", retry="unreadable", message=r"HIVE_PARTITION_SCHEMA_MISMATCH"),
    _Rule("A log file cannot be read. Add `WITH SERDEPROPERTIES ('ignore.malformed.json'='true')` to the table, or "
          "move the file away. AWS says: {reason}", retry="unreadable",
          message=r"HIVE_CURSOR_ERROR|HIVE_BAD_DATA|HIVE_CANNOT_OPEN_SPLIT|JSONException|not a valid JSON|malformed"),
    _Rule("The query was too large for Athena: request fewer days at once.",
          message=r"exhausted resources|EXCEEDED_\w*MEMORY|insufficient resources|out of memory", retry="smaller"),
    _Rule("The table does not fit the query: {reason}", state="FAILED", types=(range(1000, 1400), range(1407, 2000)),
          message=r"SYNTAX_ERROR|COLUMN_NOT_FOUND|TYPE_MISMATCH|HIVE_\w+|INVALID_\w+|^"),
    _Rule("Athena no longer has this query, which was paid for. Its days are bought again only after asking.",
          message=r"QueryExecution \S+ was not found", retry="gone"),
    _Rule("AWS rejected the query as malformed: {reason}", "InvalidRequestException|ValidationException"),
    _Rule("The bucket of the results does not exist any more: the result of a query that was paid for is gone. Name "
          "another with --results; its days are bought again only after asking.",
          "NoSuchBucket", operation=r"GetObject|HeadObject", retry="gone"),
    _Rule("The bucket of the table's location does not exist: check the table's location. AWS says: {reason}",
          message=r"NoSuchBucket|bucket does not exist"),
    _Rule("The result of the query, which was paid for, is gone from {output}. Its days are bought again only after "
          "asking.", "NoSuchKey|404|PreconditionFailed|412", operation=r"GetObject|HeadObject", retry="gone"),
    _Rule("The bucket of the table's location does not exist: check the table's location.", "NoSuchBucket|NoSuchKey"),
    _Rule("Athena ran out of resources for this query: request fewer days at once.", types=(range(9),),
          state="FAILED", retry="smaller"),
    _Rule("Athena had an internal error. ssmtrail retries by itself; if that does not help, try later.",
          state="FAILED", types=(range(100, 101), range(200, 300), range(1400, 1407)), retry="later"),
    _Rule("AWS had an internal error. ssmtrail retries by itself; if that does not help, try later.",
          r"InternalServer\w*|InternalError|ServiceUnavailable|InternalFailure|5\d\d", retry="later"),
)  # fmt: skip

_LONGEST_REASON: Final = 300


def translated(refusal: Refusal, address: Address) -> AthenaError:
    """The error for the user; an error that no rule matches keeps AWS's own words."""
    refusal = replace(refusal, message=refusal.message or "")
    for rule in _RULES:
        if found := rule.fits(refusal):
            retry: Retry = "later" if rule.retry == "never" and refusal.retryable and refusal.state else rule.retry
            file = _FILE.search(refusal.message) if retry == "unreadable" else None
            sentence = rule.sentence.format(**_words(refusal, address, found))
            return AthenaError(sentence, retry, rule.code or refusal.code, file[0] if file else "")
    what = f"{refusal.operation} failed" if refusal.operation else "The query failed"
    code = f" ({refusal.code})" if refusal.code else ""
    return AthenaError(
        f"{what}{code}: {_reason(refusal.message)}", "later" if refusal.retryable else "never", refusal.code
    )


def _words(refusal: Refusal, address: Address, found: re.Match[str]) -> dict[str, str]:
    name = address.profile or "default"
    words = {
        "profile": f" for the profile {name}" if address.profile else "",
        "profile_name": name,
        "login": f"Run `aws sso login --profile {name}`, or renew them as you usually do.",
        "region": address.region or "this region",
        "workgroup": address.workgroup or "primary",
        "output": address.output or "the output location of the workgroup",
        "table": address.shown_table,
        "catalog": address.catalog,
        "operation": refusal.operation or "the query",
        "reason": _reason(refusal.message),
        "action": "",
        "detail": "",
    }
    return words | {name: value for name, value in found.groupdict().items() if value}


def _reason(message: str) -> str:
    """AWS's words as the end of a sentence: another may follow."""
    line = " ".join(message.split()) or "nothing"
    if len(line) > _LONGEST_REASON:
        return line[:_LONGEST_REASON] + "…"
    return line if line.endswith((".", "!", "?", "…")) else line + "."
