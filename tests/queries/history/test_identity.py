"""Whose credentials would be used, from AWS's configuration alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ssmtrail.queries.sources.history.identity import configured_identity

if TYPE_CHECKING:
    from pathlib import Path

SSO = "[profile audit]\nsso_account_id = 111122223333\nsso_role_name = Admin\n"
ROLE = "[default]\nrole_arn = arn:aws-cn:iam::222233334444:role/path/Audit\nsource_profile = base\n"
WEB = {"AWS_WEB_IDENTITY_TOKEN_FILE": "/token", "AWS_ROLE_ARN": "arn:aws:iam::333344445555:role/Pod"}


@pytest.mark.parametrize(
    ("config", "env", "said"),
    [
        ("", {}, ""),
        (SSO, {"AWS_PROFILE": "audit"}, "account 111122223333, role Admin by SSO, profile audit"),
        (ROLE, {}, "account 222233334444, role path/Audit by AssumeRole, profile default"),
        ("[default]\naws_access_key_id = AKIA1\n", {}, "keys in the configuration, profile default"),
        (
            "[default]\ncredential_process = /bin/keys\naws_account_id = 111122223333\n", {},
            "account 111122223333, credentials of a process, profile default",
        ),
        (SSO, {"AWS_PROFILE": "other"}, "The config profile (other) could not be found"),
        (SSO, {"AWS_PROFILE": "audit", "AWS_ACCESS_KEY_ID": "AKIA1"}, "keys in AWS_ACCESS_KEY_ID"),
        ("", WEB, "account 333344445555, role Pod by web identity"),
        ("", WEB | {"AWS_ROLE_ARN": "garbage"}, ""),
        ("[default]\nrole_arn = garbage\n", {}, ""),
    ],
)  # fmt: skip
def test_what_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, config: str, env: dict[str, str], said: str
) -> None:
    for name in ("AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_DEFAULT_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "config").write_text(config)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    assert configured_identity() == said
