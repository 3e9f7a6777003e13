"""What a manifest says of an answer: the tool, the question, the settings, what was read."""

from __future__ import annotations

import getpass
import hashlib
import os
import platform
from collections import Counter
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote_to_bytes

from ssmtrail.queries.raw_calls import EXTRACTION_SET, SCHEMA_VERSION
from ssmtrail.queries.times import utc_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from ssmtrail.queries.config import Settings
    from ssmtrail.queries.model import Coverage, Row, Scope
    from ssmtrail.queries.trail import Trail

COVERAGE_FIELDS: Final = ("day", "state", "files", "bytes", "unreadable", "extraction", "why", "integrity")


def version_of(package: str) -> str:
    """The version of an installed package; `unknown` where it is not installed."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(package)
    except PackageNotFoundError:
        return "unknown"


def question_facts(scope: Scope, settings: Settings, coverage: Coverage) -> dict[str, Any]:
    """The tool, the question, and the settings that change its answer."""
    window = scope.window
    return {
        "tool": {
            "name": "ssmtrail",
            "version": version_of("ssmtrail"),
            "schema": SCHEMA_VERSION,
            "extraction": EXTRACTION_SET,
        },
        "question": {
            "from": utc_text(window.start) if window.start else None,
            "to": utc_text(window.end) if window.end else None,
            "where": scope.filter.text,
            "zone": scope.zone,
        },
        "settings": {
            "look_around_days": settings.look_around_days,
            "possible_hours": settings.possible_hours,
            "beside_the_records": list(coverage.settings),
        },
    }


def asked_rows(manifest: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The question of a manifest in words."""
    question, tool = manifest["question"], manifest["tool"]
    return [
        ("From", question["from"] or "the first record"),
        ("To", question["to"] or "the last record"),
        ("Only", question["where"] or "all"),
        ("Time zone", question["zone"]),
        ("Source", manifest["source"]),
        ("Made with", f"{tool['name']} {tool['version']}"),
    ]


def _names(trail: Trail) -> dict[str, str]:
    """What each source is called in an answer, by its label: the path of a folder is no part of one."""
    places = list(zip(trail.source_labels, trail.source_identities, strict=True))
    folders = [label for label, identity in places if identity.startswith("files:")]
    numbered = {label: f"folder {number}" for number, label in enumerate(folders, 1)}
    return {label: numbered.get(label, identity) for label, identity in places}


def source_facts(trail: Trail) -> str:
    """The sources without the paths of folders: `folder`, `folder 1 + athena:...`."""
    found = " + ".join(_names(trail).values())
    return "folder" if found == "folder 1" else found


def _pathless(names: Mapping[str, str], text: str) -> str:
    """A text that begins with the label of one of several sources, with its name in an answer."""
    for label, name in names.items():
        if text == label or text.startswith(f"{label}: "):
            return f"{name}{text[len(label) :]}"
    return text


def pathless_coverage(trail: Trail, coverage: Coverage) -> Coverage:
    """What was read, as an answer says it."""
    if not coverage.parts:
        return coverage
    names = _names(trail)
    without = partial(_pathless, names)
    return replace(
        coverage,
        days=tuple(replace(day, why=without(day.why)) for day in coverage.days),
        unreadable=tuple(replace(each, file=without(each.file), why=without(each.why)) for each in coverage.unreadable),
        notes=tuple(replace(note, file=without(note.file)) for note in coverage.notes),
        words="; ".join(f"{names[label]}: {each.words}" for label, each in coverage.parts if each.words),
        parts=(),
    )


def inputs_of(trail: Trail) -> Sequence[tuple[str, int, str]]:
    """The files that were read, as an answer names them."""
    found = trail.inputs()
    if len(trail.source_labels) == 1:
        return found
    names = _names(trail)
    return [(_pathless(names, path), size, sha256) for path, size, sha256 in found]


def made_facts(trail: Trail, now: datetime) -> dict[str, Any]:
    """Who made an answer, where, when, of which source: never part of a pack, so that its bytes stay the same."""
    places = zip(trail.source_labels, trail.source_identities, strict=True)
    return {
        "made_at": utc_text(now),
        "made_by": getpass.getuser(),
        "host": platform.node(),
        "source": " + ".join(_place(label, identity) for label, identity in places),
        "queries": [run.id for run in trail.queries() if run.id],
    }


def _place(label: str, identity: str) -> str:
    kind, _, path = identity.partition(":")
    is_folder = kind == "files" and label != "demo"
    return os.fsdecode(unquote_to_bytes(path)) if is_folder else label


def coverage_rows(coverage: Coverage) -> Iterator[Row]:
    """The days of a window as `COVERAGE_FIELDS`."""
    for day in coverage.days:
        yield (
            day.day.isoformat(), day.state, day.files, day.bytes, day.unreadable, day.extraction, day.why or None,
            day.integrity,
        )  # fmt: skip


def reading_facts(coverage: Coverage, inputs: Sequence[tuple[str, int, str]]) -> dict[str, Any]:
    """Which days were read, of which files; `inputs` are path, bytes and SHA-256 of each."""
    lines = "".join(f"{path}\t{size}\t{sha256}\n" for path, size, sha256 in inputs)
    states = Counter(day.state for day in coverage.days)
    return {
        "inputs": {
            "files": coverage.files, "bytes": coverage.bytes, "unit": coverage.unit or "file",
            "sha256_of_list": hashlib.sha256(lines.encode("utf-8", "surrogateescape")).hexdigest() if inputs else None,
        },
        "coverage": {
            "days": dict(sorted(states.items())), "unreadable": len(coverage.unreadable),
            "first_day": coverage.first_day.isoformat() if coverage.first_day else None,
            "last_day": coverage.last_day.isoformat() if coverage.last_day else None,
        },
    }  # fmt: skip
