"""Small CloudTrail records whose right answer a person can see, and a way to ask about them."""

from __future__ import annotations

import gzip
import json
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ssmtrail.queries.filters import Filter
from ssmtrail.queries.model import Question, QuestionName, Row, Scope, Sort
from ssmtrail.queries.sources.files.source import FilesSource
from ssmtrail.queries.times import Unit, Window
from ssmtrail.queries.trail import Trail

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from ssmtrail.queries.inventory import Inventory

Record = dict[str, Any]

ACCOUNT = "111122223333"
REGION = "eu-central-1"
_numbers = iter(range(1, 10**9))


def iam_user(name: str = "jane", *, key: str = "AKIAJANE") -> Record:
    """An IAM user's identity."""
    return {
        "type": "IAMUser",
        "principalId": "AIDAEXAMPLE",
        "arn": f"arn:aws:iam::{ACCOUNT}:user/{name}",
        "accountId": ACCOUNT,
        "accessKeyId": key,
        "userName": name,
    }


def assumed_role(role: str, session: str, *, key: str = "ASIAROLE", source_identity: str | None = None) -> Record:
    """An assumed role's identity."""
    context: Record = {
        "sessionIssuer": {"type": "Role", "arn": f"arn:aws:iam::{ACCOUNT}:role/{role}", "userName": role},
        "attributes": {"creationDate": "2026-11-20T08:00:00Z", "mfaAuthenticated": "false"},
    }
    if source_identity:
        context["sourceIdentity"] = source_identity
    return {
        "type": "AssumedRole",
        "principalId": f"AROAEXAMPLE:{session}",
        "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/{role}/{session}",
        "accountId": ACCOUNT,
        "accessKeyId": key,
        "sessionContext": context,
    }


def sso(permission_set: str, person: str, *, key: str = "ASIASSO") -> Record:
    """An identity of IAM Identity Center."""
    return assumed_role(f"AWSReservedSSO_{permission_set}_0123456789abcdef", person, key=key)


def call(name: str, time: str, who: Record | None = None, **more: Any) -> Record:
    """A record; `time` is a clock time of 20 November 2026, or a whole ISO time."""
    record: Record = {
        "eventVersion": "1.08",
        "userIdentity": who or iam_user(),
        "eventTime": time if "T" in time else f"2026-11-20T{time}Z",
        "eventSource": "ssm.amazonaws.com",
        "eventName": name,
        "awsRegion": REGION,
        "sourceIPAddress": "203.0.113.7",
        "userAgent": "aws-cli/2.15",
        "requestParameters": None,
        "responseElements": None,
        "eventID": f"event-{next(_numbers):06}",
        "eventType": "AwsApiCall",
        "recipientAccountId": ACCOUNT,
    }
    return record | more


def start(time: str, session_id: str | None = "jane-0abc", target: str = "i-0ab1c2d3", who: Record | None = None,
          *, document: str | None = None, parameters: Record | None = None, reason: str | None = None,
          **more: Any) -> Record:  # fmt: skip
    """A good StartSession."""
    asked: Record = {"target": target}
    asked |= {"documentName": document} if document else {}
    asked |= {"parameters": parameters} if parameters else {}
    asked |= {"reason": reason} if reason else {}
    given = {
        "sessionId": session_id,
        "streamUrl": f"wss://ssmmessages.{REGION}.amazonaws.com/v1/data-channel/{session_id}?role=publish_subscribe",
        "tokenValue": "Value hidden due to security reasons.",
    }
    return call("StartSession", time, who, requestParameters=asked, responseElements=given if session_id else None,
                **more)  # fmt: skip


def resume(time: str, session_id: str = "jane-0abc", who: Record | None = None, *, token: bool = True,
           **more: Any) -> Record:  # fmt: skip
    """A good ResumeSession."""
    given = {"sessionId": session_id} | ({"tokenValue": "Value hidden due to security reasons."} if token else {})
    return call("ResumeSession", time, who, requestParameters={"sessionId": session_id}, responseElements=given, **more)


def terminate(time: str, session_id: str = "jane-0abc", who: Record | None = None, **more: Any) -> Record:
    """A TerminateSession."""
    given = {"sessionId": session_id}
    return call("TerminateSession", time, who, requestParameters=given, responseElements=given, **more)


def denied(name: str, time: str, resource: str, who: Record | None = None, **more: Any) -> Record:
    """A refusal: no parameters, the resource only in the message."""
    message = f"User: someone is not authorized to perform: ssm:{name} on resource: {resource} because no policy allows"
    return call(name, time, who, errorCode="AccessDeniedException", errorMessage=message, **more)


def assume_role(time: str, session_name: str, gives: str, who: Record, **more: Any) -> Record:
    """An AssumeRole that gave out an access key."""
    return call(
        "AssumeRole", time, who, eventSource="sts.amazonaws.com",
        requestParameters={"roleArn": f"arn:aws:iam::{ACCOUNT}:role/ops", "roleSessionName": session_name},
        responseElements={"credentials": {"accessKeyId": gives, "sessionToken": "hidden"}}, **more,
    )  # fmt: skip


def write_file(path: Path, records: Sequence[Record]) -> Path:
    """A CloudTrail file, gzipped where its name says so."""
    path.parent.mkdir(parents=True, exist_ok=True)
    data = json.dumps({"Records": list(records)}).encode()
    path.write_bytes(gzip.compress(data, 1, mtime=0) if path.suffix == ".gz" else data)
    return path


@contextmanager
def opened(folder: Path, store: Path, inventory: Inventory | None = None, **more: Any) -> Iterator[Trail]:
    """A service over a folder, read to the end."""
    service = Trail(FilesSource(folder), store, inventory, **more)
    try:
        service.fetch(lambda _: None, threading.Event(), early=False)
        yield service
    finally:
        service.close()


def ask(service: Trail, name: QuestionName, where: str = "", window: Window | None = None,
        sort: tuple[Sort, ...] = (), unit: Unit = "day", zone: str = "UTC") -> list[dict[str, Any]]:  # fmt: skip
    """All rows of an answer, as dictionaries."""
    question = Question(name, Scope(window or Window(), Filter.parse(where), zone), sort=sort, unit=unit)
    answer = service.ask(question, threading.Event())
    try:
        rows: list[Row] = []
        while page := answer.page(len(rows), 97):
            rows.extend(page)
        assert len(rows) == answer.totals.rows
        return [dict(zip(answer.columns, row, strict=True)) for row in rows]
    finally:
        answer.close()


def told(tmp_path: Path, name: QuestionName, *records: Record, **more: Any) -> list[dict[str, Any]]:
    """Ask a question about records that lie in one file."""
    write_file(tmp_path / "trail" / "one.json", records)
    with opened(tmp_path / "trail", tmp_path / "store") as service:
        return ask(service, name, **more)


#: A second account, for calls from one account into another.
OTHER_ACCOUNT = "444455556666"
#: What begins an id that is unique in a trail: access keys, role ids, event ids.
_IDS = ("AKIA", "ASIA", "AROA", "event-")


def told_apart(
    folder: Path,
    name: QuestionName,
    cases: Mapping[str, Sequence[Record]],
    *,
    backwards: bool = False,
    where: str = "",
    **more: Any,
) -> dict[str, list[dict[str, Any]]]:
    """The rows of many small cases, each asked about alone, from one trail: reading a trail takes longer than asking.

    Each case has its own accounts in place of ACCOUNT and OTHER_ACCOUNT, and its own keys, role ids and event ids; in
    the rows they are as given. `backwards` writes all records in the opposite order.
    """
    marks = [
        {word: f"{word}{number:03}" for word in _IDS}
        | {account: f"{account[:9]}{number:03}" for account in (ACCOUNT, OTHER_ACCOUNT)}
        for number in range(len(cases))
    ]
    records: list[Record] = []
    for mark, case in zip(marks, cases.values(), strict=True):
        text = json.dumps(list(case))
        for word, marked in mark.items():
            text = text.replace(word, marked)
        records += json.loads(text)
    write_file(folder / "trail" / "one.json", records[::-1] if backwards else records)
    found: dict[str, list[dict[str, Any]]] = {case: [] for case in cases}
    with opened(folder / "trail", folder / "store", **more) as service:
        for row in ask(service, name, where):
            number = int(row["account"][9:])
            found[list(cases)[number]].append({key: _unmarked(value, marks[number]) for key, value in row.items()})
    return found


def _unmarked(value: Any, mark: Mapping[str, str]) -> Any:
    if isinstance(value, tuple):
        return tuple(_unmarked(each, mark) for each in value)
    if isinstance(value, str):
        for word, marked in mark.items():
            value = value.replace(marked, word)
    return value


def fields(row: Mapping[str, Any], wanted: Mapping[str, Any]) -> dict[str, Any]:
    """The wanted fields of a row, to be compared with what they should be."""
    return {name: row[name] for name in wanted}
