"""Texts that people under audit could put into a log, with a trail that has them everywhere."""

from __future__ import annotations

import gzip
import json
import os
from pathlib import Path
from typing import Final

from tests.records import Record, assumed_role, call, iam_user, resume, start, terminate

#: What the markup of a link would leave on the screen; where it is seen, somebody may click.
CLICK_ME: Final = "CLICKME"

HOSTILE: Final[dict[str, str]] = {
    "colour": "\x1b[31mred\x1b[0m",
    "clear screen": "\x1b[2J\x1b[H",
    "title": "\x1b]0;owned\x07",
    "clipboard": "\x1b]52;c;b3duZWQ=\x07",
    "clipboard, ST": "\x1b]52;c;b3duZWQ=\x1b\\",
    "link": "\x1b]8;;http://evil.example\x1b\\here\x1b]8;;\x1b\\",
    "DCS": "\x1bP+q544e\x1b\\",
    "report": "\x1b[21t\x1b[6n\x1b[c\x05",
    "keyboard": "\x1b[>1u\x1b[?1049l\x1bc",
    "APC, PM, SOS": "\x1b_x\x1b\\\x1b^x\x1b\\\x1bXx\x1b\\",
    "character set": "\x1b(0lqk\x0e\x0f",
    "C1": "\x9b31m\x9d52;c;b3duZWQ=\x9c\x90x\x9c\x85\x84",
    "C0": "\x00\x01\x07\x08\x08\x08\x0b\x0c\x7f\x1a",
    "lines": "one\r\ntwo\nthree\rfour\ttab\u2028five\u2029six",
    "bidi": "invoice\u202efdp.exe\u202c\u2066x\u2069\u200f\u061c",
    "invisible": "ad\u200bmin\u200c\u200d\u2060\ufeff\u00ad\u034f\u180e",
    "tags": "x\U000e0041\U000e007f",
    "fillers": "\u3164\u115f\u1160\uffa0\u2800\u00a0\u3000",
    "lone surrogate": "\ud800half\udfff",
    "private": "\ue000\U000f0000\uffff\ufdd0",
    "closing markup": "[/x][/][/bold]",
    "action markup": f"[@click=app.quit]{CLICK_ME}[/]",
    "action markup, quoted": f'[@click="app.quit"]{CLICK_ME}[/@click]',
    "link markup": f"[link=http://evil.example]{CLICK_ME}[/link]",
    "style markup": "[bold red]loud[/bold red][on white]",
    "open markup": "[",
    "markup that is none": "[=][$text]\\[x]\\",
    "format": "{} {0} {0.__class__} %s %n %(x)s ${x} $x",
    "formula": "=cmd|' /C calc'!A1",
    "formula, plus": "+1+1",
    "formula, minus": "-2+3",
    "formula, at": "@SUM(A1)",
    "formula, full width": "\uff1d1+1",
    "formula behind a tab": "\t=1+1",
    "formula behind a quote": '"=1+1',
    "piled marks": "Z" + "\u0301\u0337\u0489" * 12,
    "mark first": "\u0301x",
    "emoji": "\U0001f468\u200d\U0001f469\u200d\U0001f467 \U0001f1e9\U0001f1ea \U0001f44d\U0001f3fd \u2764\ufe0f \u263a",
    "wide": "\u6f22\u5b57\uff21\uac00\u1100\u1161 \u268a \u2e3b \ufdfd",
    "right to left": "\u05d9\u05d5\u05e1\u05e3 \u0645\u062d\u0645\u062f",
    "filter": 'x" -person:* , (key:?) \\',
    "shell": "$(id) `id` ; rm -rf ~ #",
    "path": "../../etc/passwd",
}
#: A hundred kilobytes as JSON spells it.
LONG: Final = "\x1b[31m\u202elong " * 5_000
#: The texts in a few heaps, so that a few rows hold them all.
HEAPS: Final = tuple(" ".join(tuple(HOSTILE.values())[first::3]) for first in range(3))
#: Stands in most fields of the row whose longest ones are long.
_BEGINNING: Final = LONG[:20]
ALL: Final = (*HOSTILE.values(), _BEGINNING, *HEAPS)

#: Folders and files have no slash and no NUL; what follows has both kinds of bytes that are no UTF-8.
FOLDER: Final = b"\x1b]0;owned\x07 [@click=app.quit]CLICKME[ \xe2\x80\xae\xc2\x9b31m \xff\n{} %s"
BROKEN: Final = b"=1\x1b[2J \x1b]52;c;b3duZWQ=\x07 [bold red]CLICKME[ \xe2\x80\xae\xff\r\n.json.gz"
#: The file that can be read.
READABLE: Final = "\x1b]0;owned\x07\u202e\u200b\x9b31m [@click=app.quit]CLICKME[ .json.gz"


def person(number: int, text: str) -> str:
    """Who started that session; no slash, which an ARN would be cut at."""
    return f"{text.replace('/', '|')}{number:02}"


def hostile_records() -> list[Record]:
    """A start, a resume, an end and a refusal for each text, the text in whatever a person chooses."""
    return [record for number, text in enumerate(ALL) for record in _records(number, text)]


def _records(number: int, text: str) -> list[Record]:
    name = person(number, text)
    who = iam_user(name, key=f"KEY{number}") if number % 2 else assumed_role(f"{text}role", name, key=f"KEY{number}")
    session = f"{text}-{number:02}"
    parameters = {
        "host": [text],
        "portNumber": [text],
        "localPortNumber": [text],
        "command": [_long(text)],
        text: [text],
    }
    begin = start(
        f"10:{number:02}:00", session, f"{text}-t{number}", who, document=_DOCUMENTS[number % 4] or text,
        parameters=parameters, reason=_long(text) + " because", **_chosen("s", number, text),
    )  # fmt: skip
    refusal = (
        f"User: {text} is not authorized to perform: ssm:StartSession on resource: {text} because no policy allows"
    )
    return [
        begin,
        resume(f"10:{number:02}:10", session, who, **_chosen("r", number, text)),
        terminate(f"10:{number:02}:40", session, who, **_chosen("e", number, text)),
        call("StartSession", f"09:{number:02}:00", who, errorCode="AccessDeniedException", errorMessage=refusal,
             **_chosen("d", number, text)),
        call("StartSession", f"08:{number:02}:00", who, errorCode=text, errorMessage=text,
             **_chosen("f", number, text)),
        call("SendCommand", f"07:{number:02}:00", who, requestParameters={
                "documentName": text, "comment": _long(text), "instanceIds": [text, f"{text}-t{number}"],
                "targets": [{"key": text, "values": [text, text]}]}, **_chosen("c", number, text)),
        call("ExecuteCommand", f"06:{number:02}:00", who, eventSource="ecs.amazonaws.com", errorCode=text,
             requestParameters={"cluster": text, "task": text, "container": text, "command": _long(text)},
             **_chosen("x", number, text)),
    ]  # fmt: skip


def _long(text: str) -> str:
    return LONG if text == _BEGINNING else text


#: A custom document where there is none here.
_DOCUMENTS: Final = (
    "AWS-StartInteractiveCommand", "AWS-StartPortForwardingSessionToRemoteHost", "", "AWS-StartSSHSession",
)  # fmt: skip


def _chosen(letter: str, number: int, text: str) -> Record:
    """The fields of every record that take any text."""
    return {
        "eventID": f"{text}-{number:02}{letter}",
        "userAgent": _long(text) + " agent",
        "sourceIPAddress": f"{text}.ip",
        "awsRegion": f"{text}1",
        "recipientAccountId": f"{text}2",
    }


def _corrupt_records() -> bytes:
    """Compressed records whose second half is damaged: what looks like records and cannot be read."""
    records = ",".join(f'{{"eventVersion":"1.08","eventID":"{number * 7919:x}"}}' for number in range(500))
    data = gzip.compress(f'{{"Records": [{records}]}}'.encode(), 1, mtime=0)
    return data[: len(data) // 2] + bytes(byte ^ 0x55 for byte in data[len(data) // 2 :])


def hostile_folder(parent: Path) -> Path:
    """A trail in a folder with a hostile name, with a file that cannot be read, whose name is hostile too."""
    folder = Path(os.fsdecode(os.fsencode(parent) + b"/" + FOLDER)) / "]"
    # As bytes wherever JSON lets them be: in escapes nothing would be hostile yet. A lone surrogate has to be one.
    text = json.dumps({"Records": hostile_records()}, ensure_ascii=False)
    folder.mkdir(parents=True)
    (folder / READABLE).write_bytes(gzip.compress(text.encode("utf-8", "backslashreplace"), 1))
    Path(os.fsdecode(os.fsencode(folder) + b"/" + BROKEN)).write_bytes(_corrupt_records())
    lone = call("TerminateSession", "07:00:00", errorCode="AccessDenied", errorMessage=HEAPS[0], userAgent="RAW")
    raw = json.dumps({"Records": [lone]}).encode()
    (folder / "raw.json").write_bytes(raw.replace(b"RAW", b"\x9b31m\xff\xc0\x80\xed\xa0\x80 invalid"))
    return folder


def hostile_inventory(path: Path) -> Path:
    """Names and environments for the machines of the trail, as `describe-instances` gives them."""
    instances = [
        {
            "InstanceId": f"{text}-t{number}",
            "Tags": [{"Key": "Name", "Value": f"{text}box"}, {"Key": "Environment", "Value": f"{text}env"}],
        }
        for number, text in enumerate(ALL)
        if number % 3
    ]
    path.write_text(json.dumps({"Reservations": [{"Instances": instances}]}), encoding="utf-8")
    return path
