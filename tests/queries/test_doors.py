"""Other doors than Session Manager: each kind by the shape of its record, joins, counts, filters."""

from __future__ import annotations

import random
import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from ssmtrail.queries.errors import FilterError
from ssmtrail.queries.filters import Filter
from ssmtrail.queries.model import Scope
from ssmtrail.queries.times import Window
from tests.queries.test_real_trails import TRAILS
from tests.records import (
    ACCOUNT,
    REGION,
    ask,
    assume_role,
    assumed_role,
    call,
    iam_user,
    opened,
    start,
    terminate,
    told,
    told_apart,
    write_file,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ssmtrail.queries.trail import Trail
    from tests.records import Record

    Rows = list[dict[str, Any]]

NOW = datetime(2026, 11, 30, tzinfo=UTC)

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOtAlK45MAEWZ7MUY2QEmi3M6W+peGL3VCrc0qH54xRu jane@home"
PRINT = "SHA256:xq6092IJhV+0W2wifL9mSmJHQoMb2h2KFNrpk4YEAW8"
TASK = f"arn:aws:ecs:{REGION}:{ACCOUNT}:task/prod/0123abcd"


def door(source: str, name: str, time: str, asked: Any = None, given: Any = None, who: Record | None = None,
         **more: Any) -> Record:  # fmt: skip
    """A record of another door."""
    return call(
        name, time, who, eventSource=f"{source}.amazonaws.com", requestParameters=asked, responseElements=given, **more
    )


def execute(time: str, session_id: str = "ecs-execute-command-0abc", who: Record | None = None, **more: Any) -> Record:
    asked = {"cluster": "prod", "container": "app", "task": "0123abcd", "command": "/bin/sh", "interactive": True}
    given = {"taskArn": TASK, "containerName": "app", "session": {"sessionId": session_id, "tokenValue": "x"}}
    return door("ecs", "ExecuteCommand", time, asked | more.pop("asked", {}), given, who, **more)


def send_command(time: str, asked: Record, **more: Any) -> Record:
    given = {"command": {"commandId": "c-1", "comment": "", "instanceIds": asked.get("instanceIds", [])}}
    return door("ssm", "SendCommand", time, {"documentName": "AWS-RunShellScript"} | asked, given, **more)


def send_key(time: str, machine: str = "i-5", **more: Any) -> Record:
    asked = {"instanceId": machine, "instanceOSUser": "ec2-user", "sSHPublicKey": KEY}
    return door("ec2-instance-connect", "SendSSHPublicKey", time, asked, {"success": True}, **more)


def open_tunnel(time: str, **more: Any) -> Record:
    asked = {
        "instanceConnectEndpointId": "eice-0a", "remotePort": "22", "privateIpAddress": "10.0.1.1",
        "maxTunnelDuration": "3600",
    }  # fmt: skip
    return door("ec2-instance-connect", "OpenTunnel", time, asked, **more)


def connect_desktop(time: str, machine: str = "i-7", **more: Any) -> Record:
    asked = {"AuthType": "Credentials", "Protocol": "RDP", "ConnectionType": "SessionManager", "InstanceId": machine}
    return door("ssm-guiconnect", "StartConnection", time, asked, {"ConnectionArn": "arn:aws:x"}, **more)


def forward(time: str, session_id: str = "jane-rdp", machine: str = "i-7", **more: Any) -> Record:
    """The session that Fleet Manager starts."""
    return start(time, session_id, machine, document="AWS-StartPortForwardingSession",
                 parameters={"portNumber": ["3389"]}, **more)  # fmt: skip


SHAPES: tuple[tuple[str, Record, str, str | None, str, bool], ...] = (
    ("ecs", execute("10:00:00"), "ecs-exec", "ecs:prod_0123abcd", "container app; command /bin/sh", True),
    (
        "ecs dry run",
        execute("10:00:00", asked={"dryrun": True}),
        "ecs-exec", "ecs:prod_0123abcd", "container app; command /bin/sh; dry run, opens nothing", False,
    ),
    ("one machine", send_command("10:00:00", {"instanceIds": ["i-9"], "comment": "patch; now"}), "run-command", "i-9",
     "document AWS-RunShellScript; command c-1; comment patch; now", True),
    ("machines", send_command("10:00:00", {"instanceIds": ["i-2", "i-1"]}), "run-command", None,
     "document AWS-RunShellScript; i-1, i-2; command c-1", True),
    ("tag", send_command("10:00:00", {"targets": [{"key": "tag:Env", "values": ["prod", "stage"]}]}), "run-command",
     None, "document AWS-RunShellScript; tag:Env=prod,stage; command c-1", True),
    ("machine by target", send_command("10:00:00", {"targets": [{"key": "InstanceIds", "values": ["i-3"]}]}),
     "run-command", "i-3", "document AWS-RunShellScript; command c-1", True),
    ("instance connect", send_key("10:00:00"), "instance-connect", "i-5", f"as ec2-user; key {PRINT}", True),
    (
        "serial console",
        door("ec2-instance-connect", "SendSerialConsoleSSHPublicKey", "10:00:00",
             {"instanceId": "i-6", "serialPort": 0, "sSHPublicKey": "no key", "monitorMode": False, "new": 1},
             {"success": True}),
        "serial-console", "i-6", "port 0; key that cannot be read", True,
    ),
    ("endpoint tunnel", open_tunnel("10:00:00"), "endpoint-tunnel", None,
     "ip:10.0.1.1; port 22; eice-0a; at most 3600 s", True),
    ("rdp", connect_desktop("10:00:00"), "rdp", "i-7", "RDP by SessionManager; as Credentials; arn:aws:x", True),
    (
        "access request",
        door("ssm", "StartAccessRequest", "10:00:00",
             {"Targets": [{"Key": "InstanceIds", "Values": ["i-8"]}], "Reason": "INC-1"},
             {"AccessRequestId": "oi-0123456789ab"}),
        "access-request", "i-8", "oi-0123456789ab; reason INC-1", False,
    ),
    (
        "access token",
        door("ssm", "GetAccessToken", "10:00:00", {"AccessRequestId": "oi-0123456789ab"},
             {"AccessRequestStatus": "Approved", "Credentials": {"AccessKeyId": "ASIAJIT"}}),
        "access-token", None, "oi-0123456789ab; Approved", False,
    ),
)  # fmt: skip


SHAPES_2: tuple[tuple[str, Record, str, str | None, str, bool], ...] = (
    (
        "signal",
        door("ssm", "SendAutomationSignal", "10:00:00", {"automationExecutionId": "e-1", "signalType": "Approve"}),
        "access-signal", None, "Approve; execution e-1; by jane", False,
    ),
    (
        "space",
        door("sagemaker", "StartSession", "10:00:00",
             {"resourceIdentifier": "arn:aws:sagemaker:eu-central-1:111122223333:space/d-1/jane"},
             {"sessionId": "s-1", "streamUrl": "x"}),
        "sagemaker", "arn:aws:sagemaker:eu-central-1:111122223333:space/d-1/jane", "", True,
    ),
    (
        "sandbox",
        door("codebuild", "StartSandboxConnection", "10:00:00", {"sandboxId": "box:1"},
             {"ssmSession": {"sessionId": "c-1"}}),
        "codebuild", "box:1", "", True,
    ),
    ("document", door("ssm", "UpdateDocument", "10:00:00", {"name": "SSM-SessionManagerRunShell"}), "control", None,
     "UpdateDocument SSM-SessionManagerRunShell", False),
    ("trail", door("cloudtrail", "StopLogging", "10:00:00", {"name": "main"}), "control", None, "StopLogging main",
     False),
)  # fmt: skip


@pytest.fixture(scope="module")
def by_shape(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Rows]:
    """The rows of each shape, alone in its account."""
    cases = {shape: [record] for shape, record, *_ in (*SHAPES, *SHAPES_2)}
    return told_apart(tmp_path_factory.mktemp("shapes"), "doors", cases)


@pytest.fixture(scope="module")
def all_shapes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trail]:
    """The first shapes in one account."""
    home = tmp_path_factory.mktemp("all")
    write_file(home / "trail" / "one.json", [record for _, record, *_ in SHAPES])
    with opened(home / "trail", home / "store") as trail:
        yield trail


@pytest.mark.parametrize("shape", [*SHAPES, *SHAPES_2], ids=lambda shape: shape[0])
def test_each_door_by_the_shape_of_its_record(by_shape: dict[str, Rows], shape: tuple[Any, ...]) -> None:
    case, record, name, target, detail, visit = shape
    (row,) = by_shape[case]
    assert (row["door"], row["target"], row["detail"], row["status"]) == (name, target, detail or None, "granted")
    assert (row["person"], row["person_evidence"], row["person_kind"]) == ("jane", "identity", "iam-user")
    assert row["visit"] is visit
    assert row["event_id"] == record["eventID"]


def test_a_door_alone_is_no_session(all_shapes: Trail) -> None:
    assert ask(all_shapes, "sessions") == ask(all_shapes, "calls") == ask(all_shapes, "pairs") == []
    assert len(ask(all_shapes, "doors")) == len(SHAPES)


def test_other_services_have_a_start_session_too(tmp_path: Path) -> None:
    athena = door("athena", "StartSession", "10:00:00", {"workGroup": "x"}, {"sessionId": "s-1"})
    assert told(tmp_path, "doors", athena) == []


@pytest.mark.parametrize(
    ("code", "status"), [("TargetNotConnectedException", "failed"), ("AccessDeniedException", "denied")]
)
def test_what_was_refused_opened_nothing(tmp_path: Path, code: str, status: str) -> None:
    asked = {"cluster": f"arn:aws:ecs:{REGION}:{ACCOUNT}:cluster/prod", "task": TASK, "command": "sh"}
    refused = door("ecs", "ExecuteCommand", "10:00:00", asked, errorCode=code)
    (row,) = told(tmp_path, "doors", refused)
    assert (row["status"], row["target"], row["visit"]) == (status, "ecs:prod_0123abcd", False)
    assert row["detail"] == f"command sh; {code}"


def test_the_person_comes_from_the_issuer_as_for_sessions(tmp_path: Path) -> None:
    behind = assumed_role("ops", "jane.doe", key="ASIAROLE")
    asked = assume_role("09:50:00", "jane.doe", "ASIAROLE", iam_user("mallory"))
    (row,) = told(tmp_path, "doors", send_command("10:00:00", {"instanceIds": ["i-1"]}, who=behind), asked)
    assert (row["person"], row["person_evidence"], row["claimed_name"]) == ("mallory", "issuer", "jane.doe")


def test_a_command_that_a_machine_sent_names_its_way(tmp_path: Path) -> None:
    who = {"type": "AWSService", "invokedBy": "ssm.amazonaws.com"}
    sent = send_command("10:00:00", {"instanceIds": ["i-1"]}, who=who, sourceIPAddress="ssm.amazonaws.com")
    (row,) = told(tmp_path, "doors", sent)
    assert (row["person"], row["person_kind"], row["via"]) == (None, "service", "ssm.amazonaws.com")
    assert "by ssm.amazonaws.com" in row["detail"]


def visits(tmp_path: Path, *records: Record, where: str = "") -> tuple[list[dict[str, Any]], dict[str, int]]:
    """Rows of the time line, and what other answers count."""
    write_file(tmp_path / "trail" / "one.json", records)
    with opened(tmp_path / "trail", tmp_path / "store") as trail:
        scope = Scope(Window(), Filter.parse(where))
        return ask(trail, "visits", where), dict(trail.other_doors(scope, threading.Event()))


def test_a_command_of_ecs_and_its_session_are_one_visit(tmp_path: Path) -> None:
    who = {"type": "AWSService", "invokedBy": "ecs.amazonaws.com"}
    began = start("10:00:00", "ecs-execute-command-0abc", "ecs:prod_0123abcd_0123abcd-1",
                  who, document="AmazonECS-ExecuteInteractiveCommand")  # fmt: skip
    rows, counted = visits(tmp_path, execute("10:00:00"), began)
    assert [(row["door"], row["kind"], row["person"]) for row in rows] == [("ecs-exec", "container", "jane")]
    assert rows[0]["session_key"] == began["eventID"]
    assert counted == {}, "it is counted as a session"


def test_a_command_of_ecs_with_its_end_alone_is_one_visit(tmp_path: Path) -> None:
    rows, counted = visits(tmp_path, execute("10:00:00"), terminate("10:10:00", "ecs-execute-command-0abc"))
    assert [(row["door"], row["status"]) for row in rows] == [("ecs-exec", "granted")]
    assert counted == {"ecs-exec": 1}, "an orphan counts as no session"


def test_a_desktop_and_its_session_are_one_visit(tmp_path: Path) -> None:
    rows, counted = visits(tmp_path, connect_desktop("10:00:00"), forward("10:00:00"))
    assert [(row["door"], row["kind"], row["session_id"]) for row in rows] == [("rdp", "port-forward", "jane-rdp")]
    assert counted == {}
    (row,) = told(tmp_path / "again", "doors", connect_desktop("10:00:00"), forward("10:00:01"))
    assert row["session_id"] == "jane-rdp"


@pytest.mark.parametrize(
    "session",
    [
        forward("10:00:09"),
        forward("10:00:00", machine="i-8"),
        forward("10:00:00", who=iam_user("max", key="AKIAMAX")),
        start("10:00:00", "jane-sh", "i-7"),
    ],
    ids=["later", "another machine", "another person", "a shell"],
)
def test_another_session_is_another_visit(tmp_path: Path, session: Record) -> None:
    rows, counted = visits(tmp_path, connect_desktop("10:00:00"), session)
    assert len(rows) == 2
    assert counted == {"rdp": 1}


def test_two_desktops_at_once_have_a_session_each(tmp_path: Path) -> None:
    records = [connect_desktop("10:00:00"), connect_desktop("10:00:00"), forward("10:00:00", "a-1"),
               forward("10:00:00", "a-2")]  # fmt: skip
    rows, counted = visits(tmp_path, *records)
    assert sorted(row["session_id"] for row in rows) == ["a-1", "a-2"]
    assert {row["door"] for row in rows} == {"rdp"}
    assert counted == {}


def test_a_key_and_a_tunnel_within_seconds_are_one_visit(tmp_path: Path) -> None:
    rows, counted = visits(tmp_path, send_key("10:00:00"), open_tunnel("10:00:03"))
    assert [(row["door"], row["target"]) for row in rows] == [("instance-connect", "i-5")]
    assert counted == {"instance-connect": 1}


@pytest.mark.parametrize(
    "tunnel", [open_tunnel("10:01:00"), open_tunnel("10:00:03", who=iam_user("max", key="AKIAMAX"))],
    ids=["a minute later", "another person"],
)  # fmt: skip
def test_another_tunnel_is_another_visit(tmp_path: Path, tunnel: Record) -> None:
    rows, counted = visits(tmp_path, send_key("10:00:00"), tunnel)
    assert len(rows) == 2
    assert counted == {"endpoint-tunnel": 1, "instance-connect": 1}


def launch(time: str, machine: str, address: str = "10.0.1.1", vpc: str = "vpc-1") -> Record:
    item = {"instanceId": machine, "privateIpAddress": address, "vpcId": vpc}
    return door("ec2", "RunInstances", time, None, {"instancesSet": {"items": [item]}})


def end_machine(time: str, machine: str) -> Record:
    items = {"instancesSet": {"items": [{"instanceId": machine}]}}
    return door("ec2", "TerminateInstances", time, items, items)


LAUNCHED: dict[str, tuple[list[Record], str | None]] = {
    "launched": ([launch("09:00:00", "i-a")], "i-a"),
    "the latest": ([launch("08:00:00", "i-old"), launch("09:00:00", "i-a")], "i-a"),
    "later": ([launch("11:00:00", "i-a")], None),
    "another address": ([launch("09:00:00", "i-a", "10.0.1.2")], None),
    "two networks": ([launch("09:00:00", "i-a"), launch("09:00:00", "i-d", vpc="vpc-2")], None),
    # An end counts in every account: ids of machines are unique.
    "gone": ([launch("09:00:00", "i-b"), end_machine("09:30:00", "i-b")], None),
    "gone later": ([launch("09:00:00", "i-c"), end_machine("10:30:00", "i-c")], "i-c"),
}


@pytest.fixture(scope="module")
def tunnelled(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Rows]]:
    """The tunnel of each case: all rows under no machine's name, and those that a machine's filter finds."""
    home = tmp_path_factory.mktemp("launched")
    cases = {case: [open_tunnel("10:00:00"), *records] for case, (records, _) in LAUNCHED.items()}
    wheres = {"": "", "i-a": "target:=i-a", "i-c": "target:=i-c"}
    return {
        machine: told_apart(home / f"of{machine}", "doors", cases, where=where) for machine, where in wheres.items()
    }


@pytest.mark.parametrize("case", LAUNCHED)
def test_the_address_of_a_tunnel_names_the_machine_that_had_it_then(
    tunnelled: dict[str, dict[str, Rows]], case: str
) -> None:
    machine = LAUNCHED[case][1]
    (row,) = tunnelled[""][case]
    assert row["target"] == machine
    assert row["detail"].startswith("ip:10.0.1.1")
    if machine:
        assert len(tunnelled[machine][case]) == 1


def busy() -> list[Record]:
    """Every door twice, with what they make, on both sides of full hours."""
    records = [record for _, record, *_ in SHAPES]
    for number, minute in enumerate(("10:20", "10:59", "11:59")):
        records += [
            send_key(f"{minute}:57", f"i-{number}"),
            open_tunnel(f"{minute[:2]}:{minute[3:]}:59" if number else "10:20:58"),
            connect_desktop(f"{minute}:59", "i-7"),
            forward(f"{minute}:59", f"jane-{number}"),
            execute(f"{minute}:10", f"ecs-execute-command-{number}"),
            start(f"{minute}:10", f"ecs-execute-command-{number}", "ecs:prod_0123abcd_x"),
        ]
    records += [send_key("12:59:58"), open_tunnel("13:00:02")]
    return records


#: Made once: ids of events are numbered.
BUSY = busy()


@pytest.fixture(scope="module")
def of_busy(tmp_path_factory: pytest.TempPathFactory) -> tuple[Rows, dict[str, int]]:
    """The visits of the busy day in one file, and what other answers count."""
    return visits(tmp_path_factory.mktemp("busy"), *BUSY)


@pytest.mark.parametrize("seed", range(3))
def test_visits_do_not_depend_on_the_order_of_files_nor_on_duplicates(
    tmp_path: Path, of_busy: tuple[Rows, dict[str, int]], seed: int
) -> None:
    records = BUSY
    expected, counted = of_busy
    shuffled = random.Random(seed)
    again = records + shuffled.sample(records, 9)
    shuffled.shuffle(again)
    for number in range(4):
        write_file(tmp_path / "other" / "trail" / f"{number}.json", again[number::4])
    with opened(tmp_path / "other" / "trail", tmp_path / "other" / "store") as trail:
        assert ask(trail, "visits") == expected
        assert dict(trail.other_doors(Scope(Window(), Filter()), threading.Event())) == counted


def test_a_file_without_rows_has_the_same_columns(tmp_path: Path) -> None:
    schemas = []
    for name, records in (("none", [start("10:00:00")]), ("some", [send_key("10:00:00")])):
        write_file(tmp_path / name / "one.json", records)
        with opened(tmp_path / name, tmp_path / f"{name}-store"):
            (file,) = (tmp_path / f"{name}-store").glob("**/derived/*/doors-*.parquet")
        schemas.append(duckdb.connect().execute(f"DESCRIBE FROM read_parquet('{file}')").fetchall())
    assert schemas[0] == schemas[1]


def test_partitions_do_not_part_a_visit(
    tmp_path: Path, of_busy: tuple[Rows, dict[str, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ssmtrail.queries.store.build.MOST_CALLS", 1)
    assert visits(tmp_path / "parted", *BUSY) == of_busy


def test_a_window_has_what_the_whole_has(tmp_path: Path) -> None:
    write_file(tmp_path / "trail" / "one.json", BUSY)
    window = Window.parse("2026-11-20T11:00:00Z", "2026-11-20T12:00:00Z", now=NOW)
    with opened(tmp_path / "trail", tmp_path / "store", look_around_days=0) as trail:
        inside = [row["key"] for row in ask(trail, "doors") if window.start <= row["at"] < window.end]
        assert [row["key"] for row in ask(trail, "doors", window=window)] == inside
        assert ask(trail, "visits", window=window)


def test_a_chain_beyond_the_look_around_names_nobody(tmp_path: Path) -> None:
    behind = assumed_role("ops", "jane.doe", key="ASIAROLE")
    asked = assume_role("2026-11-17T10:00:00Z", "jane.doe", "ASIAROLE", iam_user("mallory"))
    sent = send_command("10:00:00", {"instanceIds": ["i-1"]}, who=behind)
    write_file(tmp_path / "trail" / "one.json", [asked, sent])
    window = Window.parse("2026-11-20", "2026-11-21", now=NOW)
    with opened(tmp_path / "trail", tmp_path / "store") as trail:
        (row,) = ask(trail, "doors", window=window)
        assert (row["person"], row["person_evidence"]) == ("jane.doe", "session-name")
        assert ask(trail, "doors")[0]["person"] == "mallory"


FILTERS: tuple[tuple[str, set[str]], ...] = (
    ("door:run-command,rdp", {"machines", "tag", "one machine", "machine by target", "rdp"}),
    ("target:=i-1", {"machines"}),
    ("-door:run-command person:jane status:granted i-8", {"access request"}),
    ("target:? door:run-command", {"tag"}),
    ("eventid:nothing*", set()),
    ("hour:10 day:fri account:1111* region:eu-* prod", {"ecs", "ecs dry run", "tag"}),
)


@pytest.mark.parametrize(("where", "found"), FILTERS, ids=lambda value: value if isinstance(value, str) else "")
def test_filters(all_shapes: Trail, where: str, found: set[str]) -> None:
    names = {record["eventID"]: name for name, record, *_ in SHAPES}
    rows = ask(all_shapes, "doors", where)
    assert {names[row["event_id"]] for row in rows} == found


def test_a_key_that_doors_do_not_have(tmp_path: Path) -> None:
    with pytest.raises(FilterError, match="kind: is known of sessions and calls only, not of doors"):
        told(tmp_path, "doors", send_key("10:00:00"), where="kind:shell")
    with pytest.raises(FilterError, match="door: is known of doors only, not of sessions"):
        told(tmp_path / "again", "sessions", send_key("10:00:00"), where="door:rdp")


def test_the_count_leaves_out_terms_that_only_sessions_have(tmp_path: Path) -> None:
    records = [send_key("10:00:00"), send_key("10:10:00", who=iam_user("max", key="AKIAMAX"))]
    assert visits(tmp_path, *records, where="person:max")[1] == {"instance-connect": 1}
    write_file(tmp_path / "two" / "one.json", records)
    with opened(tmp_path / "two", tmp_path / "store2") as trail:
        scope = Scope(Window(), Filter.parse("kind:shell person:max"))
        assert trail.other_doors(scope, threading.Event()) == (("instance-connect", 1),)


def test_typed_rows(tmp_path: Path) -> None:
    write_file(tmp_path / "trail" / "one.json", [send_key("10:00:00"), execute("09:00:00")])
    with opened(tmp_path / "trail", tmp_path / "store") as trail:
        assert [each.door for each in trail.doors()] == ["instance-connect", "ecs-exec"]
        assert [each.target for each in trail.doors("door:ecs-exec")] == ["ecs:prod_0123abcd"]
        assert [each.door for each in trail.doors(sort="at")] == ["ecs-exec", "instance-connect"]


@pytest.mark.skipif(not TRAILS.is_dir(), reason=f"no real records at {TRAILS}; SSMTRAIL_REAL_TRAILS names their folder")
def test_real_records(tmp_path: Path) -> None:
    with opened(TRAILS, tmp_path) as trail:
        rows = [row for row in ask(trail, "doors") if row["door"] != "control"]
        counted = dict(trail.other_doors(Scope(Window(), Filter()), threading.Event()))
    found = [(row["door"], row["status"]) for row in rows]
    assert found.count(("instance-connect", "granted")) == 3
    assert found.count(("serial-console", "granted")) == 3
    assert found.count(("run-command", "failed")) == 1
    assert counted["instance-connect"] == counted["serial-console"] == 3
    assert counted["run-command"] == found.count(("run-command", "granted"))
    assert all(PRINT in row["detail"] for row in rows if row["door"] in ("instance-connect", "serial-console"))
