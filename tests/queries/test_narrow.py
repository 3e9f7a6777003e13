"""Narrow rows keep the listed members of a request or response, of cut JSON what is whole."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ssmtrail.queries.narrow import narrowed, narrowed_tags, wants_tags
from ssmtrail.queries.raw_calls import CREDENTIAL_MEMBERS, MACHINE_MEMBERS

RUN = MACHINE_MEMBERS["RunInstances"].response
TAGS = MACHINE_MEMBERS["CreateTags"].request


def instance(number: int) -> dict[str, Any]:
    return {
        "instanceId": f"i-{number}",
        "imageId": "ami-1",
        "privateIpAddress": f"10.0.0.{number}",
        "launchTime": 1688990121000,
        "tagSet": {"items": [{"key": "Name", "value": f"web {number}"}, {"key": "env", "value": "[{,"}]},
    }


def kept(number: int) -> dict[str, Any]:
    whole = instance(number)
    del whole["imageId"]
    return whole


ANSWER = json.dumps({"reservationId": "r-1", "instancesSet": {"items": [instance(1), instance(2)]}, "ownerId": "1"})


def loaded(text: str | None) -> Any:
    return None if text is None else json.loads(text)


def test_an_answer_is_cut_to_its_instances() -> None:
    assert loaded(narrowed(ANSWER, RUN)) == {"instancesSet": {"items": [kept(1), kept(2)]}}
    assert loaded(narrowed(json.dumps(ANSWER), RUN)) == {"instancesSet": {"items": [kept(1), kept(2)]}}


@pytest.mark.parametrize(
    ("end", "whole"),
    [
        pytest.param(len(ANSWER) - 3, [kept(1), kept(2)], id="behind the list"),
        pytest.param(ANSWER.rindex("ami-1"), [kept(1)], id="in the second instance"),
        pytest.param(ANSWER.index('"key": "env"'), [], id="between the tags of the first"),
        pytest.param(ANSWER.index("i-1"), [], id="in the first id"),
        pytest.param(ANSWER.index("instancesSet") + 3, None, id="before the list"),
        pytest.param(1, None, id="at the start"),
        pytest.param(0, None, id="empty"),
    ],
)
def test_a_cut_answer_gives_its_whole_instances(end: int, whole: list[Any] | None) -> None:
    expected = {"instancesSet": {"items": whole}} if whole is not None else {}
    for text in (ANSWER[:end], json.dumps(ANSWER[:end])):
        assert loaded(narrowed(text, RUN)) == expected | {"cut": True}


@given(st.integers(0, len(ANSWER)))
def test_nothing_half_is_read(end: int) -> None:
    found = loaded(narrowed(ANSWER[:end], RUN)).get("instancesSet", {}).get("items", [])
    assert found == [kept(1), kept(2)][: len(found)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (None, None),
        ("null", None),
        ("{}", "{}"),
        ("[1]", "{}"),
        ('"x"', '{"cut":true}'),
        ('{"a":1,"roleArn":"r","name":null}', '{"roleArn":"r","name":null}'),
        ('{"durationSeconds":NaN,"roleArn":1e999}', '{"roleArn":null,"durationSeconds":null}'),
        ('{"roleArn":"\\ud800","roleArn":"b"}', '{"roleArn":"b"}'),
        ('{"roleArn":"\\ud800"}', '{"roleArn":"�"}'),
        ('{"omitted":true,"originalSize":1,"reason":"requestParameters too large"}', '{"omitted":true}'),
        ("[" * 100_000, '{"cut":true}'),
    ],
)
def test_odd_requests(text: str | None, expected: str | None) -> None:
    assert narrowed(text, CREDENTIAL_MEMBERS.request) == expected
    assert narrowed(text, None) is None


def test_issued_credentials_are_kept_without_their_secrets() -> None:
    credentials = {"accessKeyId": "ASIA1", "sessionToken": "s", "secretAccessKey": "k", "expiration": "x"}
    issued = {"credentials": credentials, "assumedRoleUser": {"arn": "a", "assumedRoleId": "A:b"}, "x": 1}
    narrow = {"credentials": {"accessKeyId": "ASIA1", "expiration": "x"}, "assumedRoleUser": issued["assumedRoleUser"]}
    assert loaded(narrowed(json.dumps(issued), CREDENTIAL_MEMBERS.response)) == narrow
    anywhere = {"credentialSet": [issued | {"roleArn": "r"}], "subjectArn": "s"}
    expected = {"credentialSet": [{"roleArn": "r"} | narrow], "subjectArn": "s"}
    assert loaded(narrowed(json.dumps(anywhere), CREDENTIAL_MEMBERS.response)) == expected


def request(resources: list[Any], tags: list[Any] | None) -> str:
    return json.dumps(
        {"resourcesSet": {"items": resources}} | ({} if tags is None else {"tagSet": {"items": tags}}) | {"dryRun": 1}
    )


def test_tags_are_cut_to_names_of_machines() -> None:
    resources = [{"resourceId": each} for each in ("vol-1", "i-1", "mi-2")]
    tags = [{"key": "owner", "value": "x"}, {"key": "ENV", "value": "prod", "x": 1}, {"key": "Name"}, 3]
    assert loaded(narrowed_tags(request(resources, tags), TAGS)) == {
        "resourcesSet": {"items": [{"resourceId": "i-1"}, {"resourceId": "mi-2"}]},
        "tagSet": {"items": [{"key": "ENV", "value": "prod"}, {"key": "Name"}]},
    }
    assert loaded(narrowed_tags(request([], None), TAGS)) == {"resourcesSet": {"items": []}}


@pytest.mark.parametrize(
    "text", [None, "null", "{}", "[]", '"i-"', '{"resourcesSet":"i-1"}', '{"resourcesSet":{"items":1}}']
)
def test_odd_requests_for_tags(text: str | None) -> None:
    assert not wants_tags("DeleteTags", text)
    narrowed_tags(text, TAGS)


def test_a_machine_with_an_escaped_letter_is_one() -> None:
    tagged = '{"resourcesSet": {"items": [{"resourceId": "\\u0069-0ab1"}]}, "tagSet": {"items": [{"key": "Name"}]}}'
    assert wants_tags("CreateTags", tagged)
    assert not wants_tags("CreateTags", tagged.replace("Name", "owner"))


@given(st.text(alphabet='{}[]",:\\1nul', max_size=40))
def test_no_text_raises_an_error(text: str) -> None:
    for each in (text, json.dumps(text), '{"instancesSet":{"items":[' + text):
        found = loaded(narrowed(each, RUN))
        assert found is None or isinstance(found, dict)
        narrowed_tags(each, TAGS)
