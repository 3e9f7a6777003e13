"""What a text or a file is: CloudTrail records, something that looks like them, or of which other kind."""

from __future__ import annotations

import re
from typing import Final

from ssmtrail.queries.sources.files.records import utf8

#: JSON as records begin: an object, or an array of objects; a text of spaces alone may go on so.
_JSON: Final = re.compile(rb'\s*(?:\Z|\{\s*(?:["}]|\Z)|\[\s*(?:[\[{\]]|\Z))')
#: The start of a file of records, whole or damaged.
_FILE: Final = re.compile(rb'\s*\{\s*"(?:Records|Events)"\s*:')
#: Members that only a CloudTrail record has, as JSON or as JSON inside a JSON text.
_MARK: Final = re.compile(
    rb'\\*"eventVersion\\*"\s*:\s*\\*"1\.\d|\\*"eventTime\\*"\s*:\s*\\*"\d{4}-|"CloudTrailEvent"\s*:\s*"'
)
#: Source: "CloudTrail digest file structure", CloudTrail User Guide.
_DIGEST: Final = re.compile(rb'"digest(?:StartTime|S3Bucket)"\s*:\s*"')
#: Bytes in which it is looked for: a digest file names itself before its list of files.
_HEAD: Final = 8 << 10

_LOG_NAME: Final = re.compile(r"\.(?:json|jsonl|ndjson|json\.cloudtrail)(?:\.\w{1,4})?$|_CloudTrail_", re.IGNORECASE)
_ENDING: Final = re.compile(r"(?:\.(?:[a-z]\w{0,9}))?\.(?:gz|bz2|xz|zst|\d{1,4})$|\.[\w~+-]{1,16}$", re.IGNORECASE)
NO_ENDING: Final = "no ending"
OTHER_ENDING: Final = "other ending"
#: A pipe, a socket, a device.
SPECIAL_FILE: Final = "special file"
#: A link to something outside the folder, which is not followed, and the end of its path in listings.
OUTSIDE_LINK: Final = "link out of the folder"
OUTSIDE_END: Final = "//"


def may_hold_records(beginning: bytes) -> bool:
    """Whether a text with this beginning is worth reading: it is JSON, or has members of a record somewhere."""
    text = utf8(beginning)
    return bool(_JSON.match(text) or _MARK.search(text))


def looks_like_records(text: bytes, *, damaged: bool) -> bool:
    """Whether a text without any readable record looks like one of records; `damaged` where it is no sound JSON."""
    return bool((damaged and _FILE.match(text)) or _MARK.search(text))


def special_kind(text: bytes, insights: int) -> str:
    """`CloudTrail-Digest` or `CloudTrail-Insight` for what CloudTrail writes beside events, else empty."""
    if insights:
        return "CloudTrail-Insight"
    return "CloudTrail-Digest" if _DIGEST.search(text, 0, _HEAD) else ""


def is_log_name(path: str) -> bool:
    """Whether a name promises records, so that an empty file of this name is a loss."""
    return bool(_LOG_NAME.search(path[path.rfind("/") + 1 :]))


def ending_of(path: str) -> str:
    """The ending of a file's name in small letters, with that before a compression: `.png`, `.log.gz`, `no ending`."""
    name = path[path.rfind("/") + 1 :]
    if "." not in name[1:]:
        return NO_ENDING
    found = _ENDING.search(name, 1)
    return found[0].lower() if found else OTHER_ENDING
