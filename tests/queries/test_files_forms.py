"""The forms of log files: the quick reader agrees with a plain one on all of them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ssmtrail.queries.raw_calls import CREDENTIALS, FULL, MACHINES, narrow_of
from ssmtrail.queries.sources.files.records import Extracted, extract
from ssmtrail.queries.sources.files.rows import is_usual_wanted, usual

if TYPE_CHECKING:
    from collections.abc import Callable

START: dict[str, Any] = {
    "eventVersion": "1.08",
    "eventTime": "2026-11-23T12:00:00Z",
    "eventSource": "ssm.amazonaws.com",
    "eventName": "StartSession",
    "eventID": "e-1",
    "userIdentity": {"type": "IAMUser", "userName": "jane"},
    "requestParameters": {"target": "i-0ab1"},
}
OTHER = START | {"eventName": "UpdateInstanceInformation", "eventID": "e-2", "requestParameters": {"fake": START}}
END = START | {"eventName": "TerminateSession", "eventID": "e-3"}


def ids(found: Extracted) -> list[str]:
    return [json.loads(exact)["eventID"] for _, exact, _ in found.wanted]


def event(record: dict[str, Any]) -> dict[str, Any]:
    return {"EventId": "x", "EventName": "y", "CloudTrailEvent": json.dumps(record)}


def workers(record: dict[str, Any]) -> dict[str, Any]:
    return {"version": "0", "detail-type": "AWS API Call via CloudTrail", "source": "aws.ssm", "detail": record}


ALL = [START, OTHER, END]
FORMS: dict[str, Callable[[list[dict[str, Any]]], str]] = {
    "file": lambda records: json.dumps({"Records": records}),
    "file, compact": lambda records: json.dumps({"Records": records}, separators=(",", ":")),
    "file, pretty": lambda records: json.dumps({"Records": records}, indent=2),
    "file, other members first": lambda records: json.dumps({"a": {"Records": []}, "Records": records, "b": 1}),
    "array": json.dumps,
    "lines": lambda records: "\n".join(map(json.dumps, records)) + "\n",
    "lines of Windows, with blank ones": lambda records: "\r\n\r\n".join(map(json.dumps, records)) + "\r\n",
    "one behind the other": lambda records: "".join(map(json.dumps, records)),
    "pretty, one behind the other": lambda records: "\n".join(json.dumps(r, indent=1) for r in records),
    "files as lines": lambda records: "\n".join(json.dumps({"Records": [r]}) for r in records),
    "lookup-events": lambda records: json.dumps({"Events": [event(r) for r in records], "NextToken": "t"}, indent=4),
    "events as lines": lambda records: "\n".join(json.dumps(event(r)) for r in records),
    "envelopes": lambda records: json.dumps([workers(r) for r in records]),
    "envelopes as lines": lambda records: "\n".join(json.dumps(workers(r)) for r in records),
    "envelopes, one behind the other": lambda records: "".join(json.dumps(workers(r)) for r in records),
}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_file_is_read(form: str, encoding: str) -> None:
    found = extract(FORMS[form](ALL).encode(encoding))
    assert (ids(found), found.records, found.why()) == (["e-1", "e-3"], 3, "")
    assert [position for _, _, position in found.wanted] == [0, 2]


@pytest.mark.parametrize("one", [START, workers(START), event(START)], ids=["record", "envelope", "event"])
def test_a_single_record_is_read(one: dict[str, Any]) -> None:
    assert ids(extract(json.dumps(one, indent=1).encode())) == ["e-1"]


def test_records_of_insights_are_no_records() -> None:
    insight = {"eventVersion": "1.07", "eventType": "AwsCloudTrailInsight", "insightDetails": {"state": "Start"}}
    found = extract(json.dumps({"Records": [insight, START, insight]}).encode())
    assert (ids(found), found.records, found.insights, found.why()) == (["e-1"], 1, 2, "")


@pytest.mark.parametrize("text", ['{"Records":[]}', '{"Records":null}', "[]", '{"Events":[]}'])
def test_a_file_without_records_is_not_an_error(text: str) -> None:
    assert extract(text.encode()) == Extracted()


def test_positions_count_every_record_of_a_text() -> None:
    """Also where few are cut out of many, and where a text has several files (members of one gzip)."""
    many = json.dumps({"Records": [*[OTHER] * 20, START, *[OTHER] * 20, END]}, separators=(",", ":")).encode()
    assert [position for _, _, position in extract(many).wanted] == [20, 41]
    assert [position for _, _, position in extract(many + many).wanted] == [20, 41, 62, 83]


def test_the_exact_text_of_a_record_is_kept() -> None:
    odd = b'{ "eventName" : "Start\\u0053ession","eventSource":"ssm.amazonaws.com" ,\t"n":1.50 }'
    assert [exact for _, exact, _ in extract(b'{"Records":[' + odd + b"]}").wanted] == [odd]


GOOD = json.dumps(START).encode()
DEEP = b'{"eventName":"x","a":' + b"[" * 100_000 + b"]" * 100_000 + b"}"


@pytest.mark.parametrize(
    ("text", "calls", "why"),
    [
        pytest.param(b"hello", 0, "not JSON at byte 0", id="no JSON"),
        pytest.param(b"\x00\x01\x02", 0, "not JSON at byte 0", id="binary"),
        pytest.param(b'{"Records":[' + GOOD + b",", 1, f"not JSON at byte {13 + len(GOOD)}", id="cut behind a comma"),
        pytest.param(b'{"Records":[' + GOOD + b',{"a":"b', 1, f"not JSON at byte {13 + len(GOOD)}", id="cut inside"),
        pytest.param(b'{"Records":[{"a":tru},' + GOOD + b"]}", 1, "not JSON at byte 12", id="a bad item"),
        pytest.param(b'{"a":\n' + GOOD + b"\n", 1, "not JSON at byte 0", id="a cut line"),
        pytest.param(GOOD + b'\n"\n' + GOOD, 2, f"not JSON at byte {len(GOOD) + 1}", id="a bad line"),
        pytest.param(b'{"Records":[' + DEEP + b"," + GOOD + b"]}", 1, "not JSON at byte 12", id="deep nesting"),
        pytest.param(b'{"Records":[1,null,"x",[2],' + GOOD + b"]}", 1, "4 not CloudTrail records", id="not objects"),
        pytest.param(b'{"foo":1}', 0, "1 not CloudTrail record", id="another object"),
        pytest.param(b'{"Records":[{"eventName":"x","n":NaN},' + GOOD + b"]}", 1, "", id="NaN"),
        pytest.param(b'{"Records":[{"eventName":"x","n":"\\ud800"},' + GOOD + b"]}", 1, "", id="lone surrogate"),
        pytest.param(
            b'{"Records":[{"eventName":"\xff"},' + GOOD + b"]}",
            1,
            "not UTF-8 in the name of 1 record, passed over",
            id="not UTF-8",
        ),
        pytest.param(b'{"Records":[{"eventName":["StartSession"]},' + GOOD + b"]}", 1, "", id="a list for a name"),
        pytest.param(b'{"Records":[' + GOOD + b"]}]}" + GOOD, 1, f"not JSON at byte {14 + len(GOOD)}", id="brackets"),
    ],
)
def test_damage_costs_only_the_damaged_elements(text: bytes, calls: int, why: str) -> None:
    found = extract(text)
    assert (len(found.wanted), found.why()) == (calls, why)


def test_many_broken_lines_take_bounded_time() -> None:
    assert extract(b'{"a":\n' * 5_000).why() == "not JSON at byte 0 and in 4,999 more places"
    assert extract(b' {"a":\n' * 50_000).why().startswith("not JSON at byte 1 and in ")


def test_broken_lines_cost_only_themselves() -> None:
    lines = [b'{"a":[', GOOD, b'{"b":"c', GOOD, b"}{", GOOD, b"oh", GOOD]
    found = extract(b"\n".join(lines))
    assert (len(found.wanted), found.broken) == (4, 4)


def test_a_too_large_record_is_refused() -> None:
    found = extract(json.dumps({"Records": [START | {"x": "y" * (3 << 20)}, END]}).encode())
    assert (ids(found), found.why()) == (["e-3"], "1 larger than 2 MiB")


def assume(**changes: Any) -> dict[str, Any]:
    record = {
        "eventSource": "sts.amazonaws.com",
        "eventName": "AssumeRole",
        "userIdentity": {"type": "IAMUser"},
        "requestParameters": {"roleSessionName": "i-0123456789abcdef0"},
    }
    return record | changes


def tagged(*resources: str, keys: tuple[str, ...] = ("Name",), name: str = "CreateTags", **changes: Any) -> Any:
    request: dict[str, Any] = {"resourcesSet": {"items": [{"resourceId": resource} for resource in resources]}}
    request["tagSet"] = {"items": [{"key": key, "value": "v"} for key in keys]} if keys else {}
    return {"eventSource": "ec2.amazonaws.com", "eventName": name, "requestParameters": request} | changes


@pytest.mark.parametrize(
    ("record", "wanted"),
    [
        pytest.param(assume(), True, id="a machine's name"),
        pytest.param(assume(eventName="AssumeRoleWithWebIdentity"), True, id="with a web identity"),
        pytest.param(assume(requestParameters={"roleSessionName": "jane"}), True, id="a person's name"),
        pytest.param(assume(requestParameters=None), True, id="denied"),
        pytest.param(assume(userIdentity={"type": "AWSService"}), False, id="by a service"),
        pytest.param(assume(userIdentity={"type": "AWSService", "x": "i-"}), False, id="by a service, more"),
        pytest.param(assume(userIdentity={"type": "IAMUser", "invokedBy": "ec2.amazonaws.com"}), False, id="on behalf"),
        pytest.param(assume(userIdentity={"type": "IAMUser", "invokedBy": None}), True, id="on no behalf"),
        pytest.param(assume(userIdentity=None), True, id="no identity"),
        pytest.param(assume(eventSource="ssm.amazonaws.com"), False, id="another source"),
        pytest.param(assume(eventName="GetSessionToken", userIdentity={"type": "AWSService"}), False, id="its token"),
        pytest.param(
            assume(
                eventSource="sso.amazonaws.com", eventName="GetRoleCredentials", userIdentity={"type": "AWSService"}
            ),
            True,
            id="of Identity Center, like a service",
        ),
        pytest.param(tagged("i-0ab1"), True, id="an instance's name"),
        pytest.param(tagged("i-0ab1", keys=("STAGE",)), True, id="an environment, another case"),
        pytest.param(tagged("i-0ab1", keys=("owner",)), False, id="another key"),
        pytest.param(tagged("i-0ab1", keys=()), False, id="no tags"),
        pytest.param(tagged("vol-0ab1", "i-0ab1"), True, id="an instance among others"),
        pytest.param(tagged("vol-0ab1", "mi-0ab1"), False, id="no instance"),
        pytest.param(tagged("ami-0", keys=("Name", "i-0ab1")), False, id="an instance elsewhere"),
        pytest.param(tagged("i-0ab1", eventSource="autoscaling.amazonaws.com"), False, id="tags of another source"),
        pytest.param(tagged("i-0ab1", requestParameters=None), False, id="tags denied"),
        pytest.param(tagged("i-0ab1", keys=(), name="DeleteTags"), True, id="all tags deleted"),
        pytest.param(tagged("i-0ab1", keys=("owner",), name="DeleteTags"), False, id="another key deleted"),
    ],
)
def test_which_credentials_and_tags_are_wanted(record: dict[str, Any], wanted: bool) -> None:
    assert len(extract(json.dumps([record]).encode()).wanted) == wanted
    assert len(extract(json.dumps({"Records": [record] + [OTHER] * 20}).encode()).wanted) == wanted
    assert len(extract(json.dumps(workers(record)).encode()).wanted) == wanted
    assert plainly_wanted(record) == wanted
    one = usual(json.dumps(record).encode())
    assert one is not None
    assert is_usual_wanted(one) == wanted


#: Extraction set 2 by service, as the rules of evidence list it.
WANTED = {
    "ssm": "StartSession ResumeSession TerminateSession SendCommand StartAccessRequest GetAccessToken"
    " SendAutomationSignal CreateActivation RegisterManagedInstance DeregisterManagedInstance CreateDocument"
    " UpdateDocument ModifyDocumentPermission UpdateServiceSetting",
    "ecs": "ExecuteCommand UpdateCluster",
    "ec2-instance-connect": "SendSSHPublicKey SendSerialConsoleSSHPublicKey OpenTunnel",
    "ssm-guiconnect": "StartConnection GetConnection CancelConnection",
    "sagemaker": "StartSession",
    "codebuild": "StartSandboxConnection",
    "sts": "AssumeRole AssumeRoleWithSAML AssumeRoleWithWebIdentity AssumeRoot GetFederationToken GetSessionToken",
    "sso": "GetRoleCredentials",
    "sso-oauth": "CreateTokenWithIAM",
    "rolesanywhere": "CreateSession",
    "ec2": "RunInstances CreateTags DeleteTags StartInstances StopInstances RebootInstances TerminateInstances"
    " BidEvictedEvent EnableSerialConsoleAccess CreateInstanceConnectEndpoint",
    "iam": "DeleteUser",
    "identitystore": "DeleteUser",
    "cloudtrail": "StopLogging DeleteTrail UpdateTrail PutEventSelectors",
}
NARROW = {"sts", "sso", "sso-oauth", "rolesanywhere", "ec2"}


def test_which_calls_are_wanted() -> None:
    named = {(f"{source}.amazonaws.com", name) for source, names in WANTED.items() for name in names.split()}
    groups = (FULL, CREDENTIALS, MACHINES)
    assert {(source, name) for group in groups for source, names in group.items() for name in names} == named
    narrow = {(source, name) for source, name in named if narrow_of(source, name)}
    assert narrow == {
        (source, name)
        for source, name in named
        if source.removesuffix(".amazonaws.com") in NARROW
        and name not in {"EnableSerialConsoleAccess", "CreateInstanceConnectEndpoint"}
    }


# -- the quick reader against a plain one ---------------------------------------------------------------------------

NAMES = sorted({*" ".join(WANTED.values()).split(), "UpdateInstanceInformation"})
SOURCES = [*(f"{source}.amazonaws.com" for source in WANTED), "athena.amazonaws.com"]
SESSION_NAMES = ["jane", "i-0123456789abcdef0", "botocore-session-1", "1234", "aws-go-sdk-1", "I-0123ABCD", "x-1234"]
SCALARS = st.none() | st.booleans() | st.integers(-9, 10**20) | st.text(max_size=8) | st.sampled_from(NAMES)
KEYS = st.sampled_from(
    ["eventName", "Records", "detail", "eventSource", "roleSessionName", "x", "}", '"', "CloudTrailEvent"]
)
IDENTITIES = st.fixed_dictionaries(
    {"type": st.sampled_from(["IAMUser", "AssumedRole", "AWSService", 7, None])},
    optional={"invokedBy": st.sampled_from(["ec2.amazonaws.com", None, ""]), "x": SCALARS},
)
PARAMETERS = st.fixed_dictionaries({}, optional={"roleSessionName": st.sampled_from([*SESSION_NAMES, 12, None])})


def records_holding(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(
        {"eventName": st.sampled_from([*NAMES, "AssumeRole"]), "eventSource": st.sampled_from(SOURCES)},
        optional={
            "userIdentity": IDENTITIES | SCALARS,
            "requestParameters": PARAMETERS | inner,
            "responseElements": inner,
            "userAgent": SCALARS,
            "}": SCALARS,
        },
    )


ROLES = st.builds(
    assume,
    userIdentity=IDENTITIES,
    requestParameters=PARAMETERS,
    eventSource=st.sampled_from(["sts.amazonaws.com", "ssm.amazonaws.com"]),
)
TAGGED = st.builds(
    lambda resources, keys, name: tagged(*resources, keys=tuple(keys), name=name),
    st.lists(st.sampled_from(["i-0ab1", "mi-0ab1", "vol-0ab1"]), max_size=2),
    st.lists(st.sampled_from(["Name", "owner", "ENV"]), max_size=2),
    st.sampled_from(["CreateTags", "DeleteTags"]),
)
FAKES = records_holding(SCALARS)
HOSTILE = SCALARS | FAKES | st.lists(FAKES, max_size=2) | st.dictionaries(KEYS, SCALARS | FAKES, max_size=2)
RECORDS = records_holding(HOSTILE) | ROLES | TAGGED


def plainly_wanted(record: dict[str, Any]) -> bool:
    """Extraction set 2, said once more without any haste."""
    name, source = record.get("eventName"), str(record.get("eventSource")).removesuffix(".amazonaws.com")
    if name not in WANTED.get(source, "").split():
        return False
    if source == "sts":
        who = record.get("userIdentity")
        return not isinstance(who, dict) or (who.get("type") != "AWSService" and not who.get("invokedBy"))
    if name in {"CreateTags", "DeleteTags"}:
        resources, tags = (plain_items(record.get("requestParameters"), each) for each in ("resourcesSet", "tagSet"))
        naming = {"name", "env", "environment", "stage", "tier"}.intersection(str(tag["key"]).lower() for tag in tags)
        is_all = name == "DeleteTags" and not tags
        return any(each["resourceId"].startswith("i-") for each in resources) and (bool(naming) or is_all)
    return True


def plain_items(request: Any, name: str) -> list[Any]:
    found = request.get(name) if isinstance(request, dict) else None
    items = found.get("items", []) if isinstance(found, dict) else []
    return items if isinstance(items, list) else []


@st.composite
def writings(draw: st.DrawFn) -> tuple[list[dict[str, Any]], bytes]:
    """Records, and a text of them in some form and spelling."""
    records = draw(st.lists(RECORDS, max_size=4))
    text = FORMS[draw(st.sampled_from(sorted(FORMS)))](records)
    letter = draw(st.sampled_from("SoTRivmNdc"))  # none of them in true, false or null
    if draw(st.booleans()) and "\\" not in text:
        text = text.replace(letter, f"\\u{ord(letter):04X}")
    return records, text.encode()


@given(writings())
def test_the_quick_reader_agrees_with_a_plain_one(writing: tuple[list[dict[str, Any]], bytes]) -> None:
    records, text = writing
    found = extract(text)
    assert [json.loads(exact) for _, exact, _ in found.wanted] == [r for r in records if plainly_wanted(r)]
    assert (found.records, found.why()) == (len(records), "")


@given(writings(), st.data())
def test_a_cut_text_keeps_its_whole_records(writing: tuple[list[dict[str, Any]], bytes], data: st.DataObject) -> None:
    records, text = writing
    cut = text[: data.draw(st.integers(0, len(text)))]
    found = extract(cut)
    wanted = [json.loads(exact) for _, exact, _ in found.wanted]
    assert wanted == [r for r in records if plainly_wanted(r)][: len(wanted)]


@given(st.binary(max_size=60) | st.text(alphabet='{}[]",:\\nul Records1', max_size=60).map(str.encode))
def test_no_text_raises_an_error(text: bytes) -> None:
    extract(text)
    extract(b'{"Records":[' + GOOD + b"," + text)
