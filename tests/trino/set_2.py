"""One record of every kind of extraction set 2, ordinary and unusual, with some that are not wanted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from tests import records

if TYPE_CHECKING:
    from collections.abc import Iterator

Record = dict[str, Any]

_EC2: Final = "ec2.amazonaws.com"
_STS: Final = "sts.amazonaws.com"
_KEY: Final = {"accessKeyId": "ASIASET2", "sessionToken": "FwoGZXIvYXdz", "expiration": "Nov 20, 2026, 9:00:00 PM"}
_TAGS: Final = [{"key": "Name", "value": "web-1"}, {"key": "team", "value": "shop"}, {"key": "ENV", "value": "prod"}]
_I: Final = "i-0123456789abcdef0"


def set_2() -> Iterator[Record]:
    """Records of 20 November 2026."""
    yield from _credentials()
    yield from _machines()
    yield from _doors()
    yield from _control()


def _call(source: str, name: str, time: str, request: Any = None, response: Any = None, **more: Any) -> Record:
    return records.call(name, f"14:{time}:00", more.pop("who", None), eventSource=source, requestParameters=request,
                        responseElements=response, **more)  # fmt: skip


def _credentials() -> Iterator[Record]:
    role = {"roleArn": f"arn:aws:iam::{records.ACCOUNT}:role/ops", "roleSessionName": "jane", "durationSeconds": 3600}
    user = {"arn": f"arn:aws:sts::{records.ACCOUNT}:assumed-role/ops/jane", "assumedRoleId": "AROA:jane"}
    full = role | {
        "externalId": "x-1", "sourceIdentity": "kim", "policy": "{\"Version\": 1}", "tags": [{"key": "a"}],
        "serialNumber": "arn:aws:iam::1:mfa/jane",
    }  # fmt: skip
    answer = {"credentials": _KEY, "assumedRoleUser": user, "packedPolicySize": 6, "sourceIdentity": "kim"}
    yield _call(_STS, "AssumeRole", "00", full, answer, sharedEventID="shared-1", readOnly=True,
                additionalEventData={"RequestDetails": {"endpointType": "global"}})  # fmt: skip
    theirs = {"type": "AWSAccount", "principalId": "AIDAEXAMPLE", "accountId": "444455556666"}
    yield _call(_STS, "AssumeRole", "00", full, answer, sharedEventID="shared-1", who=theirs)
    yield _call(_STS, "AssumeRole", "01", errorCode="AccessDenied", errorMessage="not authorized")
    yield _call(_STS, "AssumeRole", "02", role, answer, who={"type": "AWSService", "invokedBy": "ecs.amazonaws.com"})
    served = records.assumed_role("ops", "x") | {"invokedBy": "ecs.amazonaws.com"}
    yield _call(_STS, "AssumeRole", "03", role, answer, who=served)
    saml = {"type": "SAMLUser", "principalId": "IDP:jane", "userName": "jane", "identityProvider": "IDP"}
    yield _call(_STS, "AssumeRoleWithSAML", "04",
                role | {"sAMLAssertionID": "_1", "principalArn": "arn:aws:iam::1:saml-provider/x"},
                answer | {"subject": "jane@x", "subjectType": "persistent", "issuer": "https://idp", "audience": "https://s",
                          "nameQualifier": "q="}, who=saml)  # fmt: skip
    web = {"type": "WebIdentityUser", "principalId": "p", "userName": "repo:acme/infra:ref:refs/heads/main",
           "identityProvider": "token.actions.githubusercontent.com"}  # fmt: skip
    yield _call(_STS, "AssumeRoleWithWebIdentity", "05", role,
                answer | {"subjectFromWebIdentityToken": "repo:acme/infra", "provider": "arn:x", "audience": "sts"},
                who=web)  # fmt: skip
    yield _call(_STS, "AssumeRoot", "06", {"targetPrincipal": "444455556666", "taskPolicyArn": {"arn": "arn:x"}},
                {"credentials": _KEY})  # fmt: skip
    yield _call(_STS, "GetFederationToken", "07", {"name": "fred", "policy": "{}"},
                {"credentials": _KEY, "federatedUser": {"arn": "arn:aws:sts::1:federated-user/fred",
                                                        "federatedUserId": "1:fred"}})  # fmt: skip
    yield _call(_STS, "GetSessionToken", "08", {"serialNumber": "arn:aws:iam::1:mfa/j"}, {"credentials": _KEY})
    yield _call(_STS, "GetCallerIdentity", "09")
    centre = {
        "type": "IdentityCenterUser", "accountId": "999988887777", "credentialId": "cred-1",
        "onBehalfOf": {"userId": "u-1", "identityStoreArn": "arn:aws:identitystore::1:identitystore/d-1"},
    }  # fmt: skip
    yield _call("sso.amazonaws.com", "GetRoleCredentials", "10", who=centre, eventType="AwsServiceEvent",
                serviceEventDetails={"role_name": "Admin", "account_id": records.ACCOUNT})  # fmt: skip
    yield _call("sso-oauth.amazonaws.com", "CreateTokenWithIAM", "11", {"clientId": "arn:x", "grantType": "y"},
                {"accessToken": "hidden"}, additionalEventData={"identitycenter:CredentialId": "cred-1"})  # fmt: skip
    yield _call("rolesanywhere.amazonaws.com", "CreateSession", "12", {"roleArn": "arn:r", "durationSeconds": 900},
                {"credentialSet": [{"credentials": _KEY}]})  # fmt: skip
    context = {"sourceIdentity": "kim", "assumedRoot": "true", "ec2RoleDelivery": "2.0"}
    deep = records.assumed_role("ops", "x1", key="ASIASET2", source_identity="kim")
    deep["sessionContext"] |= context
    deep |= {
        "credentialId": "cred-1", "invokedByDelegate": {"accountId": "555566667777"}, "identityProvider": "arn:idp",
        "inScopeOf": {"issuerType": "AWS::Lambda::Function", "credentialsIssuedTo": "arn:aws:lambda:x"},
        "onBehalfOf": centre["onBehalfOf"],
    }  # fmt: skip
    yield records.start("14:13:00", "set2-1", "i-0set2", deep)


def _machines() -> Iterator[Record]:
    machine = {
        "instanceId": _I, "imageId": "ami-1", "privateIpAddress": "10.0.0.1", "vpcId": "vpc-1", "subnetId": "subnet-1",
        "launchTime": 1688990121000, "tagSet": {"items": _TAGS}, "networkInterfaceSet": {"items": [{"x": "y" * 300}]},
    }  # fmt: skip
    bare = {"instanceId": "i-0bbbbbbbbbbbbbbbb", "launchTime": 1688990121000}
    yield _call(_EC2, "RunInstances", "20", {"instancesSet": {"items": [{"imageId": "ami-1", "minCount": 2}]}},
                {"reservationId": "r-1", "instancesSet": {"items": [machine, bare]}, "groupSet": {}})  # fmt: skip
    yield _call(_EC2, "RunInstances", "21", {"instanceType": "t3.micro"}, errorCode="Client.UnauthorizedOperation")
    both = {"items": [{"resourceId": _I}, {"resourceId": "ami-1"}, {"resourceId": "mi-0123456789abcdef0"}]}
    yield _call(_EC2, "CreateTags", "22", {"resourcesSet": both, "tagSet": {"items": _TAGS}}, {"_return": True})
    yield _call(_EC2, "CreateTags", "23", {"resourcesSet": {"items": [{"resourceId": "ami-1"}]},
                                           "tagSet": {"items": _TAGS}}, {"_return": True})  # fmt: skip
    yield _call(
        _EC2, "CreateTags", "24", {"resourcesSet": both, "tagSet": {"items": [{"key": "team", "value": "i-1"}]}}
    )
    yield _call(_EC2, "DeleteTags", "25", {"resourcesSet": both, "tagSet": {"items": [{"key": "stage"}]}})
    yield _call(_EC2, "DeleteTags", "26", {"resourcesSet": both, "tagSet": {}}, {"_return": True})
    yield _call(_EC2, "DeleteTags", "27", {"resourcesSet": both}, {"_return": True})
    yield _call(_EC2, "DeleteTags", "28", {"resourcesSet": both, "tagSet": {"items": [{"key": "team"}]}})
    yield _call(_EC2, "CreateTags", "29", errorCode="Client.UnauthorizedOperation")
    for number, name in enumerate(("StartInstances", "StopInstances", "TerminateInstances", "RebootInstances"), 30):
        states = {
            "currentState": {"code": 32, "name": "shutting-down"},
            "previousState": {"code": 16, "name": "running"},
        }
        yield _call(_EC2, name, str(number), {"instancesSet": {"items": [{"instanceId": _I}]}, "force": False},
                    {"requestId": "r", "instancesSet": {"items": [{"instanceId": _I, **states}]}})  # fmt: skip
    yield _call(_EC2, "BidEvictedEvent", "34", eventType="AwsServiceEvent",
                serviceEventDetails={"instanceIdSet": [_I]})  # fmt: skip
    yield _call(_EC2, "DescribeInstances", "35", {"instancesSet": {"items": [{"instanceId": _I}]}})


def _doors() -> Iterator[Record]:
    ssm = "ssm.amazonaws.com"
    yield _call(ssm, "SendAutomationSignal", "40", {"automationExecutionId": "a-1", "signalType": "Approve"})
    yield _call(ssm, "GetAccessToken", "41", {"accessRequestId": "oi-1"},
                {"accessRequestStatus": "Approved", "credentials": _KEY})  # fmt: skip
    yield _call(ssm, "SendCommand", "42", {"documentName": "AWS-RunShellScript", "instanceIds": [_I],
                                           "parameters": "HIDDEN_DUE_TO_SECURITY_REASONS"},
                {"command": {"commandId": "c-1", "instanceIds": [_I]}})  # fmt: skip
    yield _call(ssm, "CreateActivation", "43", {"defaultInstanceName": "box", "iamRole": "r"}, {"activationId": "a"})
    yield _call(ssm, "RegisterManagedInstance", "44", None, {"instanceId": "mi-0123456789abcdef0"})
    yield _call(ssm, "DeregisterManagedInstance", "45", {"instanceId": "mi-0123456789abcdef0"})
    yield _call("ecs.amazonaws.com", "ExecuteCommand", "46", {"cluster": "shop", "task": "t", "command": "/bin/sh"},
                {"session": {"sessionId": "ecs-execute-command-1", "tokenValue": "abc"}})  # fmt: skip
    yield _call("sagemaker.amazonaws.com", "StartSession", "47", {"resourceIdentifier": "arn:x"}, {"sessionId": "s-1"})
    yield _call("athena.amazonaws.com", "StartSession", "48", {"workGroup": "w"}, {"sessionId": "s-2"})
    yield _call("codebuild.amazonaws.com", "StartSandboxConnection", "49", {"sandboxId": "x"},
                {"ssmSession": {"sessionId": "s-3", "tokenValue": "abc", "streamUrl": "wss://x"}})  # fmt: skip
    for number, name in enumerate(("StartConnection", "GetConnection", "CancelConnection"), 50):
        yield _call("ssm-guiconnect.amazonaws.com", name, str(number), {"InstanceId": _I, "Protocol": "RDP"})


def _control() -> Iterator[Record]:
    yield _call("iam.amazonaws.com", "DeleteUser", "53", {"userName": "jane"})
    yield _call("identitystore.amazonaws.com", "DeleteUser", "54", {"userId": "u-1", "identityStoreId": "d-1"})
    for number, (source, name) in enumerate(
        (
            ("cloudtrail", "StopLogging"), ("cloudtrail", "DeleteTrail"), ("cloudtrail", "UpdateTrail"),
            ("cloudtrail", "PutEventSelectors"), ("ssm", "UpdateDocument"), ("ec2", "EnableSerialConsoleAccess"),
        )
    ):  # fmt: skip
        yield records.call(name, f"15:0{number}:00", eventSource=f"{source}.amazonaws.com",
                           requestParameters={"name": "x", "content": "{}"})  # fmt: skip
    for number, name in enumerate(("CreateDocument", "ModifyDocumentPermission", "UpdateServiceSetting")):
        yield records.call(name, f"15:1{number}:00", requestParameters={"name": "x", "adminPassword": "hunter2"})
    yield records.call("UpdateCluster", "15:20:00", eventSource="ecs.amazonaws.com", requestParameters={"cluster": "c"})
    yield records.call("CreateInstanceConnectEndpoint", "15:21:00", eventSource=_EC2,
                       requestParameters={"CreateInstanceConnectEndpointRequest": {"SubnetId": "s"}})  # fmt: skip
