"""A bucket that was opened last is opened again, without what was agreed to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ssmtrail.queries.config import Settings, State
from ssmtrail.queries.errors import UsageError
from ssmtrail.queries.sources.s3.address import S3Address
from ssmtrail.tui.choice import S3Choice, recalled_s3, remembered_s3
from ssmtrail.tui.launch import last_choice

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    "address",
    [
        S3Address.of("s3://my-trail/logs/"),
        S3Address(trail="audit", profile="p", role_arn="arn:aws:iam::111122223333:role/Audit", request_payer=True),
        S3Address("my-trail", accounts=("111122223333",), regions=("eu-central-1", "us-east-1")),
    ],
)
def test_the_last_bucket(tmp_path: Path, address: S3Address) -> None:
    remembered_s3(S3Choice(address, 5.0, 9.0, agreed=True)).save(tmp_path / "state.json")
    found = last_choice(State.load(tmp_path / "state.json"), Settings()).s3
    assert found == S3Choice(address)


def test_a_state_of_another_version_opens_nothing() -> None:
    assert last_choice(State("s3"), Settings()).kind is None
    with pytest.raises(UsageError):
        recalled_s3(State("s3"), Settings().athena)


@pytest.mark.parametrize("url", ["my-trail", "s3://", "s3://UPPER", "s3://a b/c"])
def test_what_is_no_bucket(url: str) -> None:
    with pytest.raises(UsageError, match="is no bucket"):
        S3Address.of(url)


def test_a_prefix_ends_with_one_slash() -> None:
    assert S3Address.of("s3://my-trail//logs//").prefix == "logs/"
    assert S3Address.of("s3://my-trail").prefix == ""
    assert S3Address.of("s3://my-trail/logs").url == "s3://my-trail/logs"
