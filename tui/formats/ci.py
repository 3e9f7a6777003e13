"""Checks in the forms that build servers show: JUnit XML, and SARIF 2.1.0 (OASIS)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final
from xml.sax.saxutils import escape, quoteattr

from ssmtrail.queries.policy.access import UNJUDGED, VIOLATIONS
from ssmtrail.queries.policy.places import line_of
from ssmtrail.tui.formats.text import plain_text
from ssmtrail.widgets.text import safe

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import BinaryIO

    from ssmtrail.queries.judging import Check
    from ssmtrail.queries.policy.access import Policy
    from ssmtrail.tui.formats.rows import Rows

_LEVELS: Final = {"violation": "error", "unjudged": "warning", "accepted": "note", "allowed-reported": "note"}
_SARIF: Final = "https://json.schemastore.org/sarif-2.1.0.json"


def write_junit(rows: Rows, found: Check, policy: Policy, out: BinaryIO) -> None:
    """A test case for each row and one for all that is allowed: a violation fails, what is not judged is skipped."""
    listed = [dict(_texts(row)) for row in _named(rows)]
    failures = sum(_is_failure(row) for row in listed)
    skipped = sum(row["policy"] == "unjudged" for row in listed)
    allowed = found.sessions.get("allowed", 0) + found.attempts.get("allowed", 0)
    out.write(
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<testsuite name="ssmtrail check" tests="{len(listed) + 1}" failures="{failures}" skipped="{skipped}"'
        f' errors="0">\n<properties><property name="policy" value="{policy.digest}"/></properties>\n'
        f'<testcase classname="allowed" name="{allowed} allowed"/>\n'.encode()
    )
    for row in listed:
        attributes = f"classname={quoteattr(row['rule'] or row['policy'])} name={quoteattr(_title(row))}"
        message = quoteattr(message_of(row))
        body = escape(" · ".join(f"{name} {value}" for name, value in row.items() if value))
        inner = ""
        if _is_failure(row):
            inner = f"<failure message={message} type={quoteattr(row['policy_why'])}>{body}</failure>"
        elif row["policy"] == "unjudged":
            inner = f"<skipped message={message}/>"
        else:
            inner = f"<system-out>{body}</system-out>"
        out.write(f"<testcase {attributes}>{inner}</testcase>\n".encode())
    out.write(b"</testsuite>\n")


def write_sarif(rows: Rows, found: Check, policy: Policy, out: BinaryIO) -> None:
    """A result for each row; its place is the rule in the policy, and the session as a logical place."""
    listed = [dict(_texts(row)) for row in _named(rows)]
    kinds = {_kind(row): message_of(row) for row in listed}
    file = policy.path.name if policy.path else "access.toml"
    lines = {rule.id: line_of(policy.content, "rule", number) or 1 for number, rule in enumerate(policy.rules)}
    run = {
        "tool": {
            "driver": {
                "name": "ssmtrail",
                "rules": [{"id": kind, "shortDescription": {"text": text}} for kind, text in sorted(kinds.items())],
            }
        },
        "properties": {
            "sessions": dict(found.sessions),
            "attempts": dict(found.attempts),
            "unused": list(found.unused),
        },
        "results": [_result(row, file, lines.get(row["rule"], 1)) for row in listed],
    }
    document = {"$schema": _SARIF, "version": "2.1.0", "runs": [run]}
    out.write(json.dumps(document, indent=1).encode() + b"\n")


def _result(row: Mapping[str, str], file: str, line: int) -> dict[str, object]:
    level = "note" if row["status"] == "denied" else _LEVELS[row["policy"]]
    found: dict[str, object] = {
        "ruleId": _kind(row),
        "level": level,
        "message": {"text": f"{_title(row)}: {message_of(row)}"},
        "locations": [
            {
                "physicalLocation": {"artifactLocation": {"uri": file}, "region": {"startLine": line}},
                "logicalLocations": [{"name": row["session_id"] or row["event_ids"], "kind": "session"}],
            }
        ],
        "partialFingerprints": {"session/v1": row["event_ids"].partition(" ")[0]},
        "properties": {name: value for name, value in row.items() if value},
    }
    if row["policy"] == "accepted":
        found["suppressions"] = [{"kind": "external", "status": "accepted"}]
    return found


def message_of(row: Mapping[str, str]) -> str:
    """Why a row is listed, in words."""
    why = row["policy_why"]
    words = VIOLATIONS.get(why) or UNJUDGED.get(why) or "allowed, and always reported"
    return words if row["policy"] != "accepted" else f"accepted, although {words}"


def _is_failure(row: Mapping[str, str]) -> bool:
    return row["policy"] == "violation" and row["status"] != "denied"


def _kind(row: Mapping[str, str]) -> str:
    return row["policy_why"] or row["policy"]


def _title(row: Mapping[str, str]) -> str:
    """`jane.doe, shell on i-0ab (prod), 2026-11-23T10:00:00Z`."""
    place = f"{row['kind']} on {row['target'] or 'unknown machine'}"
    environment = f" ({row['environment']})" if row["environment"] else ""
    refused = ", refused" if row["status"] == "denied" else ""
    return f"{row['person'] or 'unknown person'}, {place}{environment}, {row['at']}{refused}"


def _named(rows: Rows) -> Iterator[Iterator[tuple[str, object]]]:
    return (zip(rows.columns, row, strict=True) for row in rows)


def _texts(row: Iterator[tuple[str, object]]) -> Iterator[tuple[str, str]]:
    return ((name, safe(plain_text(value))) for name, value in row)  # type: ignore[arg-type]
