"""Reads a folder into segments in one process, with extraction set 1 or 2: `FOLDER STORE SET`.

Prints the CPU seconds, calls, and bytes of the segments. Set 1 is what 0.1.0 fetched: session calls, the doors that it
knew, and `AssumeRole*` calls of people whose session name a program made up.
"""

from __future__ import annotations

import json
import re
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from ssmtrail.queries.engine import connect
from ssmtrail.queries.raw_calls import SESSION_CALLS
from ssmtrail.queries.sources.files import records, rows, worker
from ssmtrail.queries.store.segments import select_lines, write_segment

if TYPE_CHECKING:
    from collections.abc import Sequence

    from duckdb import DuckDBPyConnection

#: Files read before a segment is written.
_BATCH: Final = 100
_DOORS: Final = {
    "ssm.amazonaws.com": SESSION_CALLS | {"SendCommand", "StartAccessRequest", "GetAccessToken"},
    "ecs.amazonaws.com": {"ExecuteCommand"},
    "ec2-instance-connect.amazonaws.com": {"SendSSHPublicKey", "SendSerialConsoleSSHPublicKey", "OpenTunnel"},
    "ssm-guiconnect.amazonaws.com": {"StartConnection"},
}
_ASSUMED: Final = frozenset({"AssumeRole", "AssumeRoleWithSAML", "AssumeRoleWithWebIdentity"})
_MACHINE: Final = re.compile(r"botocore-session-|boto3-session|aws-(go-)?sdk-|m?i-[0-9a-f]{8,17}$|[0-9]+$")


class _Request(msgspec.Struct, gc=False):
    roleSessionName: str | None = None  # noqa: N815 - CloudTrail's name


_REQUEST: Final = msgspec.json.Decoder(_Request)


def main() -> None:
    folder, store = map(Path, sys.argv[1:3])
    if sys.argv[3] == "1":
        use_set_1()
    paths = [str(path.relative_to(folder)) for path in sorted(folder.rglob("*.json.gz"))]
    connection = connect(store)
    begun = time.process_time()
    batches = [paths[at : at + _BATCH] for at in range(0, len(paths), _BATCH)]
    calls = sum(_read(connection, folder, store, batch) for batch in batches)
    seconds = time.process_time() - begun
    size = sum(path.stat().st_size for path in store.rglob("*.parquet"))
    print(json.dumps({"seconds": seconds, "calls": calls, "bytes": size}))


def use_set_1() -> None:
    """Let the reader want what extraction set 1 wanted."""
    names = frozenset().union(_ASSUMED, *_DOORS.values())
    for name, value in (("NAMES", names), ("_may_be_wanted", _may_be_wanted), ("is_usual_wanted", _is_usual_wanted)):
        setattr(records, name, value)


def _may_be_wanted(head: records._Head) -> bool:
    if head.eventName not in _ASSUMED:
        return True
    name = _REQUEST.decode(head.requestParameters).roleSessionName
    return name is not None and _MACHINE.match(name) is not None and not rows.is_by_service(head.userIdentity)


def _is_usual_wanted(one: rows.Usual) -> bool:
    return one.eventName in _ASSUMED or one.eventName in _DOORS.get(one.eventSource or "", ())


def _read(connection: DuckDBPyConnection, folder: Path, store: Path, paths: Sequence[str]) -> int:
    lines = store / "rows.jsonl"
    with lines.open("wb", worker.ROWS_BUFFER) as out:
        _, tally = worker.read_batch(str(folder), paths, out, lambda *_: None)
    if tally.calls:
        write_segment(connection, store, select_lines([lines]))
    lines.unlink()
    return tally.calls


if __name__ == "__main__":
    main()
