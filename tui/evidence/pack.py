"""Writes the members of an evidence pack into a folder."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

from ssmtrail.queries.errors import Cancelled, FilterError, UsageError
from ssmtrail.queries.filters import compile_filter
from ssmtrail.queries.model import RECORDED, Question, Scope
from ssmtrail.queries.relations import FIELDS
from ssmtrail.queries.times import Window
from ssmtrail.tui.evidence.archive import SUMS, file_sha256, sums_of
from ssmtrail.tui.evidence.facts import (
    COVERAGE_FIELDS,
    coverage_rows,
    inputs_of,
    pathless_coverage,
    question_facts,
    reading_facts,
    source_facts,
)
from ssmtrail.tui.evidence.limits import pack_limits
from ssmtrail.tui.evidence.overview import Overview
from ssmtrail.tui.evidence.report import ReportFacts, report_html
from ssmtrail.tui.evidence.transcripts import put_transcripts
from ssmtrail.tui.formats import write_rows
from ssmtrail.tui.formats.rows import Rows
from ssmtrail.tui.formats.text import csv_field, csv_lines

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from threading import Event

    from ssmtrail.queries.config import Settings
    from ssmtrail.queries.integrity.verify import Report
    from ssmtrail.queries.model import Answer, Coverage, Recorded, Row, Value
    from ssmtrail.queries.records import RawRecord
    from ssmtrail.queries.store.checked_files import Standings
    from ssmtrail.queries.trail import Trail

#: The version of the pack's layout.
FORMAT: Final = 1
MANIFEST: Final = "MANIFEST.json"
RECORDS: Final = "records/records.jsonl"
#: Where each record was found, a line a record.
INDEX: Final = "records/index.jsonl"
RECORD_FIELDS: Final = (
    "line", "event_id", "event_time", "record_source", "file", "position", "redacted", "integrity"
)  # fmt: skip
#: Records of a window may be delivered so much later.
DELIVERY: Final = timedelta(days=1)
_IDS: Final[dict[Recorded, str]] = {
    "sessions": "event_ids",
    "calls": "event_id",
    "doors": "event_id",
    "findings": "event_ids",
}
_PAGE: Final = 2_000
#: Records between two words about them.
_REPORTED: Final = 500


def _one(page: tuple[Row, ...]) -> Iterator[tuple[Row, ...]]:
    yield page


@dataclass(slots=True)
class Pack:
    """The members of a pack, by name, in a folder; and what its manifest says."""

    folder: Path
    members: dict[str, Path] = field(default_factory=dict)
    manifest: dict[str, Any] = field(default_factory=dict)
    beside: dict[str, Any] = field(default_factory=dict)
    """What varies: it stands in the file beside the pack."""

    def write(self, name: str, content: bytes) -> None:
        """Write a member. Raises OSError."""
        self.place(name).write_bytes(content)

    def write_table(self, name: str, columns: Sequence[str], rows: Iterable[Sequence[Value]]) -> None:
        """Write a member as CSV that spreadsheets may open."""
        with self.place(name).open("wb") as out:
            out.write(csv_lines([columns]))
            out.writelines(csv_lines([[csv_field(value) for value in row]]) for row in rows)

    def write_manifest(self) -> None:
        """Write the manifest with the size and hash of every member so far. Raises OSError."""
        self.manifest["members"] = {
            name: {"bytes": path.stat().st_size, "sha256": file_sha256(path)}
            for name, path in sorted(self.members.items())
        }
        text = json.dumps(self.manifest, indent=1, ensure_ascii=False)
        self.write(MANIFEST, text.encode("utf-8", "replace") + b"\n")

    def place(self, name: str) -> Path:
        """Where a member is to be written."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        self.members[name] = path
        return path


@dataclass(frozen=True, slots=True)
class PackQuestion:
    """What is to be packed."""

    scope: Scope
    settings: Settings
    coverage: Coverage
    proof: Report | None = None
    """What digests prove of the files, where that was asked for."""
    keys: Path | None = None
    """The keys that it was proved with."""
    transcripts: bool = False
    """Whether it gets the transcripts of its sessions."""


@dataclass(slots=True)
class _Packing:
    """One pack in the making."""

    trail: Trail
    scope: Scope
    settings: Settings
    coverage: Coverage
    proof: Report | None
    cancelled: Event
    pack: Pack
    report: Callable[[str], object]
    """Gets a word about what is done."""
    named: set[str] = field(default_factory=set)
    """Event ids that the answers name."""
    found: set[str] = field(default_factory=set)
    """Those whose records are in the pack."""

    def answers(self) -> tuple[list[Recorded], dict[str, str]]:
        """Write the answers; gives the questions answered, and why others were not."""
        answered: list[Recorded] = []
        left: dict[str, str] = {}
        listed = []
        for name in RECORDED:
            try:
                compile_filter(self.scope.filter, name, self.scope.zone)
                answer = self.trail.ask(Question(name, self.scope), self.cancelled)
            except (FilterError, UsageError) as error:
                left[name] = str(error)
                continue
            answered.append(name)
            self.report(f"writing {answer.totals.rows:,} rows of {name}")
            listed.append(self._answer(name, answer))
        if not answered:
            raise UsageError(f"No answer can be narrowed so: {next(iter(left.values()))}")
        self.pack.manifest["answers"] = listed
        self.pack.manifest["answers_left_out"] = left
        return answered, left

    def _answer(self, name: Recorded, answer: Answer) -> dict[str, Any]:
        columns = FIELDS[name]
        place = columns.index(_IDS[name])
        with (
            self.pack.place(f"answers/{name}.csv").open("wb") as table,
            self.pack.place(f"answers/{name}.jsonl").open("wb") as lines,
        ):
            table.write(csv_lines([columns]))
            # Values, not lines that the engine spells, which hold 400 MB for 10,000 sessions.
            for offset in range(0, answer.totals.rows, _PAGE):
                page = answer.page(offset, _PAGE, columns)
                if self.cancelled.is_set():
                    raise Cancelled
                table.write(csv_lines([csv_field(value) for value in row] for row in page))
                write_rows("jsonl", Rows(columns, partial(_one, page)), lines)
                for row in page:
                    ids = cast("str | tuple[str, ...] | None", row[place])
                    self.named.update((ids,) if isinstance(ids, str) else ids or ())
        totals = answer.totals
        return {
            "question": name, "rows": totals.rows, "rows_without_filter": totals.rows_unfiltered,
            "fields": list(columns),
        }  # fmt: skip

    def records(self, questions: Sequence[Recorded]) -> None:
        """Write the records behind the answers, each once, and where each was found."""
        verdicts = self._verdicts()
        sources: Counter[str] = Counter()
        redacted: Counter[str] = Counter()
        seen: set[bytes] = set()
        with self.pack.place(RECORDS).open("wb") as out, self.pack.place(INDEX).open("wb") as index:

            def take(record: RawRecord) -> None:
                data = record.text.encode("utf-8", "replace")
                key = hashlib.blake2b(data, digest_size=16).digest()
                if key in seen:
                    return
                seen.add(key)
                if len(seen) % _REPORTED == 1:
                    self.report(f"writing records: {len(seen):,}")
                out.write(data + b"\n")
                sources[record.source] += 1
                redacted.update(record.redacted)
                if record.event_id is not None:
                    self.found.add(record.event_id)
                place = (
                    len(seen), record.event_id, record.event_time, record.source, record.file, record.position,
                    record.redacted, verdicts.get(record.file or ""),
                )  # fmt: skip
                index.write(json.dumps(dict(zip(RECORD_FIELDS, place, strict=True))).encode() + b"\n")

            for name in questions:
                self.trail.each_record(name, self.scope, self.cancelled, take)
        self.pack.manifest["records"] = {
            "rows": len(seen), "record_source": dict(sorted(sources.items())),
            "redacted": dict(sorted(redacted.items())), "without_record": len(self.named - self.found),
        }  # fmt: skip

    def state_of_reading(self) -> None:
        """Write what was read of each day, what was skipped, and which files there were."""
        self.pack.write_table("coverage.csv", COVERAGE_FIELDS, coverage_rows(self.coverage))
        self.pack.write_table("skipped.csv", ("what", "kind", "number", "why"), self._skipped())
        inputs = inputs_of(self.trail)
        if inputs:
            self.pack.write_table("inputs.csv", ("path", "bytes", "sha256"), inputs)
        self.pack.manifest |= reading_facts(self.coverage, inputs)

    def _skipped(self) -> Iterator[Row]:
        for each in self.coverage.unreadable:
            yield each.file, "unreadable", each.records_kept, each.why
        for note in self.coverage.notes:
            yield note.file, "odd", None, note.text
        for kind, number in self.coverage.others:
            yield kind, "no CloudTrail records", number, None
        for event_id in sorted(self.named - self.found):
            yield event_id, "event without record", None, "the source does not have it"

    def integrity(self, keys: Path | None) -> Sequence[Sequence[object]]:
        """Write what digests prove of the files, checked now or before; gives the rows of days."""
        from ssmtrail.queries.integrity.rows import DAY_FIELDS, FILE_FIELDS, day_row, file_row

        proof = self.proof
        self.pack.manifest["integrity"] = None
        if proof is not None:
            found = [day_row(row) for row in proof.days]
            bad = [file_row(item) for item in proof.items if item.integrity != "proved"]
            words = Counter[str](item.integrity for item in proof.items if item.kind == "log")
        else:
            kept = self._kept()
            at = FILE_FIELDS.index("at")
            found = list(kept.day_rows)
            bad = [row for row in kept.bad_rows if row[at] is None or self._is_asked(str(row[at])[:10])]
            words = Counter(str(kept.word(path)) for path, file in kept.files.items() if self._is_asked(file.day))
        days = [row for row in found if row[0] is None or self._is_asked(str(row[0]))]
        if proof is None and not days:
            return ()
        self.pack.write_table("integrity.csv", DAY_FIELDS, days)
        self.pack.write_table("integrity-files.csv", FILE_FIELDS, bad)
        if keys is not None:
            self.pack.write("keys.json", keys.read_bytes())
        self.pack.manifest["integrity"] = {
            "days": dict(sorted(Counter(str(row[DAY_FIELDS.index("integrity")]) for row in days).items())),
            "files": dict(sorted(words.items())),
        }
        return days

    def _verdicts(self) -> Mapping[str, str]:
        """The word of each file by its path."""
        if self.proof is not None:
            return {item.file: item.integrity for item in self.proof.items}
        kept = self._kept()
        return {path: word for path in kept.files if (word := kept.word(path))}

    def _kept(self) -> Standings:
        """What is kept of checks of the folder; nothing of several, whose files may have the same paths."""
        from ssmtrail.queries.store.checked_files import Standings

        kept = self.trail.standings()
        return kept[0] if len(kept) == len(self.trail.source_labels) == 1 else Standings()

    def _is_asked(self, day: str) -> bool:
        start, end = self.scope.window.start, self.scope.window.end
        after = start is None or day >= start.date().isoformat()
        return after and (end is None or day <= (end - timedelta(microseconds=1)).date().isoformat())

    def transcripts(self, questions: Sequence[Recorded], *, wanted: bool) -> None:
        """Write the transcripts of the sessions, where they are wanted."""
        if wanted and "sessions" not in questions:
            raise UsageError("Transcripts are of sessions, and sessions cannot be narrowed so.")
        self.pack.manifest["transcripts"] = None
        if wanted:
            found = put_transcripts(self.trail, self.scope, self.pack.place, self.cancelled, self.report)
            self.pack.manifest["transcripts"] = found.manifest
            self.pack.beside["transcripts"] = {
                "folder": str(self.trail.transcripts.folder or "") or None, "read": found.read,
                "opening_not_noted": found.not_noted or None,
            }  # fmt: skip

    def describe(self) -> None:
        """Say in the manifest what was asked, with which settings, of what."""
        settings = self.settings
        self.pack.manifest |= {
            "format": FORMAT,
            **question_facts(self.scope, settings, self.coverage),
            "source": source_facts(self.trail),  # the file beside the pack has the path of a folder
            "personal_data": True,
        }
        if settings.policy is not None:
            self.pack.write("policy.toml", settings.policy.read_bytes())
            if settings.approvals is not None:
                self.pack.write(f"approvals{settings.approvals.suffix}", settings.approvals.read_bytes())
        if self.trail.source_identity.startswith("athena:"):
            sql = self.trail.console_sql("calls", self.scope, self.cancelled)
            self.pack.write("question.sql", sql.sql.encode())


def packed(
    folder: Path, trail: Trail, question: PackQuestion, cancelled: Event,
    report: Callable[[str], object] = lambda _: None,
) -> Pack:  # fmt: skip
    """Write all members of a pack below an empty folder.

    Raises Cancelled, UsageError, StoreError, SourceError, OSError.
    """
    scope, proof = question.scope, question.proof
    coverage = pathless_coverage(trail, question.coverage)
    work = _Packing(trail, scope, question.settings, coverage, proof, cancelled, Pack(folder), report)
    work.describe()
    questions, _ = work.answers()
    work.records(questions)
    work.transcripts(questions, wanted=question.transcripts)
    work.state_of_reading()
    days = work.integrity(question.keys)
    pack = work.pack
    report("writing the report")
    limits = pack_limits(transcripts=pack.manifest["transcripts"] is not None)
    pack.manifest["limits"] = list(limits)
    pack.write("limits.txt", ("\n".join(f"* {line}" for line in limits) + "\n").encode())
    facts = ReportFacts(pack.manifest, coverage, days, Overview.of(trail, scope, coverage, cancelled))
    pack.write("report.html", report_html(facts).encode("utf-8", "replace"))
    pack.write_manifest()
    pack.write(SUMS, sums_of({name: path for name, path in pack.members.items() if name != SUMS}))
    return pack


def delivered(window: Window) -> Window:
    """When records of a window may be delivered."""
    return Window(window.start, window.end + DELIVERY if window.end else None)
