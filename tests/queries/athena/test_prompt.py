"""An MFA code is prompted for before the screens open, never on them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import boto3
import pytest

from ssmtrail.queries.sources.athena.address import Address
from ssmtrail.queries.sources.athena.client import connected
from ssmtrail.queries.sources.athena.errors import AthenaError

if TYPE_CHECKING:
    from pathlib import Path

    from tests.athena_emulator import Emulator

PROFILE = """
[profile plain]
region = eu-central-1
aws_access_key_id = AKID
aws_secret_access_key = secret
[profile mfa]
region = eu-central-1
role_arn = arn:aws:iam::111122223333:role/audit
mfa_serial = arn:aws:iam::111122223333:mfa/jane
source_profile = plain
"""


@pytest.fixture
def profile(emulator: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    (tmp_path / "config").write_text(PROFILE)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    return "mfa"


def test_there_is_no_prompt_on_a_screen(profile: str) -> None:
    with pytest.raises(AthenaError, match="MFA code: quit"):
        connected(Address("audit", "trail", profile=profile), may_ask=False)


def test_before_the_screens_the_terminal_is_questions(profile: str, monkeypatch: pytest.MonkeyPatch) -> None:
    questions: list[str] = []

    def answer(question: str) -> str:
        questions.append(question)
        raise EOFError

    monkeypatch.setattr("ssmtrail.queries.sources.athena.client.getpass", answer)
    with pytest.raises(EOFError):
        connected(Address("audit", "trail", profile=profile))
    assert len(questions) == 1
    assert "MFA" in questions[0]
    assert boto3.Session(profile_name="plain").get_credentials() is not None
