"""CloudTrail records as Security Lake writes them.

Source: "CloudTrail management events" (OCSF in Security Lake), AWS's example queries for both source versions.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

Record = dict[str, Any]


def version_1(record: Record) -> Record:
    """OCSF 1.0.0-rc.2: what has no place of its own is in `unmapped`, by dotted path."""
    found = _common(record)
    unmapped: Record = {}
    _flatten(unmapped, "requestParameters", record.get("requestParameters"))
    _flatten(unmapped, "responseElements", record.get("responseElements"))
    found["unmapped"] |= unmapped
    user, identity = found["actor"]["user"], record["userIdentity"]
    user |= {"uuid": identity.get("principalId"), "account_uid": identity.get("accountId")}
    found["actor"]["session"]["mfa"] = _mfa(identity)
    if created := _created(identity):
        found["actor"]["session"]["created_time"] = int(datetime.fromisoformat(created).timestamp() * 1000)
    found["resources"] = [
        {"uid": each.get("ARN"), "account_uid": each.get("accountId"), "type": each.get("type")}
        for each in record.get("resources") or ()
    ] or None
    return found


def version_2(record: Record) -> Record:
    """OCSF 1.1.0: requests and answers are JSON text."""
    found = _common(record)
    identity = record["userIdentity"]
    found["time_dt"] = record["eventTime"]
    found["api"]["request"]["data"] = _data(record.get("requestParameters"))
    found["api"]["response"]["data"] = _data(record.get("responseElements"))
    found["cloud"]["account"] = {"uid": record.get("recipientAccountId")}
    found["actor"]["user"] |= {"uid_alt": identity.get("principalId"), "account": {"uid": identity.get("accountId")}}
    found["actor"]["session"]["is_mfa"] = _mfa(identity)
    found["actor"]["session"]["created_time_dt"] = _created(identity)
    found["resources"] = [
        {"uid": each.get("ARN"), "owner": {"account": {"uid": each.get("accountId")}}, "type": each.get("type")}
        for each in record.get("resources") or ()
    ] or None
    return found | {"accountid": record.get("recipientAccountId"), "region": record.get("awsRegion")}


def _common(record: Record) -> Record:
    identity = record["userIdentity"]
    context = identity.get("sessionContext") or {}
    address = record.get("sourceIPAddress") or ""
    is_name = address.endswith(".amazonaws.com")
    unmapped = {
        "recipientAccountId": record.get("recipientAccountId"),
        "sessionCredentialFromConsole": record.get("sessionCredentialFromConsole"),
        "userIdentity.sessionContext.sourceIdentity": context.get("sourceIdentity"),
        "userIdentity.onBehalfOf.userId": (identity.get("onBehalfOf") or {}).get("userId"),
        "addendum.reason": (record.get("addendum") or {}).get("reason"),
        "addendum.originalEventID": (record.get("addendum") or {}).get("originalEventID"),
        "sharedEventID": record.get("sharedEventID"),
        "userIdentity.onBehalfOf.identityStoreArn": (identity.get("onBehalfOf") or {}).get("identityStoreArn"),
        "userIdentity.credentialId": identity.get("credentialId"),
        "userIdentity.sessionContext.assumedRoot": context.get("assumedRoot"),
        "userIdentity.sessionContext.ec2RoleDelivery": context.get("ec2RoleDelivery"),
    }
    _flatten(unmapped, "additionalEventData", record.get("additionalEventData"))
    _flatten(unmapped, "serviceEventDetails", record.get("serviceEventDetails"))
    _flatten(unmapped, "userIdentity.inScopeOf", identity.get("inScopeOf"))
    _flatten(unmapped, "userIdentity.invokedByDelegate", identity.get("invokedByDelegate"))
    return {
        "metadata": {
            "uid": record.get("eventID"),
            "version": "1.1.0",
            "product": {"version": record.get("eventVersion"), "name": "CloudTrail", "vendor_name": "AWS"},
        },
        "time": int(datetime.fromisoformat(record["eventTime"]).timestamp() * 1000),
        "cloud": {"region": record.get("awsRegion"), "provider": "AWS"},
        "api": {
            "operation": record.get("eventName"),
            "service": {"name": record.get("eventSource")},
            "request": {"uid": record.get("requestID")},
            "response": {"error": record.get("errorCode"), "message": record.get("errorMessage")},
        },
        "actor": {
            "user": {
                "type": identity.get("type"),
                "name": identity.get("userName"),
                "uid": identity.get("arn"),
                "credential_uid": identity.get("accessKeyId"),
            },
            "session": {"issuer": (context.get("sessionIssuer") or {}).get("arn")},
            "invoked_by": identity.get("invokedBy"),
            "idp": {"name": identity.get("identityProvider")},
        },
        "http_request": {"user_agent": record.get("userAgent")},
        "src_endpoint": {"domain": address} if is_name else {"ip": address or None},
        "class_name": "API Activity",
        "status": "Failure" if record.get("errorCode") else "Success",
        "unmapped": {key: each for key, each in unmapped.items() if each is not None},
    }


def _data(found: Any) -> str | None:
    return None if found is None else json.dumps(found, ensure_ascii=False, separators=(",", ":"))


def _mfa(identity: Record) -> Any:
    return ((identity.get("sessionContext") or {}).get("attributes") or {}).get("mfaAuthenticated")


def _created(identity: Record) -> Any:
    return ((identity.get("sessionContext") or {}).get("attributes") or {}).get("creationDate")


def _flatten(into: Record, path: str, found: Any) -> None:
    if isinstance(found, dict):
        for key, each in found.items():
            _flatten(into, f"{path}.{key}", each)
    elif found is not None:
        into[path] = found if isinstance(found, str) else json.dumps(found, ensure_ascii=False)
