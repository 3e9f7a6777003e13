"""Rows of credentials and machines: what they keep, and that the quick reader and the tolerant one agree."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ssmtrail.queries.raw_calls import RAW_COLUMNS
from ssmtrail.queries.sources.files.rows import Place, Row, members, quick_row, row_of, usual

PLACE = Place("f.json", None, 4)
BASE = {"eventVersion": "1.08", "eventTime": "2026-11-23T12:00:00Z", "eventID": "e-1", "awsRegion": "eu-central-1"}


def both(record: dict[str, Any] | bytes) -> tuple[Row | None, Row]:
    """The row of the quick reader and that of the tolerant one."""
    exact = record if isinstance(record, bytes) else json.dumps(record).encode()
    one = usual(exact)
    return None if one is None else quick_row(one, exact, PLACE), row_of(members(exact), exact, PLACE)


def row(record: dict[str, Any] | bytes, *, is_quick: bool = True) -> dict[str, Any]:
    quick, tolerant = both(record)
    assert quick == (tolerant if is_quick else None)
    loaded: dict[str, Any] = json.loads(tolerant.line)
    return dict.fromkeys(RAW_COLUMNS) | loaded


ASSUME = BASE | {
    "eventSource": "sts.amazonaws.com",
    "eventName": "AssumeRole",
    "userIdentity": {"type": "IAMUser", "userName": "jane", "accessKeyId": "AKIA1"},
    "requestParameters": {"roleArn": "arn:r", "roleSessionName": "jane", "durationSeconds": 3600, "policy": "{}"},
    "responseElements": {
        "credentials": {"accessKeyId": "ASIA1", "sessionToken": "secret", "expiration": "Aug 1, 2024, 11:45:22 AM"},
        "assumedRoleUser": {"arn": "arn:a", "assumedRoleId": "AROA:jane"},
        "packedPolicySize": 3,
    },
    "resources": [{"ARN": "arn:r", "type": "AWS::IAM::Role"}],
    "additionalEventData": {"RequestDetails": {"endpointType": "global"}},
    "sharedEventID": "s-1",
}


def test_a_row_of_credentials() -> None:
    found = row(ASSUME)
    assert {column: value for column, value in found.items() if value is not None} == {
        "eventid": "e-1",
        "eventtime": "2026-11-23T12:00:00Z",
        "eventsource": "sts.amazonaws.com",
        "eventname": "AssumeRole",
        "awsregion": "eu-central-1",
        "eventversion": "1.08",
        "requestparameters": '{"roleArn":"arn:r","roleSessionName":"jane","durationSeconds":3600}',
        "responseelements": '{"credentials":{"accessKeyId":"ASIA1","expiration":"Aug 1, 2024, 11:45:22 AM"},'
        '"assumedRoleUser":{"arn":"arn:a","assumedRoleId":"AROA:jane"}}',
        "resources": '[{"ARN": "arn:r", "type": "AWS::IAM::Role"}]',
        "additionaleventdata": '{"RequestDetails": {"endpointType": "global"}}',
        "sharedeventid": "s-1",
        "useridentity_type": "IAMUser",
        "useridentity_username": "jane",
        "useridentity_accesskeyid": "AKIA1",
        "file": "f.json",
        "position": "4",
    }


def test_a_refused_call_has_neither() -> None:
    found = row(ASSUME | {"requestParameters": None, "responseElements": None, "errorCode": "AccessDenied"})
    assert (found["requestparameters"], found["responseelements"], found["record"]) == (None, None, None)


def ec2(name: str, request: Any, response: Any) -> dict[str, Any]:
    return BASE | {
        "eventSource": "ec2.amazonaws.com",
        "eventName": name,
        "requestParameters": request,
        "responseElements": response,
    }


ONE = {
    "instanceId": "i-1",
    "currentState": {"code": 32, "name": "stopping"},
    "previousState": {"code": 16, "name": "r"},
}
TAGGING = {
    "resourcesSet": {"items": [{"resourceId": "i-1"}, {"resourceId": "vol-1"}]},
    "tagSet": {"items": [{"key": "Name", "value": "web"}, {"key": "owner", "value": "x"}]},
}


@pytest.mark.parametrize(
    ("record", "request_kept", "response_kept"),
    [
        pytest.param(
            ec2("RunInstances", {"imageId": "a"}, {"instancesSet": {"items": [{"instanceId": "i-1", "x": 1}]}, "y": 1}),
            None,
            '{"instancesSet":{"items":[{"instanceId":"i-1"}]}}',
            id="launched",
        ),
        pytest.param(
            ec2("StopInstances", {"instancesSet": {"items": [{"instanceId": "i-1"}]}, "force": False},
                {"instancesSet": {"items": [ONE]}}),
            '{"instancesSet":{"items":[{"instanceId":"i-1"}]}}',
            json.dumps({"instancesSet": {"items": [ONE]}}, separators=(",", ":")),
            id="stopped",
        ),
        pytest.param(
            ec2("CreateTags", TAGGING, {"_return": True}),
            '{"resourcesSet":{"items":[{"resourceId":"i-1"}]},"tagSet":{"items":[{"key":"Name","value":"web"}]}}',
            None,
            id="tagged",
        ),
        pytest.param(
            ec2("BidEvictedEvent", None, None) | {"serviceEventDetails": {"instanceIdSet": ["i-1"]}},
            None,
            None,
            id="evicted",
        ),
    ],
)  # fmt: skip
def test_rows_of_machines(record: dict[str, Any], request_kept: str | None, response_kept: str | None) -> None:
    found = row(record)
    assert (found["requestparameters"], found["responseelements"]) == (request_kept, response_kept)
    assert found["record"] is None
    assert (found["serviceeventdetails"] is not None) == ("serviceEventDetails" in record)


def test_a_cut_answer_gives_its_whole_instances() -> None:
    answer = json.dumps({"instancesSet": {"items": [{"instanceId": "i-1"}, {"instanceId": "i-2"}]}})
    found = row(ec2("RunInstances", None, answer[:-9]), is_quick=False)
    assert found["responseelements"] == '{"instancesSet":{"items":[{"instanceId":"i-1"}]},"cut":true}'


def test_secrets_in_what_a_narrow_row_keeps_are_replaced() -> None:
    found = row(ASSUME | {"additionalEventData": {"password": "x"}, "userAgent": "password"}, is_quick=False)
    assert found["additionaleventdata"] == '{"password": "redacted: 1 characters"}'
    assert (found["useragent"], found["redacted"]) == ("password", "password")


DOOR = BASE | {
    "eventSource": "ssm.amazonaws.com",
    "eventName": "GetAccessToken",
    "responseElements": {"credentials": {"accessKeyId": "ASIA1", "sessionToken": "abc"}},
}


def test_a_full_row_has_its_record_without_secrets() -> None:
    found = row(DOOR, is_quick=False)
    clean = json.loads(json.dumps(DOOR).replace('"abc"', '"redacted: 3 characters"'))
    assert (json.loads(found["record"]), json.loads(found["responseelements"])) == (clean, clean["responseElements"])
    assert found["redacted"] == "sessionToken"


def test_a_hidden_secret_is_kept_by_the_quick_reader() -> None:
    hidden = DOOR | {"responseElements": {"tokenValue": "Value hidden due to security reasons."}}
    assert row(hidden)["record"] == json.dumps(hidden)
    assert row(hidden)["redacted"] is None


def test_without_an_id_the_secret_is_no_part_of_the_content() -> None:
    """Else a short password could be guessed from the hash."""
    one, other = ({**DOOR, "eventID": "", "responseElements": {"password": each}} for each in ("ab", "cd"))
    assert row(one, is_quick=False)["content_id"] == row(other, is_quick=False)["content_id"]


SCALARS = st.none() | st.booleans() | st.integers(-(2**60), 2**70) | st.floats() | st.text(max_size=4)
ODD = SCALARS | st.lists(SCALARS, max_size=2) | st.dictionaries(st.text(max_size=3), SCALARS, max_size=2)
LEAVES = (
    "roleArn",
    "roleSessionName",
    "instanceId",
    "key",
    "value",
    "resourceId",
    "accessKeyId",
    "code",
    "omitted",
    "x",
)


def objects(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    names = ("credentials", "assumedRoleUser", "credentialSet", "instancesSet", "items", "tagSet", "currentState",
             "resourcesSet")  # fmt: skip
    some = inner | st.lists(inner, max_size=2)
    return st.fixed_dictionaries({}, optional=dict.fromkeys(LEAVES, ODD) | dict.fromkeys(names, some))


ANY = st.recursive(ODD, objects, max_leaves=6)
NAMES = ("AssumeRole", "CreateSession", "RunInstances", "StopInstances", "CreateTags", "DeleteTags", "BidEvictedEvent")
SOURCES = ("sts.amazonaws.com", "rolesanywhere.amazonaws.com", "ec2.amazonaws.com", "ssm.amazonaws.com")


@given(st.sampled_from(SOURCES), st.sampled_from(NAMES), objects(ANY) | ANY, objects(ANY) | ANY, st.booleans())
def test_quick_row_agrees_with_row_of(source: str, name: str, request: Any, response: Any, escaped: bool) -> None:
    record = BASE | {
        "eventSource": source,
        "eventName": name,
        "requestParameters": request,
        "responseElements": response,
    }
    quick, tolerant = both(json.dumps(record, ensure_ascii=escaped).encode("utf-8", "surrogatepass"))
    assert quick in (None, tolerant)
