"""What an evidence pack and a review do not prove, in words."""

from __future__ import annotations

from typing import Final

LIMITS: Final = (
    "It has what CloudTrail recorded and this program read. A call that no trail recorded is not in it.",
    "Logging may have been off, event selectors may leave events out, another region may have no trail.",
    "A day is whole and unchanged since delivery only where integrity.csv says proved.",
    "Rows of a table (record_source columns) are no files and cannot be proved.",
    "CloudTrail does not record what was typed in a session, nor who sat at the keyboard.",
    "person_evidence says how a person is known. A session-name was chosen by the caller.",
    "An end is an upper bound unless end_evidence is reported: a session may have ended before.",
    "name_source says how a machine's name is known: later and today are names of another time than the session's.",
    "Secrets in records are replaced by their length; records/index.jsonl names the keys.",
    "SHA256SUMS shows that the members fit together, not who made them.",
    "Only the hash of the whole file shows that a pack is the one that was handed over: keep it apart, or sign it.",
    "The pack contains personal data: names, addresses, times.",
)

REVIEW_LIMITS: Final = (
    *LIMITS[:2],
    "It lists access that was used, and tries that were refused. What was granted is in the roster alone.",
    *LIMITS[4:8],
    "Whether the log files are whole is proved by ssmtrail integrity, not here.",
    "MANIFEST.json shows that the files fit together, not who made them: keep its SHA-256 apart.",
    "The review contains personal data: names, times, roles.",
)

_WITHOUT_TRANSCRIPTS: Final = (
    "It has no transcripts: what was typed and shown in a session was not asked for.",
)  # fmt: skip
_WITH_TRANSCRIPTS: Final = (
    "The machine under audit wrote the transcripts: whoever had root on it could change, cut or remove one.",
    "A transcript is evidence of what was shown, never proof that nothing else happened.",
    "The state of a transcript is as of the reading, by the preferences of that time; unknown proves nothing.",
    "Transcripts are as the source held them: secrets in them are not redacted.",
    "Transcripts have control characters: ssmtrail transcript shows one safely, a terminal does not.",
)


def pack_limits(*, transcripts: bool) -> tuple[str, ...]:
    """What a pack does not prove, with or without transcripts."""
    return (*LIMITS, *(_WITH_TRANSCRIPTS if transcripts else _WITHOUT_TRANSCRIPTS))
