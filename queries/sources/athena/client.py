"""The connection to AWS: credentials, clients, retries, and what the workgroup allows."""

from __future__ import annotations

import logging
import re
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, replace
from getpass import getpass
from random import random
from typing import TYPE_CHECKING, Any, Final

from ssmtrail.queries.errors import Cancelled
from ssmtrail.queries.sources.athena.errors import AthenaError, Refusal, translated
from ssmtrail.queries.sources.roles import in_role

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ssmtrail.queries.sources.athena.address import Address


#: The workgroup that every account has. Source: "Use workgroups", Athena User Guide.
PRIMARY: Final = "primary"
#: Tries of a call that AWS asks to repeat; with the waits in between about half a minute.
_TRIES: Final = 10
#: Seconds between two tries: the longest first wait, and the longest of all.
_FIRST_WAIT: Final = 0.25
_LONGEST_WAIT: Final = 8.0
#: Seconds after which a call without an answer fails.
_TIMEOUT: Final = 20


class Deadline(threading.Event):
    """An event that is set after a number of seconds."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self._until = time.monotonic() + seconds

    def is_set(self) -> bool:
        """Whether the seconds have passed."""
        return time.monotonic() >= self._until

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until the seconds have passed, or for `timeout` seconds."""
        left = max(0.0, self._until - time.monotonic())
        time.sleep(left if timeout is None else min(left, timeout))
        return self.is_set()


_NEVER: Final = threading.Event()


@dataclass(frozen=True, slots=True)
class Aws:
    """A connection to AWS whose credentials work, made by `connected`. Any thread may use it."""

    address: Address
    """With the region and workgroup filled in."""
    account: str
    """Account of the credentials; empty if STS does not answer."""
    connection: Any
    """PyAthena's connection; its cursors run queries."""
    glue: Any
    caller: str = ""
    """ARN of the credentials; empty if STS does not answer."""

    @property
    def athena(self) -> Any:
        """The Athena client."""
        return self.connection.client

    @property
    def s3(self) -> Any:
        """The S3 client."""
        return self.connection.s3_client

    @property
    def of_results(self) -> dict[str, str]:
        """What requests to S3 for results name beside bucket and key."""
        return {"ExpectedBucketOwner": self.address.owner} if self.address.owner else {}

    def call(self, service: str, operation: str, cancelled: threading.Event = _NEVER, **request: Any) -> Any:
        """Call one operation (`get_work_group`), retrying while AWS throttles or fails.

        Raises AthenaError; Cancelled between two tries.
        """
        method = getattr(getattr(self, service), operation)
        wire_name = "".join(part.capitalize() for part in operation.split("_"))
        return patient(lambda: method(**request), wire_name, self.address, cancelled)

    def pages(self, operation: str, name: str, cancelled: threading.Event, **request: Any) -> list[Mapping[str, Any]]:
        """All elements of a list of Athena. Raises AthenaError, Cancelled."""
        found: list[Mapping[str, Any]] = []
        while True:
            answer = self.call("athena", operation, cancelled, **request)
            found += answer.get(name, ())
            if not answer.get("NextToken"):
                return found
            request["NextToken"] = answer["NextToken"]


def connected(address: Address, *, may_ask: bool = True) -> Aws:
    """Find credentials and region, and check them with one free call. Raises AthenaError.

    Imports AWS's libraries (a third of a second) and may prompt on the terminal for an MFA code: call it in a worker,
    before the screens open. Later, and without `may_ask`, there is no prompt: a missing code is an AthenaError.
    """
    import boto3
    import pyathena
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError, NoCredentialsError, NoRegionError
    from pyathena.util import RetryConfig

    from ssmtrail.queries.sources.athena.cursor import TextConverter, TokenCursor
    from ssmtrail.queries.sources.not_aws import refuse_foreign_answers

    be_quiet()
    try:
        session = boto3.Session(profile_name=address.profile, region_name=address.region)
        refuse_foreign_answers(session)
        prompt = MfaPrompt(may_ask)
        prompt.put_into(session)
        if session.get_credentials() is None:
            raise NoCredentialsError
        if session.region_name is None:
            raise NoRegionError
    except BotoCoreError as error:
        raise translated(refusal_of(error, ""), address) from error
    found = replace(address, region=session.region_name, workgroup=address.workgroup or PRIMARY)
    config = Config(
        retries={"mode": "standard", "total_max_attempts": 2},
        connect_timeout=_TIMEOUT, read_timeout=_TIMEOUT, max_pool_connections=16,
    )  # fmt: skip
    if found.role_arn is not None:
        _, caller = _identity(session.client("sts", config=config), found)
        session = in_role(session, caller, found.role_arn, session.region_name, found.external_id)
        _ = patient(session.get_credentials().get_frozen_credentials, "AssumeRole", found, _NEVER)
    connection = pyathena.connect(
        session=session, region_name=found.region, work_group=found.workgroup, schema_name=found.database,
        catalog_name=found.catalog, s3_staging_dir=found.output or "", config=config, s3_config=config,
        encryption_option=found.encryption and ("SSE_S3" if found.encryption == "SSE_S3" else "SSE_KMS"),
        kms_key=None if found.encryption == "SSE_S3" else found.encryption, cursor_class=TokenCursor,
        cursor_kwargs={"owner": found.owner}, converter=TextConverter(), retry_config=RetryConfig(attempt=1),
        poll_interval=0, kill_on_interrupt=False,
    )  # fmt: skip
    sts = session.client("sts", config=config)
    glue = session.client("glue", config=config)
    account, caller = _identity(sts, found)
    prompt.may_ask = False
    return Aws(found, account, connection, glue, caller)


@dataclass(slots=True)
class MfaPrompt:
    """Prompts for MFA codes before the screens open; on a screen the prompt would be lost and the code visible."""

    may_ask: bool

    def put_into(self, session: Any) -> None:
        """Replace botocore's own prompt in a session."""
        from botocore.exceptions import UnknownCredentialError

        providers = session._session.get_component("credential_provider")  # noqa: SLF001 - boto3 has no public way
        with suppress(UnknownCredentialError):
            providers.get_provider("assume-role")._prompter = self  # noqa: SLF001 - nor has botocore

    def __call__(self, question: str) -> str:
        """The code that the user types. Raises AthenaError where there is no terminal to ask on."""
        if not self.may_ask:
            raise AthenaError(
                "These credentials need an MFA code: quit, then open it from the command line, which prompts."
            )
        return getpass(question)


def patient(
    call: Callable[[], Any], operation: str, address: Address, cancelled: threading.Event, tries: int = _TRIES
) -> Any:
    """Make a call, and retry it if waiting can help. Raises AthenaError, Cancelled."""
    from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError
    from pyathena.error import Error
    from urllib3.exceptions import HTTPError

    from ssmtrail.queries.sources.not_aws import NOT_AWS

    for number in range(tries):
        if cancelled.is_set():
            raise Cancelled
        try:
            return call()
        except (BotoCoreError, ClientError, HTTPClientError, HTTPError, Error, *NOT_AWS) as error:
            refused = translated(refusal_of(error, operation), address)
            if refused.retry != "later" or number == tries - 1:
                raise refused from error
        # Full jitter, so that clients that were throttled together do not retry together.
        if cancelled.wait(random() * min(_LONGEST_WAIT, _FIRST_WAIT * 2**number)):
            raise Cancelled
    raise AssertionError


def _identity(sts: Any, address: Address) -> tuple[str, str]:
    """Account and ARN of the credentials, empty if STS cannot be reached. Raises AthenaError if they have expired."""
    try:
        # Networks that reach Athena but not STS are common: do not wait long.
        found = patient(sts.get_caller_identity, "GetCallerIdentity", address, _NEVER, tries=2)
    except AthenaError as error:
        if error.is_denied or error.retry == "later":
            return "", ""
        raise
    return str(found["Account"]), str(found.get("Arn", ""))


def refusal_of(error: BaseException, operation: str) -> Refusal:
    """The parts of an error of botocore or urllib3; PyAthena's errors carry one of these as their cause."""
    cause = error.__cause__ or error
    response: Any = getattr(cause, "response", None)
    if isinstance(response, dict) and "Error" in response:
        operation = getattr(cause, "operation_name", operation)
        return Refusal(str(response["Error"].get("Code", "")), str(response["Error"].get("Message", "")), operation)
    return Refusal(type(cause).__name__, str(cause), operation)


def be_quiet() -> None:
    """Keep the libraries' own log messages off the terminal, where they would damage the screen."""
    for name in ("pyathena", "botocore", "boto3", "urllib3"):
        logger = logging.getLogger(name)
        logger.propagate = False
        if not logger.handlers:
            logger.addHandler(logging.NullHandler())


#: Older engines lack functions that the statements use, and cannot reuse results. Source: "Athena engine
#: versioning", Athena User Guide.
LEAST_ENGINE: Final = 3


@dataclass(frozen=True, slots=True)
class Workgroup:
    """The settings of a workgroup, as far as they may be read."""

    limit: int | None = None
    """Bytes after which Athena ends a query; None if there is no limit or it is unknown."""
    no_reuse: str = ""
    """Why earlier results cannot be reused, a sentence; empty if they can."""
    reservation: str = ""
    """The capacity reservation that its queries run on, which is paid by the hour and not by scan; empty for none."""


def read_workgroup(aws: Aws, cancelled: threading.Event) -> Workgroup:
    """Read the settings of the workgroup. Raises AthenaError, Cancelled."""
    name = aws.address.workgroup
    try:
        found = described_workgroup(aws, cancelled)
    except AthenaError as error:
        if not error.is_denied:
            raise
        return Workgroup(
            None, f"No result is reused: the identity may not read the workgroup {name} (athena:GetWorkGroup)."
        )
    settings: dict[str, Any] = found.get("Configuration", {})
    if why := why_not_sql(settings, name or ""):
        raise AthenaError(why)
    return Workgroup(
        settings.get("BytesScannedCutoffPerQuery"), _why_no_reuse(settings, name or "", aws.address.output),
        reservation_of(aws, cancelled) or "",
    )  # fmt: skip


#: States of a reservation on which queries run. Source: `CapacityReservation`, Athena API Reference.
_IN_USE: Final = frozenset({"ACTIVE", "UPDATE_PENDING"})


def reservation_of(aws: Aws, cancelled: threading.Event) -> str | None:
    """The capacity reservation that the workgroup is assigned to, empty for none; None where that may not be read.

    Source: "Manage query processing capacity", Athena User Guide. Raises AthenaError, Cancelled.
    """
    try:
        for each in aws.pages("list_capacity_reservations", "CapacityReservations", cancelled):
            if each.get("Status") not in _IN_USE:
                continue
            found = aws.call(
                "athena", "get_capacity_assignment_configuration", cancelled, CapacityReservationName=each["Name"]
            )["CapacityAssignmentConfiguration"]
            groups = (assigned.get("WorkGroupNames", ()) for assigned in found.get("CapacityAssignments", ()))
            if any(aws.address.workgroup in names for names in groups):
                return str(each["Name"])
    except AthenaError as error:
        if error.retry == "later" or error.is_expired:
            raise
        return None  # denied, or a region that knows no reservations
    return ""


def described_workgroup(aws: Aws, cancelled: threading.Event) -> dict[str, Any]:
    """The answer of GetWorkGroup; managed results take no output location, so none is sent from then on.

    Source: "Managed query results", Athena User Guide. Raises AthenaError, Cancelled.
    """
    name = aws.address.workgroup
    found: dict[str, Any] = aws.call("athena", "get_work_group", cancelled, WorkGroup=name)["WorkGroup"]
    if found.get("Configuration", {}).get("ManagedQueryResultsConfiguration", {}).get("Enabled"):
        # Nor do they take an encryption or a bucket's owner.
        aws.connection.s3_staging_dir = aws.connection.encryption_option = None
        aws.connection.cursor_kwargs = {}
    return found


def why_not_sql(settings: Mapping[str, Any], name: str) -> str:
    """Why a workgroup cannot run SQL, a sentence; empty if it can."""
    version = engine_of(settings)[0]
    if "spark" not in version.casefold():
        return ""
    return f"The workgroup {name} runs Spark ({version}): name one with an Athena SQL engine with --workgroup."


def engine_of(settings: Mapping[str, Any]) -> tuple[str, int | None]:
    """The engine version of a workgroup as text, and as a number if it has one."""
    version = str(settings.get("EngineVersion", {}).get("EffectiveEngineVersion", ""))
    number = re.search(r"\d+", version)
    return version, int(number[0]) if number else None


def _why_no_reuse(settings: Mapping[str, Any], name: str, output: str | None) -> str:
    """Source: "Reuse query results", considerations and limitations, Athena User Guide."""
    number = engine_of(settings)[1]
    if number is not None and number < LEAST_ENGINE:
        return f"No result is reused: the workgroup {name} has an engine older than version {LEAST_ENGINE}."
    if settings.get("ManagedQueryResultsConfiguration", {}).get("Enabled"):
        return f"No result is reused: the workgroup {name} has managed results, and Athena reuses only results in S3."
    if output and not settings.get("EnforceWorkGroupConfiguration"):
        return "No result is reused: --results replaces the output location of the workgroup, which prevents reuse."
    return ""
