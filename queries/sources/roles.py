"""Sessions of AWS's library that act in a role: it is assumed at the first call, and again before it expires."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from ssmtrail.queries.errors import UsageError

if TYPE_CHECKING:
    from boto3 import Session

_ROLE: Final = re.compile(r"arn:[\w-]+:iam::\d{12}:role/[\w+=,.@/-]+")
#: What AWS does not allow in the name of a role session.
_NAME: Final = re.compile(r"[^\w+=,.@-]")


def checked_role(arn: str) -> str:
    """The same ARN. Raises UsageError for what is none of a role."""
    if _ROLE.fullmatch(arn) is None:
        raise UsageError(f"{arn!r} is no role: write it like arn:aws:iam::111122223333:role/NAME.")
    return arn


def in_role(hub: Session, caller: str, role_arn: str, region: str, external_id: str | None = None) -> Session:
    """A session in a role that `hub`, whose identity is the ARN `caller`, may assume.

    The role session is named after the auditor (`ssmtrail-jane`): these calls are in the log too.
    """
    import boto3
    import botocore.session
    from botocore.credentials import AssumeRoleCredentialFetcher, DeferredRefreshableCredentials

    from ssmtrail.queries.sources.not_aws import refuse_foreign_answers

    given: dict[str, Any] = {"RoleSessionName": _NAME.sub("-", f"ssmtrail-{caller.rpartition('/')[2]}")[:64]}
    if external_id is not None:
        given["ExternalId"] = external_id
    fetcher = AssumeRoleCredentialFetcher(
        lambda service, **client: hub.client(service, region_name=region, **client),
        hub.get_credentials(), role_arn, extra_args=given,
    )  # fmt: skip
    session = botocore.session.Session()
    session.set_config_variable("region", region)
    session._credentials = DeferredRefreshableCredentials(  # noqa: SLF001 - botocore has no public way
        method="assume-role", refresh_using=fetcher.fetch_credentials
    )
    member = boto3.Session(botocore_session=session)
    refuse_foreign_answers(member)
    return member
