"""Accounts of AWS: credentials by profile, role or organisation, and clients by region."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from ssmtrail.queries.errors import Cancelled
from ssmtrail.queries.sources.athena.address import Address
from ssmtrail.queries.sources.athena.client import MfaPrompt, be_quiet, refusal_of
from ssmtrail.queries.sources.athena.errors import AthenaError, translated
from ssmtrail.queries.sources.roles import in_role

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from ssmtrail.queries.sources.history.address import HistoryAddress

#: What AWS's calls raise through this module: a sentence with the next step, and whether waiting helps.
AwsError = AthenaError

#: Seconds after which a call without an answer fails.
_TIMEOUT: Final = 20
#: Where AWS answers whose region is not known.
_FIRST_REGION: Final = "us-east-1"
#: States of regions that an account has. Source: "DescribeRegions", EC2 API Reference.
_ENABLED: Final = ("opt-in-not-required", "opted-in")


@dataclass(slots=True)
class Account:
    """An account and its credentials; clients are made when they are first needed. Any thread may use it."""

    id: str
    session: Any
    """boto3's session."""
    profile: str | None = None
    name: str = ""
    """Its name in the organisation, where known."""
    _clients: dict[tuple[str, str], Any] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def home(self) -> str:
        """The region of its configuration."""
        return str(self.session.region_name or _FIRST_REGION)

    def client(self, service: str, region: str) -> Any:
        """The client of a service; it sends each request once, since this program counts them."""
        from botocore.config import Config

        with self._lock:
            if (service, region) not in self._clients:
                config = Config(
                    retries={"mode": "standard", "total_max_attempts": 1}, connect_timeout=_TIMEOUT,
                    read_timeout=_TIMEOUT,
                )  # fmt: skip
                self._clients[service, region] = self.session.client(service, region_name=region, config=config)
            return self._clients[service, region]

    def call(self, service: str, region: str, operation: str, **request: Any) -> Any:
        """Call one operation (`lookup_events`) once. Raises AwsError."""
        return self.attempt(lambda: getattr(self.client(service, region), operation)(**request), operation, region)

    def pages(
        self, service: str, region: str, operation: str, cancelled: threading.Event, **request: Any
    ) -> Iterator[Any]:
        """The answers of an operation page by page, each tried several times. Raises AwsError, Cancelled."""
        token: dict[str, Any] = {}
        while True:
            answer = self.patiently(service, region, operation, cancelled, **request, **token)
            yield answer
            if not answer.get("NextToken"):
                return
            token = {"NextToken": answer["NextToken"]}

    def patiently(self, service: str, region: str, operation: str, cancelled: threading.Event, **request: Any) -> Any:
        """Call an operation, again where waiting helps. Raises AwsError, Cancelled."""
        for number in range(_TRIES):
            if cancelled.is_set():
                raise Cancelled
            try:
                return self.call(service, region, operation, **request)
            except AwsError as error:
                if error.retry != "later" or number == _TRIES - 1:
                    raise
            if cancelled.wait(min(_LONGEST_WAIT, _FIRST_WAIT * 2**number)):
                raise Cancelled
        raise AssertionError

    def attempt(self, call: Callable[[], Any], operation: str, region: str) -> Any:
        """The answer of a call. Raises AwsError."""
        from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError
        from urllib3.exceptions import HTTPError

        from ssmtrail.queries.sources.not_aws import NOT_AWS

        try:
            return call()
        except (BotoCoreError, ClientError, HTTPClientError, HTTPError, *NOT_AWS) as error:
            raise _translated(error, wire_name(operation), self.profile, region) from error


#: Tries of a call that AWS asks to repeat, and seconds between two.
_TRIES: Final = 6
_FIRST_WAIT: Final = 0.3
_LONGEST_WAIT: Final = 5.0


def wire_name(operation: str) -> str:
    """`LookupEvents` of `lookup_events`."""
    return "".join(part.capitalize() for part in operation.split("_"))


def _translated(error: BaseException, operation: str, profile: str | None, region: str | None) -> AwsError:
    return translated(refusal_of(error, operation), Address("", "", profile=profile, region=region))


def profiles() -> tuple[str, ...]:
    """The names of the AWS profiles of this machine. Imports AWS's library."""
    import botocore.session
    from botocore.exceptions import BotoCoreError

    try:
        return tuple(botocore.session.Session().available_profiles)
    except BotoCoreError:  # a file that cannot be read is named when credentials are needed
        return ()


def accounts_by_profile(address: HistoryAddress, *, may_ask: bool = True) -> tuple[Account, ...]:
    """The accounts of the profiles, or of the role that one of them assumes, each with credentials that work.

    Imports AWS's library, and may prompt on the terminal for an MFA code, unless not `may_ask`. Raises AwsError.
    """
    found: dict[str, Account] = {}
    for profile in address.checked().profiles or (None,):
        account = _account(profile, may_ask=may_ask)
        if address.role_arn:
            account = assumed(account, address.role_arn.split(":")[4], address.role_arn)
            _ = account.call("sts", account.home, "get_caller_identity")
        found.setdefault(account.id, account)
    return tuple(found.values())


def _account(profile: str | None, *, may_ask: bool) -> Account:
    import boto3
    from botocore.exceptions import BotoCoreError, NoCredentialsError

    from ssmtrail.queries.sources.not_aws import refuse_foreign_answers

    be_quiet()
    try:
        session = boto3.Session(profile_name=profile)
        refuse_foreign_answers(session)
        prompt = MfaPrompt(may_ask)
        prompt.put_into(session)
        if session.get_credentials() is None:
            raise NoCredentialsError
    except BotoCoreError as error:
        raise _translated(error, "", profile, None) from error
    account = Account("", session, profile)
    account.id = str(account.patiently("sts", account.home, "get_caller_identity", threading.Event())["Account"])
    prompt.may_ask = False
    return account


def assumed(hub: Account, account: str, role_arn: str, name: str = "") -> Account:
    """An account by a role that the hub's identity assumes when the first call is made, and again before it expires."""
    caller = str(hub.call("sts", hub.home, "get_caller_identity")["Arn"])
    return Account(account, in_role(hub.session, caller, role_arn, hub.home), hub.profile, name)


def accounts_of_organisation(
    hub: Account, role: str, cancelled: threading.Event
) -> tuple[tuple[Account, ...], tuple[str, ...]]:
    """The active accounts of the hub's organisation, by a role of this name in each; and notes on the others.

    `State` replaces `Status`, which AWS retires. Source: "Account", AWS Organizations API Reference.
    Raises AwsError, Cancelled.
    """
    partition = str(hub.call("sts", hub.home, "get_caller_identity")["Arn"]).split(":")[1]
    members: list[Account] = []
    others: list[str] = []
    for page in hub.pages("organizations", hub.home, "list_accounts", cancelled):
        for each in page.get("Accounts", ()):
            state = each.get("State") or each.get("Status")
            if state != "ACTIVE":
                others.append(f"The account {each['Id']} is {str(state).lower().replace('_', ' ')}: it is not read.")
            elif each["Id"] == hub.id:
                members.append(Account(hub.id, hub.session, hub.profile, each.get("Name", "")))
            else:
                arn = f"arn:{partition}:iam::{each['Id']}:role/{role}"
                members.append(assumed(hub, each["Id"], arn, each.get("Name", "")))
    return tuple(members), tuple(others)


def regions_of(account: Account, wanted: Sequence[str], cancelled: threading.Event) -> tuple[str, ...]:
    """The wanted regions; without any, those that the account has. Raises AwsError, Cancelled.

    Who may not list them gets all regions of Session Manager, of which those that the account lacks are refused.
    """
    if wanted:
        return tuple(dict.fromkeys(wanted))
    enabled: Mapping[str, Any] = {"Filters": [{"Name": "opt-in-status", "Values": list(_ENABLED)}]}
    try:
        found = account.patiently("ec2", account.home, "describe_regions", cancelled, **enabled)
        return tuple(sorted(each["RegionName"] for each in found["Regions"]))
    except AwsError as error:
        if not error.is_denied:
            raise
    partition = account.session.get_partition_for_region(account.home)
    return tuple(sorted(account.session.get_available_regions("ssm", partition_name=partition)))
