"""Whose credentials AWS's library would use, as its configuration says; no request is made."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

#: The parts of a role's ARN, between colons.
_ROLE_ARN: Final = 6


def configured_identity() -> str:
    """`account 111122223333, role Admin by SSO, profile audit`; empty where nothing is configured. May be hostile.

    A machine or a container may have credentials without any configuration. Imports AWS's library where something is
    configured. The order is that of "Credentials", Boto3 documentation.
    """
    if "AWS_ACCESS_KEY_ID" in os.environ:
        return "keys in AWS_ACCESS_KEY_ID"
    if not any(name.startswith("AWS_") for name in os.environ) and not (Path.home() / ".aws").is_dir():
        return ""
    import botocore.session
    from botocore.exceptions import BotoCoreError

    session = botocore.session.Session()
    name = str(session.get_config_variable("profile") or "default")
    try:
        said = ", ".join(_said(session.get_scoped_config()))
    except BotoCoreError as error:
        return str(error).rstrip(".")
    if said:
        return f"{said}, profile {name}"
    role = os.environ.get("AWS_ROLE_ARN", "") if "AWS_WEB_IDENTITY_TOKEN_FILE" in os.environ else ""
    return ", ".join(_of_role(role, "web identity"))


def _said(profile: Mapping[str, Any]) -> Iterator[str]:
    if "role_arn" in profile:
        yield from _of_role(str(profile["role_arn"]), "AssumeRole")
    elif "sso_account_id" in profile:
        yield f"account {profile['sso_account_id']}"
        yield f"role {profile.get('sso_role_name', '?')} by SSO"
    elif "credential_process" in profile or "aws_access_key_id" in profile:
        if "aws_account_id" in profile:
            yield f"account {profile['aws_account_id']}"
        yield "credentials of a process" if "credential_process" in profile else "keys in the configuration"


def _of_role(arn: str, how: str) -> Iterator[str]:
    parts = arn.split(":", _ROLE_ARN - 1)
    if len(parts) == _ROLE_ARN:
        yield f"account {parts[4]}"
        yield f"role {parts[5].removeprefix('role/')} by {how}"
