"""What a manifest says of an answer: the tool, the question, the settings, what was read."""

from __future__ import annotations

import getpass
import hashlib
import os
import platform
from collections import Counter
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

COVERAGE_FIELDS: Final = ("day", "state", "files", "bytes", "unreadable", "extraction", "why")


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


def source_facts(trail: Trail) -> str:
    """The source without the path of a folder, which is no part of an answer."""
    source = trail.source_identity
    return "folder" if source.startswith("files:") else source


def made_facts(trail: Trail, now: datetime) -> dict[str, Any]:
    """Who made an answer, where, when, of which source: never part of a pack, so that its bytes stay the same."""
    kind, _, path = trail.source_identity.partition(":")
    is_folder = kind == "files" and trail.source_label != "demo"
    return {
        "made_at": utc_text(now),
        "made_by": getpass.getuser(),
        "host": platform.node(),
        "source": os.fsdecode(unquote_to_bytes(path)) if is_folder else trail.source_label,
        "queries": [run.id for run in trail.queries() if run.id],
    }


def coverage_rows(coverage: Coverage) -> Iterator[Row]:
    """The days of a window as `COVERAGE_FIELDS`."""
    for day in coverage.days:
        yield (
            day.day.isoformat(), day.state, day.files, day.bytes, day.unreadable, day.extraction, day.why or None
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
