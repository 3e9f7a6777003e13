"""Transcripts as they are met: made by `script`, replayed by old agents and PowerShell, streamed."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from pathlib import Path

SESSION: Final = "jane.doe-0a1b2c3d4e5f67890"
#: What a session prints: a prompt, a corrected command, colours.
PRINTED: Final = b"sh-5.2$ lss\x08\x1b[K /\r\n\x1b[34mbin\x1b[0m  etc\r\nsh-5.2$ exit\r\n"
PLAIN: Final = ["sh-5.2$ ls /", "bin  etc", "sh-5.2$ exit"]

#: The form of a real transcript of 2020; names are made up.
OLD_AGENT: Final = (
    b"Script started on Tue 24 Nov 2020 09:15:02 AM UTC\r\n"
    b"sh-4.2# /usr/bin/ssm-session-logger /var/lib/amazon/ssm/i-0ab1/session/s/ipcTempFile.log false\r\r\n"
    b"Initializing new seelog logger\r\r\nNew Seelog Logger Creation Complete\r\r\n"
    b"sh-4.2$ whoami\r\r\n\r\r\nssm-user\r\r\n\r\r\nsh-4.2$ exit\r\r\n\r\r\n"
    b"sh-4.2# exit\r\r\nexit\r\r\n\r\r\nScript done on Tue 24 Nov 2020 09:16:04 AM UTC\r\n"
)
POWERSHELL: Final = (
    "**********************\r\nWindows PowerShell transcript start\r\nStart time: 20261129184320\r\n"
    "Username: WORKGROUP\\SYSTEM\r\nMachine: EC2AMAZ-0AB1 (Microsoft Windows NT 10.0.20348.0)\r\n"
    "Host Application: powershell.exe\r\nProcess ID: 4711\r\nPSVersion: 5.1.20348.2031\r\n**********************\r\n"
    "PS C:\\Windows\\system32> whoami\r\nec2amaz-0ab1\\ssm-user\r\n"
    "**********************\r\nWindows PowerShell transcript end\r\nEnd time: 20261129184420\r\n"
    "**********************\r\n"
)


def by_script(folder: Path, printed: bytes = PRINTED) -> bytes:
    """What the agent makes of a session at its end: the output of `script`, whose command prints what was kept."""
    kept = folder / "ipcTempFile.log"
    kept.write_bytes(printed)
    made = folder / "made.log"
    subprocess.run(
        ("script", str(made), "-c", f"cat {kept}"), stdin=subprocess.DEVNULL, capture_output=True, check=True
    )  # fmt: skip
    return made.read_bytes()


def an_event(second: int, *lines: str, **more: Any) -> dict[str, Any]:
    """A message of a streamed transcript."""
    return {
        "eventVersion": "1.0", "eventTime": f"2026-11-29T10:00:{second:02}Z", "awsRegion": "eu-central-1",
        "target": {"id": "i-0ab1c2d3"}, "userIdentity": {"arn": "arn:aws:iam::111122223333:user/jane"},
        "runAsUser": "ssm-user", "sessionId": SESSION, "sessionData": list(lines),
    } | more  # fmt: skip


def streamed(*events: dict[str, Any]) -> bytes:
    """Messages, one a line."""
    return b"".join(json.dumps(each).encode() + b"\n" for each in events)
