"""Sessions and clients of AWS: credentials resolved, refusals turned into sentences."""

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

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ssmtrail.queries.sources.athena.address import Address


#: The workgroup that every account has. Source: "Use workgroups", Athena User Guide.
PRIMARY: Final = "primary"
#: Tries of a call that AWS asks to repeat; with the waits between them about half a minute.
_TRIES: Final = 10
#: Seconds: the first wait between tries at the most, and the longest.
_FIRST_WAIT: Final = 0.25
_LONGEST_WAIT: Final = 8.0
#: Seconds without an answer after which a call is given up.
_TIMEOUT: Final = 20


class Deadline(threading.Event):
    """An event that is set once so many seconds are over."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self._until = time.monotonic() + seconds

    def is_set(self) -> bool:
        """Whether they are over."""
        return time.monotonic() >= self._until

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until they are over, or for so many seconds."""
        left = max(0.0, self._until - time.monotonic())
        time.sleep(left if timeout is None else min(left, timeout))
        return self.is_set()


_NEVER: Final = threading.Event()


@dataclass(frozen=True, slots=True)
class Aws:
    """A way to AWS that works: made by `connected`. Its calls may come from any thread."""

    address: Address
    """With the region, as it was found out."""
    account: str
    """Account of the credentials; empty where STS does not say."""
    athena: Any
    s3: Any
    glue: Any

    def call(self, service: str, operation: str, cancelled: threading.Event = _NEVER, **request: Any) -> Any:
        """One operation (`get_query_execution`), again and again while AWS asks for patience.

        Raises AthenaError, Cancelled between two tries.
        """
        method = getattr(getattr(self, service), operation)
        return patient(lambda: method(**request), _wire_name(operation), self.address, cancelled)


def connected(address: Address, *, may_ask: bool = True) -> Aws:
    """Find credentials and region, and prove them by one free call. Raises AthenaError.

    Imports AWS's libraries (a third of a second), and may ask on the terminal for an MFA code: call it in a worker,
    before the screen is taken over. Once it has returned, and without `may_ask`, nobody is asked: a code that is needed
    is an AthenaError.
    """
    import boto3
    import pyathena
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError, NoCredentialsError, NoRegionError

    _be_quiet()
    try:
        session = boto3.Session(profile_name=address.profile, region_name=address.region)
        prompt = _Prompt(may_ask)
        prompt.put_into(session)
        if session.get_credentials() is None:
            raise NoCredentialsError
        if session.region_name is None:
            raise NoRegionError
    except BotoCoreError as error:
        raise translated(_refusal(error, ""), address) from error
    found = replace(address, region=session.region_name, workgroup=address.workgroup or PRIMARY)
    config = Config(
        retries={"mode": "standard", "total_max_attempts": 2},
        connect_timeout=_TIMEOUT, read_timeout=_TIMEOUT, max_pool_connections=16,
    )  # fmt: skip
    connection = pyathena.connect(
        session=session, region_name=found.region, work_group=found.workgroup, schema_name=found.database,
        catalog_name=found.catalog, s3_staging_dir=found.output or "", config=config, s3_config=config,
    )  # fmt: skip
    sts = session.client("sts", config=config)
    glue = session.client("glue", config=config)
    account = _account(sts, found)
    prompt.may_ask = False
    return Aws(found, account, connection.client, connection.s3_client, glue)


@dataclass(slots=True)
class _Prompt:
    """Asks for MFA codes while the terminal is the user's; on a screen the question would be lost, the answer seen."""

    may_ask: bool

    def put_into(self, session: Any) -> None:
        """Take the place of the library's own prompt, which it keeps for as long as the session lives."""
        from botocore.exceptions import UnknownCredentialError

        providers = session._session.get_component("credential_provider")  # noqa: SLF001 - boto3 has no public way
        with suppress(UnknownCredentialError):
            providers.get_provider("assume-role")._prompter = self  # noqa: SLF001 - nor has botocore

    def __call__(self, question: str) -> str:
        if not self.may_ask:
            raise AthenaError(
                "These credentials want an MFA code: leave, then open the table by `ssmtrail athena`, which asks."
            )
        return getpass(question)


def patient(
    call: Callable[[], Any], operation: str, address: Address, cancelled: threading.Event, tries: int = _TRIES
) -> Any:
    """Make a call, again where only time is missing. Raises AthenaError, Cancelled."""
    from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError
    from urllib3.exceptions import HTTPError

    for number in range(tries):
        if cancelled.is_set():
            raise Cancelled
        try:
            return call()
        except (BotoCoreError, ClientError, HTTPClientError, HTTPError) as error:
            refused = translated(_refusal(error, operation), address)
            if refused.retry != "later" or number == tries - 1:
                raise refused from error
        # Full jitter: many who were throttled together do not come back together.
        if cancelled.wait(random() * min(_LONGEST_WAIT, _FIRST_WAIT * 2**number)):
            raise Cancelled
    raise AssertionError


def _account(sts: Any, address: Address) -> str:
    """The account of the credentials; expired ones are said, a network that hides STS is not."""
    try:
        # A network without a way to STS alone is common: it is not waited for.
        return str(patient(sts.get_caller_identity, "GetCallerIdentity", address, _NEVER, tries=2)["Account"])
    except AthenaError as error:
        if error.is_denied or error.retry == "later":
            return ""
        raise


def _refusal(error: BaseException, operation: str) -> Refusal:
    """An error of the library, taken apart."""
    said: Any = getattr(error, "response", None)
    if isinstance(said, dict) and "Error" in said:
        return Refusal(str(said["Error"].get("Code", "")), str(said["Error"].get("Message", "")), operation)
    return Refusal(type(error).__name__, str(error), operation)


def _wire_name(operation: str) -> str:
    return "".join(part.capitalize() for part in operation.split("_"))


def _be_quiet() -> None:
    """Both libraries log tracebacks by themselves, which would tear the screen."""
    for name in ("pyathena", "botocore", "boto3", "urllib3"):
        logger = logging.getLogger(name)
        logger.propagate = False
        if not logger.handlers:
            logger.addHandler(logging.NullHandler())


#: Older engines lack functions that the statements use, and never give a result again. Source: "Athena engine
#: versioning", Athena User Guide.
LEAST_ENGINE: Final = 3


@dataclass(frozen=True, slots=True)
class Workgroup:
    """As far as it may be looked at."""

    limit: int | None = None
    """Bytes after which a query is ended; unknown counts as none, the service tells in time."""
    refusal: str = ""
    """Why no earlier result can be given again, a sentence; empty where it can."""


def read_workgroup(aws: Aws, cancelled: threading.Event) -> Workgroup:
    """Look at the workgroup of an address. Raises AthenaError, Cancelled."""
    name = aws.address.workgroup
    try:
        found = aws.call("athena", "get_work_group", cancelled, WorkGroup=name)["WorkGroup"]
    except AthenaError as error:
        if not error.is_denied:
            raise
        return Workgroup(None, f"No result is reused: the workgroup {name} may not be looked at (athena:GetWorkGroup).")
    said: dict[str, Any] = found.get("Configuration", {})
    return Workgroup(said.get("BytesScannedCutoffPerQuery"), _workgroup_refusal(said, name or "", aws.address.output))


def engine_of(said: Mapping[str, Any]) -> tuple[str, int | None]:
    """The version of the engine as the workgroup tells it, as a number where it is one."""
    version = str(said.get("EngineVersion", {}).get("EffectiveEngineVersion", ""))
    number = re.search(r"\d+", version)
    return version, int(number[0]) if number else None


def _workgroup_refusal(said: Mapping[str, Any], name: str, output: str | None) -> str:
    """Source: "Reuse query results", considerations and limitations, Athena User Guide."""
    number = engine_of(said)[1]
    if number is not None and number < LEAST_ENGINE:
        return f"No result is reused: the workgroup {name} has an engine older than version {LEAST_ENGINE}."
    if said.get("ManagedQueryResultsConfiguration", {}).get("Enabled"):
        return (
            f"No result is reused: Athena keeps those of the workgroup {name} itself, and reuses only what lies in S3."
        )
    if output and not said.get("EnforceWorkGroupConfiguration"):
        return "No result is reused: --results takes the place of the workgroup's own location, which ends reuse."
    return ""
