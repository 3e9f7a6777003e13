"""What a session was, where it led, and on what: one record a rule, with its answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.records import ACCOUNT, REGION, Record, denied, fields, start, terminate, told, told_apart

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

PORT = "AWS-StartPortForwardingSession"
SOCKET = "AWS-StartPortForwardingSessionToSocket"
REMOTE = "AWS-StartPortForwardingSessionToRemoteHost"
ARN = f"arn:aws:ssm:{REGION}:{ACCOUNT}:document/AWS-StartSSHSession"
TASK = "ecs:my_cluster_0123_456"
CLUSTER = "sagemaker-cluster:training_0a1b2c3d4e5f-i-0abc1234"

#: Document, target, parameters; kind, destination.
DOCUMENTS: tuple[tuple[str | None, str, Record | None, str, str | None], ...] = (
    (None, "i-0ab", None, "shell", None),
    ("SSM-SessionManagerRunShell", "i-0ab", None, "shell", None),
    ("SSM-SessionManagerRunShell", TASK, None, "container", None),
    (None, TASK, None, "container", None),
    ("AmazonECS-ExecuteInteractiveCommand", TASK, {"command": ["/bin/sh"]}, "container", None),
    ("AmazonECS-ExecuteInteractiveCommand", "i-0ab", None, "container", None),
    ("AWS-StartInteractiveCommand", "i-0ab", {"command": ["top"]}, "command", None),
    ("AWS-StartNonInteractiveCommand", "i-0ab", {"command": ["ls"]}, "command", None),
    (PORT, "i-0ab", {"portNumber": ["8080"], "localPortNumber": ["9"]}, "port-forward", "localhost:8080"),
    (PORT, "i-0ab", None, "port-forward", "localhost:80"),
    (PORT, "i-0ab", {"localPortNumber": ["9"]}, "port-forward", "localhost:80"),
    (SOCKET, "i-0ab", {"portNumber": ["3389"]}, "port-forward", "localhost:3389"),
    (REMOTE, "i-0ab", {"host": ["db.example"], "portNumber": ["5432"]}, "remote-port-forward", "db.example:5432"),
    (REMOTE, "i-0ab", {"host": ["2001:db8::1"], "portNumber": ["5432"]}, "remote-port-forward", "[2001:db8::1]:5432"),
    (REMOTE, "i-0ab", {"host": ["[2001:db8::1]"], "portNumber": ["5432"]}, "remote-port-forward", "[2001:db8::1]:5432"),
    (REMOTE, "i-0ab", {"host": "db", "portNumber": "5432"}, "remote-port-forward", "db:5432"),
    ("AWS-StartSSHSession", "i-0ab", None, "ssh", "localhost:22"),
    ("AWS-StartSSHSession", "i-0ab", {"portNumber": ["2222"]}, "ssh", "localhost:2222"),
    (ARN, "i-0ab", None, "ssh", "localhost:22"),
    ("My-Tunnel", "i-0ab", {"host": ["h"], "portNumber": ["1"]}, "remote-port-forward", "h:1"),
    ("My-Tunnel", "i-0ab", {"host": ["2001:db8::1"], "portNumber": ["1"]}, "remote-port-forward", "[2001:db8::1]:1"),
    ("My-Port", "i-0ab", {"portNumber": ["1"]}, "other", "localhost:1"),
    ("My-Host", "i-0ab", {"host": ["h"]}, "other", "h"),
    ("My-Document", "i-0ab", None, "other", None),
    ("Other-Document", TASK, None, "other", None),
)  # fmt: skip


@pytest.fixture(scope="module")
def documented(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """A session with each document, all of one trail."""
    starts = [
        start(f"12:00:{number:02}", f"s-{number:02}", target, document=document, parameters=parameters)
        for number, (document, target, parameters, _, _) in enumerate(DOCUMENTS)
    ]
    found = told(tmp_path_factory.mktemp("documented"), "sessions", *starts)
    assert len(found) == len(DOCUMENTS)
    return sorted(found, key=lambda row: row["session_id"])


@pytest.mark.parametrize("number", range(len(DOCUMENTS)), ids=lambda number: str(DOCUMENTS[number][0]))
def test_the_document_decides_the_kind(documented: list[dict[str, Any]], number: int) -> None:
    row, (document, _, parameters, kind, destination) = documented[number], DOCUMENTS[number]
    assert (row["kind"], row["destination"], row["document"]) == (kind, destination, document)
    asked = (parameters or {}).get("command")
    assert row["command"] == (asked[0] if asked else None)


def answered(**more: Any) -> list[Record]:
    """A start with other members than usual."""
    return [start("12:00:00") | more]


def refused(resource: str) -> list[Record]:
    """A refused start."""
    return [denied("StartSession", "12:00:00", resource)]


#: Long reasons make CloudTrail leave the parameters out; a table of Athena's cuts them.
OMITTED: Record = {"omitted": True, "originalSize": 120_000, "reason": "requestParameters too large"}
INSTANCE = f"arn:aws:ec2:{REGION}:{ACCOUNT}:instance/i-0999"

CASES: dict[str, tuple[Sequence[Record], dict[str, Any]]] = {
    "parameters that were left out": (
        answered(requestParameters=OMITTED),
        {"kind": "unknown", "reason": None, "destination": None, "is_omitted": True},
    ),
    "parameters that were left out, and resources": (
        answered(requestParameters=OMITTED, resources=[{"ARN": INSTANCE}]),
        {"kind": "unknown", "reason": None, "target": "i-0999", "is_omitted": True},
    ),
    "whole parameters": ([start("12:00:00", reason="INC-1")], {"reason": "INC-1", "is_omitted": False}),
    "resources name the target where parameters do not": (
        answered(requestParameters={}, resources=[{"ARN": f"arn:aws:ssm:{REGION}:1:document/x"}, {"ARN": INSTANCE}]),
        {"target": "i-0999", "kind": "shell"},
    ),
    "a machine by its id": ([start("12:00:00", target="i-eA1d1296c1dE3Aa1f")], {"target_kind": "ec2"}),
    "a managed node": ([start("12:00:00", target="mi-0123456789abcdef0")], {"target_kind": "managed"}),
    "a task": ([start("12:00:00", target=TASK)], {"target_kind": "ecs"}),
    "a node of a SageMaker cluster": (
        [start("12:00:00", target=CLUSTER)], {"target_kind": "sagemaker", "kind": "shell"}
    ),
    "any other target": ([start("12:00:00", target="db-1")], {"target_kind": "unknown"}),
    "a refusal that names an instance": (
        refused(INSTANCE),
        {"status": "denied", "session_id": None, "target": "i-0999", "document": None, "kind": "unknown"},
    ),
    "a refusal that names a managed node of another partition": (
        refused("arn:aws-cn:ssm:cn-north-1:111122223333:managed-instance/mi-0123"),
        {"target": "mi-0123", "kind": "unknown"},
    ),
    "a refusal that names a document": (
        refused(f"arn:aws:ssm:{REGION}::document/AWS-StartSSHSession"),
        {"target": None, "document": "AWS-StartSSHSession", "kind": "ssh"},
    ),
    "a refusal that names a task": (
        refused(f"arn:aws:ecs:{REGION}:{ACCOUNT}:task/a_b/0123"), {"target": "ecs:a_b_0123", "kind": "unknown"}
    ),
    "a refusal that names nothing": (refused("*"), {"target": None, "document": None, "kind": "unknown"}),
    "any other error: failed, with all that was asked for": (
        [start("12:00:00", None, errorCode="TargetNotConnected", errorMessage="i-0ab1c2d3 is not connected")],
        {"status": "failed", "error_code": "TargetNotConnected", "target": "i-0ab1c2d3", "kind": "shell"},
    ),
    "a start without an answer cannot be linked": (
        [start("12:00:00", None)], {"status": "started", "session_id": None, "end_evidence": "unknown"}
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def sessions(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[dict[str, Any]]]:
    """The sessions of each case."""
    return told_apart(
        tmp_path_factory.mktemp("kinds"), "sessions", {name: records for name, (records, _) in CASES.items()}
    )


@pytest.mark.parametrize("case", CASES)
def test_what_it_was(sessions: dict[str, list[dict[str, Any]]], case: str) -> None:
    (row,) = sessions[case]
    assert fields(row, CASES[case][1]) == CASES[case][1]


def test_calls_that_name_only_a_session_get_what_its_start_says(tmp_path: Path) -> None:
    begin = start("12:00:00", document="AWS-StartSSHSession", reason="INC-4711")
    rows = told(tmp_path, "calls", begin, terminate("12:30:00"))
    assert {(row["target"], row["kind"], row["destination"], row["reason"]) for row in rows} == {
        ("i-0ab1c2d3", "ssh", "localhost:22", "INC-4711")
    }
    assert len(rows) == 2


def test_a_node_of_a_cluster_is_found_by_its_instances_id(tmp_path: Path) -> None:
    rows = told(tmp_path, "sessions", start("12:00:00", target=CLUSTER), start("12:01:00", "b-1"), where="i-0abc1234")
    assert [row["target"] for row in rows] == [CLUSTER]


def test_tunnels_are_all_that_forward_ports(tmp_path: Path) -> None:
    starts = [
        start(f"12:00:{number:02}", f"s-{number:02}", target, document=document, parameters=parameters)
        for number, (document, target, parameters, _, _) in enumerate(DOCUMENTS)
    ]
    tunnels = [row for row in DOCUMENTS if row[3] in {"port-forward", "remote-port-forward"}]
    rows = told(tmp_path, "sessions", *starts, where="kind:tunnel")
    assert len(rows) == len(tunnels)
    assert {row["destination"] for row in rows} == {row[4] for row in tunnels}
