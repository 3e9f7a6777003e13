"""Verifies an evidence pack without the store, the source or a network."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from typing import TYPE_CHECKING, Any, Final

from ssmtrail.tui.evidence.archive import UNREADABLE, faults_of, file_sha256, opened_archive, read_member, sums_in
from ssmtrail.tui.evidence.pack import FORMAT, INDEX, MANIFEST, RECORDS
from ssmtrail.tui.evidence.transcripts import REFUSED, TRANSCRIPTS

if TYPE_CHECKING:
    import zipfile
    from collections.abc import Iterator
    from pathlib import Path

#: What reading the content of a changed pack may raise.
_FAULTS: Final[tuple[type[Exception], ...]] = (*UNREADABLE, TypeError, AttributeError, csv.Error)


def faults(path: Path, sha256: str | None = None) -> list[str]:
    """What is wrong with a pack, a sentence each; `sha256` is the hash that the whole file must have.

    Without one, the file beside the pack says it, if there is one. Raises SourceError where it is no zip file.
    """
    wrong = list(_whole_file_faults(path, sha256))
    with opened_archive(path) as archive:
        wrong += faults_of(archive, path.stat().st_size)
        if not wrong:
            try:
                wrong += _content_faults(archive)
            except _FAULTS as error:
                wrong.append(f"its content is not that of a pack: {error}")
    return wrong


def made_beside(path: Path) -> Path:
    """The file beside a pack that says who made it, where and when."""
    return path.with_name(f"{path.name}.made.json")


def _whole_file_faults(path: Path, sha256: str | None) -> Iterator[str]:
    if not path.is_file():
        return
    wanted, by = sha256, "the one that was given"
    beside = made_beside(path)
    if wanted is None and beside.is_file():
        by = f"that of {beside.name}"
        try:
            wanted = str(json.loads(beside.read_bytes())["sha256"])
        except (ValueError, KeyError, TypeError, OSError):
            yield f"{beside.name} cannot be read"
            return
    if wanted is not None and file_sha256(path) != wanted.lower():
        yield f"its SHA-256 is not {by}"


def _content_faults(archive: zipfile.ZipFile) -> Iterator[str]:
    """What does not fit together in a pack whose hashes are right."""
    manifest = json.loads(read_member(archive, MANIFEST))
    if manifest["format"] != FORMAT:
        yield f"its format is {manifest['format']}, which this version cannot verify"
        return
    members = {name: sha256 for name, sha256 in sums_in(archive).items() if name != MANIFEST}
    if members != {name: each["sha256"] for name, each in manifest["members"].items()}:
        yield "MANIFEST.json and SHA256SUMS do not have the same hashes"
    named: set[str] = set()
    for each in manifest["answers"]:
        yield from _answer_faults(archive, each, named)
    yield from _record_faults(archive, manifest["records"], named)
    yield from _transcript_faults(archive, manifest)


def _lines(archive: zipfile.ZipFile, name: str) -> Iterator[str]:
    with archive.open(name) as member:
        for line in member:
            yield line.decode("utf-8")


def _rows(archive: zipfile.ZipFile, name: str) -> Iterator[dict[str, str]]:
    with archive.open(name) as member:
        yield from csv.DictReader(io.TextIOWrapper(member, "utf-8", newline=""))


def _answer_faults(archive: zipfile.ZipFile, answer: dict[str, Any], named: set[str]) -> Iterator[str]:
    """Whether an answer has as many rows as the manifest says; adds the event ids that it names."""
    question, rows = answer["question"], 0
    for line in _lines(archive, f"answers/{question}.jsonl"):
        row = json.loads(line)
        rows += 1
        ids = row["event_ids"] if question in {"sessions", "findings"} else [row["event_id"]]
        named.update(each for each in ids or () if each is not None)
    in_csv = sum(1 for _ in _rows(archive, f"answers/{question}.csv"))
    if rows != answer["rows"] or in_csv != answer["rows"]:
        yield f"answers/{question} has not the {answer['rows']:,} rows that MANIFEST.json says"


def _record_faults(archive: zipfile.ZipFile, said: dict[str, Any], named: set[str]) -> Iterator[str]:
    """Whether each event that the answers name has its record, and each record its line in the index."""
    found: set[str] = set()
    rows = 0
    index = _lines(archive, INDEX)
    for line in _lines(archive, RECORDS):
        rows += 1
        place = json.loads(next(index, "{}"))
        event_id = place.get("event_id")
        if place.get("line") != rows or _event_id(line, event_id) != event_id:
            yield f"{INDEX} does not name line {rows:,} of {RECORDS}"
            return
        if event_id is not None:
            found.add(event_id)
    if rows != said["rows"] or next(index, None) is not None:
        yield f"{RECORDS} has not the {said['rows']:,} records that MANIFEST.json says"
    if len(named - found) != said["without_record"]:
        yield f"{len(named - found):,} events have no record, not {said['without_record']:,} as MANIFEST.json says"
    if extra := found - named:
        yield f"{len(extra):,} records belong to no answer"


def _transcript_faults(archive: zipfile.ZipFile, manifest: dict[str, Any]) -> Iterator[str]:
    """Whether each transcript is that of a line of the index, and each session of the answers has a line."""
    there = {name for name in archive.namelist() if name.startswith("transcripts/")} - {TRANSCRIPTS}
    said = manifest.get("transcripts")
    if said is None:
        if there:
            yield f"there are files of transcripts ({len(there):,}), and {MANIFEST} says that there are none"
        return
    sums, indexed, states = sums_in(archive), set(), Counter[str]()
    for line in _lines(archive, TRANSCRIPTS):
        found = json.loads(line)
        indexed.add((found["account"], found["region"], found["session_id"]))
        states[found["state"]] += 1
        for file in found["files"]:
            name = file["member"]
            if name not in there or sums[name] != file["sha256"] or archive.getinfo(name).file_size != file["bytes"]:
                yield f"{TRANSCRIPTS} does not name {name} as it is"
            there.discard(name)
    if there:
        yield f"{', '.join(sorted(there)[:3])} ({len(there):,} in all) are in no line of {TRANSCRIPTS}"
    sessions = {
        (row["account"], row["region"], row["session_id"])
        for row in map(json.loads, _lines(archive, "answers/sessions.jsonl"))
        if row["session_id"] is not None and row["status"] not in REFUSED
    }
    if indexed != sessions or dict(states) != said["states"]:
        yield f"{TRANSCRIPTS} does not have the sessions of the answers, or the states that {MANIFEST} says"


def _event_id(record: str, otherwise: str | None) -> str | None:
    """The event id in a record; `otherwise` where the source held it as no good JSON."""
    try:
        members = json.loads(record)
    except (ValueError, RecursionError):
        return otherwise
    found = members.get("eventID", members.get("eventid"))
    # As the store keeps it: without halves of surrogate pairs.
    return found.encode("utf-16", "surrogatepass").decode("utf-16", "replace") if isinstance(found, str) else otherwise
