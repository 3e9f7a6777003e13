"""Who it was, and how that is known: one small trail a rule, with its answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from ssmtrail.queries.trust import Trust
from tests.records import (
    ACCOUNT,
    OTHER_ACCOUNT,
    assumed_role,
    call,
    fields,
    iam_user,
    sso,
    start,
    terminate,
    told_apart,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.records import Record

Case = tuple["Sequence[Record]", dict[str, Any]]

CENTER_ID = "544894e8-80c1-707f-60e3-3ba6510dfac1"
ROOT: Record = {"type": "Root", "principalId": ACCOUNT, "arn": f"arn:aws:iam::{ACCOUNT}:root", "accountId": ACCOUNT}
MALLORY = iam_user("mallory", key="AKIAMALLORY")
#: How a record of another account names its caller.
STRANGER: Record = {"type": "AWSAccount", "principalId": "AIDAX", "accountId": OTHER_ACCOUNT}
#: A role session that calls itself jane.
JANE = assumed_role("ops", "jane", key="ASIAJANE")


def behalf(who: Record, user_id: str = CENTER_ID) -> Record:
    """The identity, acting for a user of Identity Center."""
    store = "arn:aws:identitystore::111122223333:identitystore/d-1234567890"
    return who | {"onBehalfOf": {"userId": user_id, "identityStoreArn": store}}


def role_session(name: str, *, key: str | None, role: str = "ops", began: str | None = None,
                 source_identity: str | None = None) -> Record:  # fmt: skip
    """An assumed role with or without an access key in its record."""
    who = assumed_role(role, name, source_identity=source_identity)
    del who["accessKeyId"]
    attributes: Record = who["sessionContext"]["attributes"]
    del attributes["creationDate"]
    attributes |= {"creationDate": began} if began else {}
    return who | ({"accessKeyId": key} if key else {})


def issues(time: str, name: str, who: Record, key: str, call_name: str = "AssumeRole", **given: Any) -> Record:
    """A call that issues an access key to a role session."""
    answer = {
        "credentials": {"accessKeyId": key},
        "assumedRoleUser": {
            "assumedRoleId": f"AROAEXAMPLE:{name}", "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/ops/{name}"
        },
    }  # fmt: skip
    asked = {"roleArn": f"arn:aws:iam::{ACCOUNT}:role/ops", "roleSessionName": name}
    return call(call_name, time, who, eventSource="sts.amazonaws.com", requestParameters=asked,
                responseElements=answer | given)  # fmt: skip


def federated_user(name: str, key: str, issuer: str | None = None) -> Record:
    """The user of a federation token, and the user who asked for it."""
    who: Record = {"type": "FederatedUser", "arn": f"arn:aws:sts::{ACCOUNT}:federated-user/{name}",
                   "principalId": f"{ACCOUNT}:{name}", "accountId": ACCOUNT, "accessKeyId": key}  # fmt: skip
    if issuer:
        arn = f"arn:aws:iam::{ACCOUNT}:user/{issuer}"
        who["sessionContext"] = {"sessionIssuer": {"type": "IAMUser", "arn": arn, "userName": issuer}}
    return who


def federation_token(time: str, name: str, who: Record, key: str) -> Record:
    """A GetFederationToken."""
    user = {"arn": f"arn:aws:sts::{ACCOUNT}:federated-user/{name}", "federatedUserId": f"{ACCOUNT}:{name}"}
    return call("GetFederationToken", time, who, eventSource="sts.amazonaws.com", requestParameters={"name": name},
                responseElements={"credentials": {"accessKeyId": key}, "federatedUser": user})  # fmt: skip


def saml(time: str, name: str, key: str, user: str = "max@idp.example") -> Record:
    """An AssumeRoleWithSAML."""
    who: Record = {"type": "SAMLUser", "principalId": f"provider:{user}", "userName": user, "identityProvider": "idp"}
    return issues(time, name, who, key, "AssumeRoleWithSAML", subject=user)


SUBJECT = "repo:acme/infra:ref:refs/heads/main"


def oidc(time: str, name: str, key: str) -> Record:
    """An AssumeRoleWithWebIdentity of a repository's workflow."""
    provider = f"arn:aws:iam::{ACCOUNT}:oidc-provider/token.actions.githubusercontent.com"
    who: Record = {"type": "WebIdentityUser", "principalId": f"{provider}:sts.amazonaws.com:{SUBJECT}",
                   "userName": SUBJECT, "identityProvider": provider}  # fmt: skip
    return issues(time, name, who, key, "AssumeRoleWithWebIdentity", subjectFromWebIdentityToken=SUBJECT)


def person(name: str | None, evidence: str, kind: str, claimed: str | None = None, **more: Any) -> dict[str, Any]:
    """The fields that say who it was."""
    return {"person": name, "person_evidence": evidence, "person_kind": kind, "claimed_name": claimed} | more


#: Records whose caller's name AWS set.
IDENTITY: dict[str, Case] = {
    "an IAM user": ([start("12:00:00", who=MALLORY)], person("mallory", "identity", "iam-user", via=None)),
    "root": ([start("12:00:00", who=ROOT)], person("root", "identity", "root")),
    "a user of Identity Center, by the role that AWS reserves": (
        [start("12:00:00", who=sso("Admin", "jane@example.com"))],
        person("jane@example.com", "identity", "identity-center", person_id=None, role="Admin"),
    ),
    "the same with the user's id": (
        [start("12:00:00", who=behalf(sso("Admin", "jane@example.com")))],
        person("jane@example.com", "identity", "identity-center", person_id=CENTER_ID),
    ),
    "any role on behalf of a user of Identity Center": (
        [start("12:00:00", who=behalf(assumed_role("ops", "jane")))],
        person(CENTER_ID, "identity", "identity-center", "jane", person_id=CENTER_ID),
    ),
    "a user's session token: the record has the user's own name": (
        [start("12:00:00", who=iam_user("mallory", key="ASIATOKEN"))], person("mallory", "identity", "iam-user")
    ),
    "identity beats a source identity": (
        [start("12:00:00", who=assumed_role("AWSReservedSSO_Admin_0123456789abcdef", "jane", source_identity="max"))],
        person("jane", "identity", "identity-center", source_identity="max"),
    ),
}  # fmt: skip

#: Records whose key was issued by a call that is in the data.
ISSUER: dict[str, Case] = {
    "the caller of AssumeRole, not the name that it chose": (
        [issues("11:50:00", "jane", MALLORY, "ASIAJANE"), start("12:00:00", who=JANE)],
        person("mallory", "issuer", "iam-user", "jane"),
    ),
    "its own name chosen: nothing is only claimed": (
        [issues("11:50:00", "mallory", MALLORY, "ASIAONE"),
         start("12:00:00", who=assumed_role("ops", "mallory", key="ASIAONE"))],
        person("mallory", "issuer", "iam-user", None),
    ),
    "a user of Identity Center, with the id": (
        [issues("11:50:00", "x", behalf(sso("Admin", "jane")), "ASIAONE"),
         start("12:00:00", who=assumed_role("ops", "x", key="ASIAONE"))],
        person("jane", "issuer", "identity-center", "x", person_id=CENTER_ID),
    ),
    "root as the one who asked": (
        [issues("11:50:00", "x", ROOT, "ASIAONE"), start("12:00:00", who=assumed_role("ops", "x", key="ASIAONE"))],
        person("root", "issuer", "root", "x"),
    ),
    "AssumeRole asked by a user's session token": (
        [call("GetSessionToken", "11:40:00", MALLORY, eventSource="sts.amazonaws.com",
              responseElements={"credentials": {"accessKeyId": "ASIATOKEN"}}),
         issues("11:50:00", "jane", iam_user("mallory", key="ASIATOKEN"), "ASIAJANE"), start("12:00:00", who=JANE)],
        person("mallory", "issuer", "iam-user", "jane"),
    ),
    "a session token of a role session leads to that session's issuer": (
        [issues("11:30:00", "jane", MALLORY, "ASIAONE"),
         call("GetSessionToken", "11:40:00", assumed_role("ops", "jane", key="ASIAONE"),
              eventSource="sts.amazonaws.com", responseElements={"credentials": {"accessKeyId": "ASIAJANE"}}),
         start("12:00:00", who=JANE)],
        person("mallory", "issuer", "iam-user", "jane"),
    ),
    "four roles in a row, each under another name": (
        [issues("11:10:00", "a", sso("Admin", "kim"), "ASIAA"),
         issues("11:20:00", "b", assumed_role("r1", "a", key="ASIAA"), "ASIAB"),
         issues("11:30:00", "c", assumed_role("r2", "b", key="ASIAB"), "ASIAC"),
         issues("11:40:00", "jane", assumed_role("r3", "c", key="ASIAC"), "ASIAJANE"),
         start("12:00:00", who=JANE)],
        person("kim", "issuer", "identity-center", "jane"),
    ),
    "a federation token under a chosen name": (
        [federation_token("11:50:00", "jane", MALLORY, "ASIAFED"),
         start("12:00:00", who=federated_user("jane", "ASIAFED"))],
        person("mallory", "issuer", "federated", "jane"),
    ),
    "a federation token whose issuer only the session's own record names": (
        [start("12:00:00", who=federated_user("jane", "ASIAFED", "mallory"))],
        person("mallory", "issuer", "federated", "jane"),
    ),
    "SAML: the user of the identity provider": (
        [saml("11:50:00", "jane", "ASIAJANE"), start("12:00:00", who=JANE)],
        person("max@idp.example", "issuer", "federated", "jane"),
    ),
    "SAML, then another role": (
        [saml("11:40:00", "x", "ASIAX"), issues("11:50:00", "jane", assumed_role("hop", "x", key="ASIAX"), "ASIAJANE"),
         start("12:00:00", who=JANE)],
        person("max@idp.example", "issuer", "federated", "jane"),
    ),
    "OIDC: the subject of the token": (
        [oidc("11:50:00", "GitHubActions", "ASIAGIT"),
         start("12:00:00", who=assumed_role("ops", "GitHubActions", key="ASIAGIT"))],
        person(SUBJECT, "issuer", "federated", "GitHubActions"),
    ),
    "OIDC, then another role": (
        [oidc("11:40:00", "GitHubActions", "ASIAGIT"),
         issues("11:50:00", "jane", assumed_role("hop", "GitHubActions", key="ASIAGIT"), "ASIAJANE"),
         start("12:00:00", who=JANE)],
        person(SUBJECT, "issuer", "federated", "jane"),
    ),
    "AssumeRoot: who asked for it, not the root of the account": (
        [call("AssumeRoot", "11:50:00", MALLORY, eventSource="sts.amazonaws.com",
              requestParameters={"targetPrincipal": ACCOUNT},
              responseElements={"credentials": {"accessKeyId": "ASIAROOT"}}),
         start("12:00:00", who=ROOT | {"accessKeyId": "ASIAROOT", "sessionContext": {"assumedRoot": "true"}})],
        person("mallory", "issuer", "iam-user"),
    ),
    "just-in-time access: who asked for the token": (
        [call("GetAccessToken", "11:50:00", MALLORY, requestParameters={"accessRequestId": "oi-1"},
              responseElements={"credentials": {"accessKeyId": "ASIAJIT"}, "accessRequestStatus": "Approved"}),
         start("12:00:00", who=assumed_role("SSM-JustInTimeAccessTokenRole", "oi-1", key="ASIAJIT"))],
        person("mallory", "issuer", "iam-user", "oi-1", access_type="JustInTime"),
    ),
    "issuer beats a source identity, which is still shown": (
        [issues("11:50:00", "x", MALLORY, "ASIAONE"),
         start("12:00:00", who=assumed_role("ops", "x", key="ASIAONE", source_identity="jane"))],
        person("mallory", "issuer", "iam-user", "x", source_identity="jane"),
    ),
    "no key in the record: the role session that began within two seconds": (
        [issues("11:50:00", "jane", MALLORY, "ASIAJANE"),
         start("12:00:00", who=role_session("jane", key=None, began="2026-11-20T11:50:02Z"))],
        person("mallory", "issuer", "iam-user", "jane"),
    ),
    "no key, begun before the call by the other clock": (
        [issues("11:50:02", "jane", MALLORY, "ASIAJANE"),
         start("12:00:00", who=role_session("jane", key=None, began="20261120T115000Z"))],
        person("mallory", "issuer", "iam-user", "jane"),
    ),
    "from another account: the copy of the caller's account has the name, that of the role's the key": (
        [issues("11:50:00", "jane", STRANGER, "ASIAJANE") | {"sharedEventID": "event-shared"},
         issues("11:50:00", "jane", MALLORY, "ASIAJANE")
         | {"sharedEventID": "event-shared", "recipientAccountId": OTHER_ACCOUNT, "responseElements": None},
         start("12:00:00", who=JANE)],
        person("mallory", "issuer", "iam-user", "jane"),
    ),
}  # fmt: skip

#: Records whose issuer is unknown, or no person.
WEAKER: dict[str, Case] = {
    "a source identity where no issuer is in the data": (
        [start("12:00:00", who=assumed_role("ops", "x", source_identity="max"))],
        person("max", "source-identity", "federated", "x", source_identity="max"),
    ),
    "a source identity where the first caller is a machine": (
        [issues("11:50:00", "x", assumed_role("web", "i-0123456789abcdef0", key="ASIAEC2"), "ASIAX"),
         start("12:00:00", who=assumed_role("ops", "x", key="ASIAX", source_identity="max"))],
        person("max", "source-identity", "federated", "x"),
    ),
    "a source identity where the first caller is a service": (
        [issues("11:50:00", "x", {"type": "AWSService", "invokedBy": "ec2.amazonaws.com"}, "ASIAX"),
         start("12:00:00", who=assumed_role("ops", "x", key="ASIAX", source_identity="max"))],
        person("max", "source-identity", "federated", "x"),
    ),
    "only the name of the role session": (
        [start("12:00:00", who=JANE)], person("jane", "session-name", "role-session", source_identity=None)
    ),
    "a chain with a missing hop: the session's own name": (
        [issues("11:50:00", "jane", assumed_role("hop", "kim", key="ASIAMISSING"), "ASIAJANE"),
         start("12:00:00", who=JANE)],
        person("jane", "session-name", "role-session"),
    ),
    "a chain with a missing hop under a tool's name": (
        [issues("11:50:00", "botocore-session-1", assumed_role("hop", "kim", key="ASIAMISSING"), "ASIATOOL"),
         start("12:00:00", who=assumed_role("ops", "botocore-session-1", key="ASIATOOL"))],
        person(None, "none", "unknown", "botocore-session-1"),
    ),
    "keys that issued each other": (
        [issues("11:00:00", "jane", assumed_role("ops", "b", key="ASIAB"), "ASIAJANE"),
         issues("11:00:00", "b", JANE, "ASIAB"), start("12:00:00", who=JANE)],
        person("jane", "session-name", "role-session"),
    ),
    "a key that issued itself": (
        [issues("11:00:00", "jane", JANE, "ASIAJANE"), start("12:00:00", who=JANE)],
        person("jane", "session-name", "role-session"),
    ),
    "a refused AssumeRole issues nothing": (
        [issues("11:50:00", "jane", MALLORY, "ASIAJANE") | {"errorCode": "AccessDenied"}, start("12:00:00", who=JANE)],
        person("jane", "session-name", "role-session"),
    ),
    "no key, and the role session began three seconds after the call": (
        [issues("11:50:00", "jane", MALLORY, "ASIAJANE"),
         start("12:00:00", who=role_session("jane", key=None, began="2026-11-20T11:50:03Z"))],
        person("jane", "session-name", "role-session"),
    ),
    "no key, and nothing says when the role session began": (
        [issues("11:50:00", "jane", MALLORY, "ASIAJANE"), start("12:00:00", who=role_session("jane", key=None))],
        person("jane", "session-name", "role-session"),
    ),
    "no key, and another role session of that name": (
        [issues("11:50:00", "jane", MALLORY, "ASIAJANE"),
         start("12:00:00", who=role_session("jane", key=None, began="2026-11-20T11:50:00Z")
               | {"principalId": "AROAOTHER:jane"})],
        person("jane", "session-name", "role-session"),
    ),
    "a federated user without an issuer": (
        [start("12:00:00", who=federated_user("Alice", "ASIAFED"))], person("Alice", "session-name", "federated")
    ),
    "a service that opened it is the way, not the person": (
        [start("12:00:00", who={"type": "AWSService", "invokedBy": "ssm-guiconnect.amazonaws.com"})],
        person(None, "none", "service", None, via="ssm-guiconnect.amazonaws.com"),
    ),
    "a service that opened it for a person who is named": (
        [start("12:00:00", who=sso("Admin", "jane") | {"invokedBy": "ecs.amazonaws.com"})],
        person("jane", "identity", "identity-center", None, via="ecs.amazonaws.com"),
    ),
    "an orphan: the session's id names its starter, and who ended it is another": (
        [terminate("12:00:00", "ana-0123456789abcdef0", iam_user("boss", key="AKIABOSS"))],
        person("ana", "session-name", "unknown", None, ended_by="boss", status="orphan"),
    ),
    "an orphan whose id has a tool's name": (
        [terminate("12:00:00", "botocore-session-1-0123456789abcdef0", iam_user("boss", key="AKIABOSS"))],
        person(None, "none", "unknown", None, ended_by="boss", status="orphan"),
    ),
    "nothing at all": ([start("12:00:00") | {"userIdentity": {"accountId": ACCOUNT}}], person(None, "none", "unknown")),
}  # fmt: skip

TOOLS = (
    "botocore-session-1700000000", "Botocore-Session-17", "aws-go-sdk-17", "aws-sdk-java-17", "i-0123456789abcdef0",
    "1700000000",
    "0123456789abcdef0123456789ABCDEF", "544894e8-80c1-707f-60e3-3ba6510dfac1", "GitHubActions",
    "CognitoIdentityCredentials", "gntd-x", "assumed-from-leapp", "aws-runas-jane", "AWSCodeBuild-17", "Automation-1",
    "eks-prod-1", "samplerolesession", "oi-0123",
)  # fmt: skip
TYPED = ("max", "i-am-max", "ci-deploy", "42nd-street", "jane.doe@example.com", "oink", "deks-1")
NAMES: dict[str, Case] = {
    f"tool {name}": ([start("12:00:00", who=assumed_role("ops", name))], person(None, "none", "unknown", name))
    for name in TOOLS
} | {
    f"typed {name}": ([start("12:00:00", who=assumed_role("ops", name))], person(name, "session-name", "role-session"))
    for name in TYPED
}
CASES = IDENTITY | ISSUER | WEAKER | NAMES
assert len(CASES) == sum(map(len, (IDENTITY, ISSUER, WEAKER, NAMES)))


@pytest.fixture(scope="module", params=[False, True], ids=["as written", "backwards"])
def sessions(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, list[dict[str, Any]]]:
    """The sessions of each case."""
    records = {name: records for name, (records, _) in CASES.items()}
    return told_apart(tmp_path_factory.mktemp("people"), "sessions", records, backwards=request.param)


@pytest.mark.parametrize("case", CASES)
def test_who_it_was(sessions: dict[str, list[dict[str, Any]]], case: str) -> None:
    (row,) = sessions[case]
    assert fields(row, CASES[case][1]) == CASES[case][1]


BROKER = assumed_role("broker", "service", key="ASIABROKER")
BROKERED: dict[str, Case] = {
    "a trusted role: its source identity beats the issuer": (
        [issues("11:00:00", "service", MALLORY, "ASIABROKER"), issues("11:50:00", "x", BROKER, "ASIAX"),
         start("12:00:00", who=assumed_role("ops", "x", key="ASIAX", source_identity="kim"))],
        person("kim", "source-identity", "federated", "x"),
    ),
    "a trusted role that set none": (
        [issues("11:00:00", "service", MALLORY, "ASIABROKER"), issues("11:50:00", "x", BROKER, "ASIAX"),
         start("12:00:00", who=assumed_role("ops", "x", key="ASIAX"))],
        person("mallory", "issuer", "iam-user", "x"),
    ),
    "anybody else: the issuer stays": (
        [issues("11:50:00", "x", MALLORY, "ASIAX"),
         start("12:00:00", who=assumed_role("ops", "x", key="ASIAX", source_identity="kim"))],
        person("mallory", "issuer", "iam-user", "x"),
    ),
    "a name that the configuration calls a tool's": (
        [start("12:00:00", who=assumed_role("ops", "Our-Robot-7"))], person(None, "none", "unknown", "Our-Robot-7")
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def brokered(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[dict[str, Any]]]:
    """The sessions of each case under a configuration that trusts a broker and knows one more tool."""
    # Each case has its own account, see `told_apart`: the role is trusted in the accounts of the first two.
    arns = tuple(f"arn:aws:iam::{ACCOUNT[:9]}{number:03}:role/broker" for number in range(2))
    records = {name: records for name, (records, _) in BROKERED.items()}
    trust = Trust(session_names=("our-robot-*",), source_identity_from=arns)
    return told_apart(tmp_path_factory.mktemp("brokered"), "sessions", records, trust=trust)


@pytest.mark.parametrize("case", BROKERED)
def test_who_it_was_by_the_configuration(brokered: dict[str, list[dict[str, Any]]], case: str) -> None:
    (row,) = brokered[case]
    assert fields(row, BROKERED[case][1]) == BROKERED[case][1]


def people_of(rows: list[dict[str, Any]], *names: str) -> list[tuple[Any, ...]]:
    return sorted((tuple(row[name] for name in names) for row in rows), key=str)


PEOPLE: dict[str, tuple[Sequence[Record], list[tuple[Any, ...]]]] = {
    "three kinds of jane are three people": (
        [start("12:00:00", "a-1", who=iam_user("jane")), start("12:01:00", "b-1", who=sso("Admin", "jane")),
         start("12:02:00", "c-1", who=assumed_role("vendor", "jane"))],
        [("jane", "iam-user", 1), ("jane", "identity-center", 1), ("jane", "role-session", 1)],
    ),
    "the account's root and a user called root are two": (
        [start("12:00:00", "a-1", who=ROOT), start("12:01:00", "b-1", who=iam_user("root", key="AKIAROOT"))],
        [("root", "iam-user", 1), ("root", "root", 1)],
    ),
    "whom the issuer names joins the user of that name": (
        [issues("11:50:00", "jane", MALLORY, "ASIAJANE"), start("12:00:00", "a-1", who=JANE),
         start("12:01:00", "b-1", who=MALLORY)],
        [("mallory", "iam-user", 2)],
    ),
    "whom only a source identity names does not": (
        [start("12:00:00", "a-1", who=assumed_role("ops", "x", source_identity="mallory")),
         start("12:01:00", "b-1", who=MALLORY)],
        [("mallory", "federated", 1), ("mallory", "iam-user", 1)],
    ),
    "a user of Identity Center who was renamed is one, under the latest name": (
        [start("12:00:00", "a-1", who=behalf(sso("Admin", "jane.old"))),
         start("12:01:00", "b-1", who=behalf(sso("Admin", "jane.new")))],
        [("jane.new", "identity-center", 2)],
    ),
    "two users of Identity Center with one name are two": (
        [start("12:00:00", "a-1", who=behalf(sso("Admin", "jane"), "id-1")),
         start("12:01:00", "b-1", who=behalf(sso("Admin", "jane"), "id-2"))],
        [("jane", "identity-center", 1), ("jane", "identity-center", 1)],
    ),
    "unknown people are kept apart by role": (
        [start("12:00:00", "a-1", who=assumed_role("ops", "botocore-session-1")),
         start("12:01:00", "b-1", who=assumed_role("ops", "botocore-session-2")),
         start("12:02:00", "c-1", who=assumed_role("dba", "botocore-session-3"))],
        [(None, "unknown", 1), (None, "unknown", 2)],
    ),
    "services are kept apart by name": (
        [start("12:00:00", "a-1", who={"type": "AWSService", "invokedBy": "ecs.amazonaws.com"}),
         start("12:01:00", "b-1", who={"type": "AWSService", "invokedBy": "ecs.amazonaws.com"}),
         start("12:02:00", "c-1", who={"type": "AWSService", "invokedBy": "ssm-guiconnect.amazonaws.com"})],
        [(None, "service", 1), (None, "service", 2)],
    ),
    "one name in two accounts is two people": (
        [start("12:00:00", "a-1"), start("12:01:00", "b-1", recipientAccountId=OTHER_ACCOUNT)],
        [("jane", "iam-user", 1), ("jane", "iam-user", 1)],
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[dict[str, Any]]]:
    """The people of each case."""
    return told_apart(
        tmp_path_factory.mktemp("rows"), "people", {name: records for name, (records, _) in PEOPLE.items()}
    )


@pytest.mark.parametrize("case", PEOPLE)
def test_people_are_one_row_a_person(people: dict[str, list[dict[str, Any]]], case: str) -> None:
    assert people_of(people[case], "person", "person_kind", "sessions") == PEOPLE[case][1]
