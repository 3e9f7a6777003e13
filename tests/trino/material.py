"""The records that every kind of table is loaded with: the demo, real ones, and small oddities."""

from __future__ import annotations

import gzip
import json
import os
import re
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ssmtrail.queries.sources.demo import generate
from ssmtrail.queries.sources.files.listing import folder_day
from tests import records
from tests.trino.set_2 import set_2

if TYPE_CHECKING:
    from collections.abc import Iterator

Record = dict[str, Any]

DEMO_END: Final = date(2026, 11, 23)
REAL: Final = Path(
    os.environ.get("SSMTRAIL_REAL_TRAILS") or Path(__file__).parents[2].parent / "shared/data/cloudtrail"
)
#: Small trails with right answers.
CASES: Final = Path(os.environ.get("SSMTRAIL_CASES") or REAL.parent / "cases")


@dataclass(frozen=True)
class PlacedRecord:
    """A record with its folder day and path."""

    record: Record
    exact: bytes
    """Its own JSON text."""
    day: date
    """The folder day, or the event day without one."""
    path: str
    is_text: bool = False
    """Whether its parameters are no JSON any more: files never hold such, Athena cuts them at 100 kB."""

    @property
    def account(self) -> str:
        """The account of its folder."""
        found = self.record.get("recipientAccountId") or self.record["userIdentity"].get("accountId")
        return str(found or "111122223333")

    @property
    def region(self) -> str:
        """The region of its folder."""
        return str(self.record.get("awsRegion") or "")


def demo(folder: Path, days: int = 30) -> list[PlacedRecord]:
    """All records of the demo, noise too."""
    return list(_of_files(generate(folder, DEMO_END, days).folder))


def real(below: str = "") -> list[PlacedRecord]:
    """Real records, published by others, of all folders or of one; none where they are not there."""
    return list(_of_files(REAL / below)) if REAL.is_dir() else []


def cases() -> list[PlacedRecord]:
    """The records of the small trails with known right answers; none where they are not there.

    They are moved into one month, and each trail gets accounts, keys and event ids of its own. Left out: records whose
    copies contradict each other, of which the SQL shows one, and times that need more than ISO 8601's usual form.
    """
    found: list[PlacedRecord] = []
    folders = sorted(path.parent for path in CASES.glob("*/case.json")) if CASES.is_dir() else []
    for number, folder in enumerate(folders, 10):
        if "contradict" in folder.name or "conflict" in folder.name:
            continue
        for path in sorted(each for each in (folder / "trail").rglob("*") if each.is_file()):
            found += _of_case(path, path.relative_to(CASES).as_posix(), number)
    return found


def _of_case(path: Path, below: str, number: int) -> Iterator[PlacedRecord]:
    try:
        text = path.read_text("utf-8")
        json.loads(text)
    except ValueError:
        return
    text = re.sub(r'("(?:sharedEventID|eventID)": *")', rf"\g<1>case-{number}-", text)
    text = re.sub(r"\b(\d{10})\d\d\b", rf"\g<1>{number}", text).replace("2026-03-", "2026-11-")
    text = re.sub(r"\b(ASIA|AKIA)", rf"\g<1>{number}", text)
    held = json.loads(text)
    for record in held.get("Records", ()) if isinstance(held, dict) else ():
        if isinstance(record, dict) and re.fullmatch(r"2026-1[01]-\d\dT\d\d:\d\d:\d\dZ", str(record.get("eventTime"))):
            day = date.fromisoformat(record["eventTime"][:10])
            yield PlacedRecord(record, json.dumps(record, ensure_ascii=False).encode(), day, f"cases/{below}")


def oddities() -> list[PlacedRecord]:
    """What the others do not have."""
    found = [*_sessions(), *_people(), *_corrections(), *_texts(), *set_2()]
    return [
        PlacedRecord(
            record,
            json.dumps(record).encode(),
            date.fromisoformat(record["eventTime"][:10]) + timedelta(days=record["eventID"].startswith("late")),
            f"odd/{number}.json.gz",
            isinstance(record["requestParameters"], str),
        )
        for number, record in enumerate(found)
    ]


def _of_files(folder: Path) -> Iterator[PlacedRecord]:
    for path in sorted((*folder.rglob("*.json.gz"), *folder.rglob("*.json"))):
        data = path.read_bytes()
        found = json.loads(gzip.decompress(data) if path.suffix == ".gz" else data)
        below = path.relative_to(folder).as_posix()
        # There are digest files too.
        for record in found.get("Records", ()) if isinstance(found, dict) else found:
            if "eventTime" in record:
                day = folder_day(below) or date.fromisoformat(record["eventTime"][:10])
                yield PlacedRecord(record, json.dumps(record, ensure_ascii=False).encode(), day, below)


def _sessions() -> Iterator[Record]:
    """Session ids, targets and refusals of every form."""
    task = f"arn:aws:ecs:{records.REGION}:{records.ACCOUNT}:task/shop/0123abcd"
    node = f"arn:aws-cn:ssm:cn-north-1:{records.ACCOUNT}:managed-instance/mi-0123456789abcdef0"
    machine = f"arn:aws:ec2:{records.REGION}:{records.ACCOUNT}:instance/i-0feed"
    yield records.start("01:00:00", "twice-1", "i-0aaa")
    yield records.terminate("01:00:00", "twice-1")
    yield records.start("02:00:00", "twice-1", "i-0bbb", document="AWS-StartSSHSession")
    yield records.resume("02:30:00", "twice-1", records.iam_user("max"))
    yield records.resume("00:30:00", "twice-1")
    yield records.resume("03:00:00", "orphan-1", token=False)
    yield records.terminate("03:30:00", "orphan-1", records.iam_user("o'brien"))
    yield records.resume("03:40:00", "orphan-2")
    yield records.terminate("03:50:00", "orphan-2", resources=[{"ARN": machine}])
    yield records.start("04:00:00", None, "i-0ccc")
    yield records.denied("StartSession", "04:10:00", machine)
    yield records.denied("StartSession", "04:11:00", f"arn:aws:ssm:{records.REGION}::document/AWS-StartSSHSession")
    yield records.denied("ResumeSession", "04:12:00", f"arn:aws:ssm:{records.REGION}:{records.ACCOUNT}:session/twice-1")
    yield records.denied(
        "TerminateSession", "04:13:00", f"arn:aws:ssm:{records.REGION}:{records.ACCOUNT}:session/none-1"
    )
    yield records.call("StartSession", "04:20:00", errorCode="TargetNotConnected", errorMessage="not connected",
                       requestParameters={"target": "i-0ddd"})  # fmt: skip
    yield records.start(
        "05:00:00", "ecs-1", "ecs:shop_0123abcd_0123abcd-99", resources=[{"ARN": task, "accountId": "1"}]
    )
    yield records.call("ResumeSession", "05:10:00", requestParameters={"sessionId": "ecs-2"}, responseElements={},
                       resources=[{"type": "x"}, {"ARN": node, "accountId": records.ACCOUNT}])  # fmt: skip
    yield records.call("TerminateSession", "05:20:00", requestParameters={"sessionId": "node-1"},
                       resources=[{"accountId": records.ACCOUNT, "type": "x", "ARN": "arn:aws:ssm:x:y:session/node-1"},
                                  {"ARN": task}])  # fmt: skip
    yield records.start("06:00:00", "stream-1", "i-0eee") | {
        "responseElements": {"streamUrl": "wss://h/v1/data-channel/stream-1?role=x"}
    }
    yield records.terminate("06:10:00", "stream-1", recipientAccountId="")
    yield records.terminate("06:11:00", "stream-1", awsRegion="us-east-1")
    for port, parameters in enumerate(
        ({"portNumber": ["5432"], "host": ["db.internal"]}, {"portNumber": ["22"]}, {}, {"host": ["only.host"]})
    ):
        for number, document in enumerate(
            ("AWS-StartPortForwardingSessionToRemoteHost", "AWS-StartPortForwardingSession", "own-doc")
        ):
            yield records.start(
                f"07:{port}{number}:00",
                f"tunnel-{port}{number}",
                "mi-0123abcd",
                document=document,
                parameters=parameters,
            )
    yield records.start("23:59:59", "edge-1", "i-0fff", eventID="late-1")
    yield records.terminate("2026-11-21T00:00:00Z", "edge-1", eventID="late-2")


def _people() -> Iterator[Record]:
    """People behind roles, some of them far behind, one in a circle."""
    yield records.assume_role(
        "08:00:00", "botocore-session-1", "ASIA1", records.sso("Admin", "jane.doe@example.com", key="ASIA0")
    )
    for number in range(1, 5):
        caller = records.assumed_role("ops", f"botocore-session-{number}", key=f"ASIA{number}")
        yield records.assume_role(f"08:0{number}:00", f"botocore-session-{number + 1}", f"ASIA{number + 1}", caller)
        yield records.start(f"09:0{number}:00", f"deep-{number}", "i-0deep", caller)
    yield records.start("09:05:00", "deep-5", "i-0deep", records.assumed_role("ops", "botocore-session-5", key="ASIA5"))
    for here, there in (("ROUND1", "ROUND2"), ("ROUND2", "ROUND1")):
        caller = records.assumed_role("round", "i-0123456789abcdef0", key=here)
        yield records.assume_role("08:30:00", "aws-go-sdk-1", there, caller)
        yield records.start("09:30:00", f"round-{here}", "i-0round", caller)
    yield records.assume_role(
        "08:40:00", "aws-go-sdk-2", "SERVED", {"type": "AWSService", "invokedBy": "ecs.amazonaws.com"}
    )
    yield records.assume_role("08:41:00", "jane.by.name", "NAMED", records.iam_user())
    yield records.start("09:40:00", "served-1", "i-0x", records.assumed_role("ops", "1234567", key="SERVED"))
    yield records.start(
        "09:41:00", "source-1", "i-0x", records.assumed_role("ops", "i-0abcdef12", key="NONE", source_identity="kim")
    )
    yield records.start("09:42:00", "nobody-1", "i-0x", {"type": "AssumedRole", "principalId": "AROA:terraform-1"})
    yield records.start("09:43:00", "service-1", "i-0x", {"type": "AWSService", "invokedBy": "ssm.amazonaws.com"})
    yield records.start("09:44:00", "root-1", "i-0x", {"type": "Root", "arn": f"arn:aws:iam::{records.ACCOUNT}:root"})
    behalf = {"type": "IdentityCenterUser", "onBehalfOf": {"userId": "u-1", "identityStoreArn": "arn:x"}}
    yield records.start("09:45:00", "centre-1", "i-0x", behalf)
    yield records.start(
        "09:46:00", "federated-1", "i-0x", {"type": "FederatedUser", "arn": "arn:aws:sts::1:federated-user/fred"}
    )
    yield records.start("09:47:00", "account-1", "i-0x", {"type": "AWSAccount", "accountId": "999988887777"})


def _corrections() -> Iterator[Record]:
    """Repeats, corrections, corrections of corrections."""
    first = records.start("10:00:00", "fixed-1", "i-0old", eventID="fix-1")
    yield first
    yield {**first, "responseElements": None}
    for number, original, target in (
        ("fix-2", "fix-1", "i-0new"),
        ("fix-3", "fix-1", "i-0newer"),
        ("fix-4", "fix-3", "i-0newest"),
    ):
        addendum = {"reason": "UPDATED_DATA", "originalEventID": original}
        yield records.start(f"10:00:0{number[-1]}", "fixed-1", target, eventID=number, addendum=addendum)
    # Better data of the same second, with ids before and after that of the original.
    for number in ("1", "3"):
        better = {"reason": "UPDATED_DATA", "originalEventID": "same-2"}
        yield records.start("10:04:00", "same-1", "i-0same", eventID=f"same-{number}", addendum=better, reason="INC-1")
    yield records.start("10:04:00", "same-1", "i-0same", eventID="same-2")
    again = records.start("10:05:00", "again-1", "i-0again", eventID="late-again")
    yield again
    yield {**again, "requestParameters": None}
    yield {**again, "responseElements": None, "requestParameters": None, "sourceIPAddress": "198.51.100.9"}
    lost = {"reason": "UPDATED_DATA", "originalEventID": "not-here"}
    yield records.start("10:10:00", "lost-1", "i-0lost", eventID="lost-1", addendum=lost)
    yield records.start(
        "10:11:00", "delayed-1", "i-0late", addendum={"reason": "DELIVERY_DELAY", "originalEventID": "fix-1"}
    )
    yield records.start("10:12:00", "bare-1", "i-0bare", eventID="")


def _texts() -> Iterator[Record]:
    """Texts that mean something to SQL, to JSON or to the filter; parameters that are no JSON."""
    for number, text in enumerate(
        ('it\'s 100% "ok"_\\', "a, b = {c}", "ИНЦ-1 ünïcode 😀", '{"json": [1]}', "null", "-- ; DROP TABLE x")
    ):
        who = records.iam_user(text)
        yield records.start(f"11:0{number}:00", f"text-{number}", "i-0text", who, reason=text, userAgent=text)
    for number, address in enumerate(
        ("10.1.2.3", "2001:db8::1", "::ffff:10.9.8.7", "ssm.amazonaws.com", "", "10.0.0.256", "fe80::1")
    ):
        yield records.start(f"12:0{number}:00", f"address-{number}", "i-0net", sourceIPAddress=address)
    for number, cut in enumerate(('{"target":"i-0cut', "", "null", "[]", '"text"', '{"target":"i-0whole"}')):
        yield records.start(f"13:0{number}:00", f"cut-{number}") | {"requestParameters": cut}
