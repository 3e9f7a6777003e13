"""`quick_row` gives the same row as `row_of` for usual records, and none for others."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ssmtrail.queries.sources.files.rows import (
    Place,
    Row,
    is_usual_wanted,
    is_wanted,
    members,
    quick_row,
    row_of,
    usual,
)
from tests.records import start

WORDS = st.none() | st.text(max_size=4) | st.sampled_from(["2026-11-23T12:00:00Z", "é\\", "\ud83d\ude00", "i-0ab", '"'])
ODD = (
    st.integers() | st.booleans() | st.lists(WORDS, max_size=2) | st.dictionaries(WORDS.filter(bool), WORDS, max_size=2)
)
TEXTS = (
    "eventID", "eventTime", "eventSource", "eventName", "awsRegion", "recipientAccountId", "sourceIPAddress",
    "userAgent", "errorCode", "errorMessage", "requestID", "eventVersion", "sessionCredentialFromConsole",
    "sharedEventID",
)  # fmt: skip
#: Some fit together, most do not.
NAMED = ("StartSession", "SendCommand", "ExecuteCommand", "OpenTunnel", "AssumeRole", "DescribeInstances", "", None)
SOURCES = (
    "ssm.amazonaws.com", "ecs.amazonaws.com", "ec2-instance-connect.amazonaws.com", "sts.amazonaws.com", "", None,
)  # fmt: skip
SESSIONS = ("i-0123456789abcdef0", "jane", "", 1, None)
JSONS = ("requestParameters", "responseElements", "resources", "additionalEventData", "serviceEventDetails")
PLACE = Place("f", None, 0)
WHO = (
    "type",
    "principalId",
    "arn",
    "accountId",
    "accessKeyId",
    "userName",
    "invokedBy",
    "identityProvider",
    "credentialId",
)


def quickly(exact: bytes, place: Place) -> Row | None:
    one = usual(exact)
    return None if one is None else quick_row(one, exact, place)


def some(names: tuple[str, ...], **deeper: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.fixed_dictionaries({}, optional=dict.fromkeys(names, WORDS | WORDS | ODD) | deeper) | st.none()


CONTEXT = some(
    ("sourceIdentity", "assumedRoot", "ec2RoleDelivery"),
    attributes=some(("mfaAuthenticated", "creationDate")),
    sessionIssuer=some(("arn", "userName")) | WORDS,
)
RECORDS = st.fixed_dictionaries(
    {},
    optional=dict.fromkeys(TEXTS, WORDS)
    | dict.fromkeys(JSONS, WORDS | ODD)
    | {
        "addendum": some(("reason", "originalEventID")),
        "userIdentity": some(
            WHO,
            sessionContext=CONTEXT,
            onBehalfOf=some(("userId", "identityStoreArn")),
            inScopeOf=WORDS | ODD,
            invokedByDelegate=WORDS | ODD,
        ),
    },
)


@given(RECORDS, st.booleans(), st.sampled_from([None, "2026-11-23"]))
def test_quick_row_agrees_with_row_of(record: dict[str, Any], escaped: bool, day: str | None) -> None:
    exact = json.dumps(record, ensure_ascii=escaped).encode("utf-8", "surrogatepass")
    place = Place("a/b.json", day, 3)
    assert quickly(exact, place) in (None, row_of(members(exact), exact, place))


@given(RECORDS, st.sampled_from(NAMED), st.sampled_from(SOURCES), st.sampled_from(SESSIONS))
def test_both_is_wanted_agree(record: dict[str, Any], name: str | None, source: str | None, session: Any) -> None:
    record |= {"eventName": name, "eventSource": source, "requestParameters": {"roleSessionName": session}}
    exact = json.dumps(record).encode()
    one = usual(exact)
    assert one is None or is_usual_wanted(one) == is_wanted(members(exact))


def test_a_usual_record_has_a_quick_row() -> None:
    exact = json.dumps(start("2026-11-23T12:00:00Z")).encode()
    assert quickly(exact, PLACE) == row_of(members(exact), exact, PLACE)


@pytest.mark.parametrize(
    "exact",
    [
        pytest.param(b'{"eventID":1}', id="a number for text"),
        pytest.param(b'{"userIdentity":"root"}', id="text for an object"),
        pytest.param(b'{"eventID":"\xff"}', id="not UTF-8"),
        pytest.param('{"x":"\ufffd"}'.encode(), id="a replacement that was there"),
        pytest.param(b'{"eventID":"\\ud800"}', id="half a character"),
        pytest.param(b"[" * 5_000, id="no record"),
    ],
)
def test_an_unusual_record_has_no_quick_row(exact: bytes) -> None:
    assert quickly(exact, PLACE) is None


def test_the_last_of_repeated_members_counts() -> None:
    exact = b'{"eventID":"a","userIdentity":{"type":"Root"},"eventID":"b","userIdentity":{"arn":"x","arn":"y"}}'
    assert quickly(exact, PLACE) == row_of(members(exact), exact, PLACE)
