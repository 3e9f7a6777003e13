"""A record as a raw call: every column, for values of any type."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ssmtrail.queries.raw_calls import RAW_COLUMNS
from ssmtrail.queries.sources.files.rows import Place, members, row_of
from tests.thorough import times

if TYPE_CHECKING:
    from pathlib import Path

RECORD = b"""{"eventVersion":"1.08","userIdentity":{"type":"AssumedRole","principalId":"AROA:jane",
"arn":"arn:aws:sts::111122223333:assumed-role/Admin/jane","accountId":"111122223333","accessKeyId":"ASIA1",
"sessionContext":{"sessionIssuer":{"arn":"arn:aws:iam::111122223333:role/Admin","userName":"Admin"},
"attributes":{"mfaAuthenticated":"false","creationDate":"2026-11-23T11:04:11Z"},"sourceIdentity":"jane@x",
"assumedRoot":"true","ec2RoleDelivery":"2.0"},"onBehalfOf":{"userId":"u-1",
"identityStoreArn":"arn:aws:identitystore::111122223333:identitystore/d-1"},
"identityProvider":"arn:aws:iam::111122223333:saml-provider/x","credentialId":"c-1",
"inScopeOf":{"issuerType":"AWS::EC2::Instance"},"invokedByDelegate":{"accountId":"444455556666"}},
"sharedEventID":"s-1","additionalEventData":{"grantId":"g"},"serviceEventDetails":{"account_id":"111122223333"},
"eventTime":"2026-11-23T12:04:11Z","eventSource":"ssm.amazonaws.com","eventName":"StartSession",
"awsRegion":"eu-central-1","sourceIPAddress":"203.0.113.7","userAgent":"aws-cli/2.15",
"requestParameters":{"target":"i-0ab1",  "reason":"caf\\u00e9"},"responseElements":null,"resources":[],
"requestID":"r-1","eventID":"e-1","recipientAccountId":"111122223333","sessionCredentialFromConsole":"true",
"addendum":{"reason":"UPDATED_DATA","originalEventID":"e-0"}}"""


def row(record: bytes) -> dict[str, Any]:
    loaded = json.loads(row_of(members(record), record, Place("a/b.json.gz", "2026-11-23", 7)).line)
    assert isinstance(loaded, dict)
    return dict.fromkeys(RAW_COLUMNS) | loaded


def test_every_column_is_filled_from_its_place() -> None:
    expected = {
        "eventid": "e-1",
        "eventtime": "2026-11-23T12:04:11Z",
        "eventsource": "ssm.amazonaws.com",
        "eventname": "StartSession",
        "awsregion": "eu-central-1",
        "recipientaccountid": "111122223333",
        "sourceipaddress": "203.0.113.7",
        "useragent": "aws-cli/2.15",
        "errorcode": None,
        "errormessage": None,
        "requestparameters": '{"target":"i-0ab1",  "reason":"caf\\u00e9"}',
        "responseelements": None,
        "resources": "[]",
        "requestid": "r-1",
        "eventversion": "1.08",
        "sessioncredentialfromconsole": "true",
        "addendum_reason": "UPDATED_DATA",
        "addendum_originaleventid": "e-0",
        "useridentity_type": "AssumedRole",
        "useridentity_principalid": "AROA:jane",
        "useridentity_arn": "arn:aws:sts::111122223333:assumed-role/Admin/jane",
        "useridentity_accountid": "111122223333",
        "useridentity_accesskeyid": "ASIA1",
        "useridentity_username": None,
        "useridentity_invokedby": None,
        "useridentity_sourceidentity": "jane@x",
        "useridentity_mfaauthenticated": "false",
        "useridentity_issuer_arn": "arn:aws:iam::111122223333:role/Admin",
        "useridentity_issuer_username": "Admin",
        "useridentity_onbehalfof_userid": "u-1",
        "sharedeventid": "s-1",
        "additionaleventdata": '{"grantId":"g"}',
        "serviceeventdetails": '{"account_id":"111122223333"}',
        "useridentity_identityprovider": "arn:aws:iam::111122223333:saml-provider/x",
        "useridentity_creationdate": "2026-11-23T11:04:11Z",
        "useridentity_onbehalfof_storearn": "arn:aws:identitystore::111122223333:identitystore/d-1",
        "useridentity_credentialid": "c-1",
        "useridentity_inscopeof": '{"issuerType":"AWS::EC2::Instance"}',
        "useridentity_invokedbydelegate": '{"accountId":"444455556666"}',
        "useridentity_assumedroot": "true",
        "useridentity_ec2roledelivery": "2.0",
        "redacted": None,
        "record": RECORD.decode(),
        "file": "a/b.json.gz",
        "folder_day": "2026-11-23",
        "position": "7",
        "content_id": None,
    }
    assert row(RECORD) == expected
    assert tuple(expected) == RAW_COLUMNS


@pytest.mark.parametrize(
    ("record", "column", "value"),
    [
        pytest.param(b'{"userAgent":12.50}', "useragent", "12.50", id="a number"),
        pytest.param(b'{"userAgent":true}', "useragent", "true", id="a truth"),
        pytest.param(b'{"userAgent":["a", 1]}', "useragent", '["a", 1]', id="a list"),
        pytest.param(b'{"userAgent":"a","userAgent":"b"}', "useragent", "b", id="twice, the last one counts"),
        pytest.param(b'{"userAg\\u0065nt":"\\u0061"}', "useragent", "a", id="spelt with escapes"),
        pytest.param(b'{"userAgent":"\\ud800x"}', "useragent", "�x", id="half a surrogate pair"),
        pytest.param(b'{"userAgent":"\xffx"}', "useragent", "�x", id="not UTF-8"),
        pytest.param(b'{"userAgent":"\\u0000"}', "useragent", "\0", id="NUL"),
        pytest.param(b'{"userIdentity":"jane"}', "useridentity_type", None, id="an identity that is text"),
        pytest.param(b'{"userIdentity":{"type":{}}}', "useridentity_type", "{}", id="a type that is an object"),
        pytest.param(b'{"userIdentity":{"sessionContext":[]}}', "useridentity_issuer_arn", None, id="a list within"),
        pytest.param(b'{"requestParameters":"x"}', "requestparameters", '"x"', id="parameters that are text"),
        pytest.param(b'{"requestParameters":{"n":NaN}}', "requestparameters", '{"n":null}', id="NaN within"),
        pytest.param(b'{"requestParameters":{"n":-1e999}}', "requestparameters", '{"n":null}', id="infinite"),
        pytest.param(b'{"requestParameters":["\\udc00"]}', "requestparameters", '["�"]', id="surrogate within"),
        pytest.param(b'{"requestParameters":["a\tb"]}', "requestparameters", '["a\\tb"]', id="a raw tab within"),
        pytest.param(b'{"requestParameters":' + b"9" * 5_000 + b"}", "requestparameters", None, id="many digits"),
        pytest.param(b'{"eventID":null}', "eventid", None, id="null"),
        pytest.param(b"{}", "eventid", None, id="missing"),
    ],
)
def test_odd_values(record: bytes, column: str, value: str | None) -> None:
    assert row(record)[column] == value


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(b'{"a":{"c":[1,2],"b":1},"eventName":"x"}', id="another order"),
        pytest.param(b'{"eventName":"y", "eventName":"\\u0078","a":{"b":1,"c":[1,2]},"eventID":""}', id="spelling"),
    ],
)
def test_a_record_without_an_id_is_known_by_its_content(other: bytes) -> None:
    record = b'{"eventName":"x","a":{"b":1,"c":[1,2]}}'
    if b"eventID" in other:
        record = record[:-1] + b',"eventID":""}'
    assert row(record)["content_id"] == row(other)["content_id"] != row(b'{"eventName":"x"}')["content_id"]
    assert row(b'{"eventName":"x","a":{"b":1,"c":[2,1]}}')["content_id"] != row(record)["content_id"]


def test_replaced_bytes_are_reported_but_not_real_replacement_characters() -> None:
    assert row_of(members(b'{"a":"\xff"}'), b'{"a":"\xff"}', Place("f", None, 0)).replaced
    honest = '{"a":"\ufffd"}'.encode()
    assert not row_of(members(honest), honest, Place("f", None, 0)).replaced


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(st.characters(), max_size=3), inner, max_size=3)
    ),
    max_leaves=8,
)


@settings(max_examples=times(20, 400))
@given(
    st.lists(st.fixed_dictionaries({}, optional={"requestParameters": JSON, "userIdentity": JSON, "userAgent": JSON}))
)
def test_the_engine_reads_every_row(tmp_path_factory: pytest.TempPathFactory, records: list[dict[str, Any]]) -> None:
    rows: Path = tmp_path_factory.mktemp("rows") / "rows.jsonl"
    texts = [json.dumps(record).encode() for record in records]
    rows.write_bytes(b"".join(row_of(members(text), text, Place("f", None, 0)).line for text in texts))
    columns = dict.fromkeys(RAW_COLUMNS, "VARCHAR")
    query = """
        select count(*), count(json_extract_string(requestparameters, '$.target'))
        from read_json(?, format = 'newline_delimited', columns = ?)
    """
    if records:
        found = duckdb.execute(query, [str(rows), columns]).fetchone()
        assert found is not None
        assert found[0] == len(records)
