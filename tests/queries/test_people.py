"""Who a caller is, and how that is known."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from ssmtrail.queries.raw_calls import is_machine_name
from tests.records import ACCOUNT, ask, assume_role, assumed_role, iam_user, opened, sso, start, told, write_file

if TYPE_CHECKING:
    from pathlib import Path

    from tests.records import Record

ROOT: Record = {"type": "Root", "principalId": ACCOUNT, "arn": f"arn:aws:iam::{ACCOUNT}:root", "accountId": ACCOUNT}
SERVICE: Record = {"type": "AWSService", "invokedBy": "ecs.amazonaws.com"}
CENTER: Record = {
    "type": "IdentityCenterUser",
    "accountId": ACCOUNT,
    "onBehalfOf": {"userId": "544894e8-80c1-707f-60e3-3ba6510dfac1", "identityStoreArn": "arn:aws:identitystore::1:x"},
}
FEDERATED: Record = {"type": "FederatedUser", "arn": f"arn:aws:sts::{ACCOUNT}:federated-user/Alice"}


IDENTITIES: tuple[tuple[Record, str | None, str | None, str], ...] = (
    (iam_user("jane"), "jane", None, "user name"),
    (ROOT, "root", None, "root of the account"),
    (sso("Admin", "jane.doe@example.com"), "jane.doe@example.com", "Admin", "Identity Center session name"),
    (sso("Power_User", "12345"), "12345", "Power_User", "Identity Center session name"),
    (assumed_role("ops", "max"), "max", "ops", "role session name"),
    (assumed_role("ops", "botocore-session-17"), None, "ops", "not found"),
    (assumed_role("ops", "botocore-session-17", source_identity="max"), "max", "ops", "source identity"),
    (assumed_role("web", "i-0123456789abcdef0"), None, "web", "not found"),
    (CENTER, "544894e8-80c1-707f-60e3-3ba6510dfac1", None, "Identity Center user"),
    (FEDERATED, "Alice", None, "federated user name"),
    (SERVICE, "ecs.amazonaws.com", None, "service"),
    ({"type": "SAMLUser", "userName": "max"}, "max", None, "user name"),
    ({}, None, None, "not found"),
)


@pytest.fixture(scope="module")
def identified(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """A session of each identity, all of one trail."""
    starts = [
        start(f"12:00:{number:02}", f"s-{number:02}") | {"userIdentity": who}
        for number, (who, *_) in enumerate(IDENTITIES)
    ]
    found = told(tmp_path_factory.mktemp("identified"), "sessions", *starts)
    assert len(found) == len(IDENTITIES)
    return sorted(found, key=lambda row: row["session_id"])


@pytest.mark.parametrize(
    "number", range(len(IDENTITIES)), ids=lambda number: IDENTITIES[number][0].get("type", "nothing")
)
def test_the_table_of_identities(identified: list[dict[str, Any]], number: int) -> None:
    row, (_, person, role, how) = identified[number], IDENTITIES[number]
    assert (row["person"], row["role"], row["person_how"]) == (person, role, how)


def behind(key: str = "ASIAROLE") -> Record:
    return assumed_role("ops", "botocore-session-17", key=key)


def test_the_caller_of_the_assume_role_that_gave_the_keys(tmp_path: Path) -> None:
    asked = assume_role("11:50:00", "botocore-session-17", "ASIAROLE", iam_user("max"))
    (row,) = told(tmp_path, "sessions", start("12:00:00", who=behind()), asked)
    assert (row["person"], row["person_how"], row["role"]) == ("max", "caller of AssumeRole", "ops")


def test_through_a_chain_of_roles(tmp_path: Path) -> None:
    first = assume_role("11:00:00", "aws-go-sdk-1", "ASIAFIRST", sso("Admin", "jane"))
    second = assume_role(
        "11:30:00", "botocore-session-17", "ASIAROLE", assumed_role("hop", "aws-go-sdk-1", key="ASIAFIRST")
    )
    (row,) = told(tmp_path, "sessions", start("12:00:00", who=behind()), second, first)
    assert row["person"] == "jane"


def test_a_circle_of_roles_names_nobody(tmp_path: Path) -> None:
    circle = [
        assume_role("11:00:00", "botocore-session-1", "ASIAROLE", behind("ASIAOTHER")),
        assume_role("11:00:00", "botocore-session-1", "ASIAOTHER", behind("ASIAROLE")),
    ]
    (row,) = told(tmp_path, "sessions", start("12:00:00", who=behind()), *circle)
    assert row["person"] is None


def test_a_refused_assume_role_gives_no_keys(tmp_path: Path) -> None:
    refused = assume_role("11:50:00", "botocore-session-17", "ASIAROLE", iam_user("max"), errorCode="AccessDenied")
    (row,) = told(tmp_path, "sessions", start("12:00:00", who=behind()), refused)
    assert row["person"] is None


def pairs(tmp_path: Path, *records: Record) -> list[dict[str, Any]]:
    return told(tmp_path, "pairs", *records)


def test_unknown_people_are_grouped_by_role_and_never_dropped(tmp_path: Path) -> None:
    rows = pairs(
        tmp_path,
        start("12:00:00", "a-1", who=assumed_role("ops", "botocore-session-1")),
        start("12:10:00", "a-2", who=assumed_role("ops", "botocore-session-2")),
        start("12:20:00", "a-3", who=assumed_role("dba", "botocore-session-3")),
    )
    assert [(row["person"], row["person_shown"], row["sessions"]) for row in rows] == [
        (None, "unknown behind ops", 2), (None, "unknown behind dba", 1)
    ]  # fmt: skip


def test_people_with_one_name_in_two_accounts_are_two(tmp_path: Path) -> None:
    rows = pairs(tmp_path, start("12:00:00", "a-1"), start("12:10:00", "a-2", recipientAccountId="444455556666"))
    assert sorted((row["account"], row["person"]) for row in rows) == [
        ("111122223333", "jane"),
        ("444455556666", "jane"),
    ]


def test_names_come_from_the_account_of_the_record_not_of_the_caller(tmp_path: Path) -> None:
    write_file(tmp_path / "trail" / "a.json", [start("12:00:00", recipientAccountId=None)])
    with opened(tmp_path / "trail", tmp_path / "store") as service:
        assert ask(service, "sessions")[0]["account"] == ACCOUNT


@pytest.mark.parametrize(
    "name",
    [
        "botocore-session-1700000000",
        "aws-go-sdk-1700000000",
        "aws-sdk-java-17",
        "i-0123456789abcdef0",
        "i-01234567",
        "1700000000",
    ],
)
def test_machine_names(name: str) -> None:
    assert is_machine_name(name)


@pytest.mark.parametrize("name", ["jane.doe@example.com", "max", "i-am-max", "ci-deploy", "", None, "42nd-street"])
def test_names_of_people(name: str | None) -> None:
    assert not is_machine_name(name)
