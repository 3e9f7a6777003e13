"""Session Manager's preferences, as the document of an account and region holds them.

Source: "Session document schema", AWS Systems Manager User Guide.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

_PARAMETER: Final = re.compile(r"\{\{\s*(\w+)\s*\}\}")
#: Kinds of sessions that are recorded.
_RECORDED_TYPES: Final = ("Standard_Stream", "InteractiveCommands", "NonInteractiveCommands")


@dataclass(frozen=True, slots=True)
class Preferences:
    """Where transcripts go, and what bounds a session; empty where the document does not say."""

    session_type: str = ""
    bucket: str = ""
    prefix: str = ""
    log_group: str = ""
    streams: bool = False
    """Whether lines go to the log group while the session runs."""
    run_as: str = ""
    """The user of the machine, where it is not that of the agent; a tag on the caller's identity overrides it."""
    idle_minutes: int | None = None
    longest_minutes: int | None = None
    has_inputs: bool = True
    """Whether the document has settings of its own."""
    unresolved: tuple[str, ...] = ()
    """Settings whose value the caller gave at the start: they are not known here."""

    @property
    def is_recorded(self) -> bool:
        """Whether anything is to be written anywhere."""
        return bool(self.bucket or self.log_group)

    @property
    def never(self) -> bool:
        """Whether sessions of this document cannot be recorded: they forward a port."""
        return bool(self.session_type) and self.session_type not in _RECORDED_TYPES

    @property
    def words(self) -> tuple[str, ...]:
        """What else they say, as sentences."""
        found = []
        if self.run_as:
            found.append(f"By the preferences it ran as {self.run_as}, unless a tag of the caller says another user.")
        bounds = (("ends when idle for", self.idle_minutes), ("lasts at most", self.longest_minutes))
        found += [f"By the preferences of now a session {what} {number} min." for what, number in bounds if number]
        if self.unresolved:
            found.append(f"The caller chose {', '.join(self.unresolved)} at the start: that is not known here.")
        return tuple(found)


def parsed(content: str) -> Preferences:
    """The preferences in a document's content; an unreadable one gives those that say nothing."""
    try:
        document = json.loads(content)
    except (ValueError, RecursionError):
        return Preferences(has_inputs=False)
    if not isinstance(document, dict):
        return Preferences(has_inputs=False)
    inputs = document.get("inputs")
    given = _Given(inputs if isinstance(inputs, dict) else {}, document.get("parameters"))
    prefix, bucket, group = given.text("s3KeyPrefix"), given.text("s3BucketName"), given.text("cloudWatchLogGroupName")
    return Preferences(
        str(document.get("sessionType") or ""), bucket, prefix, group, given.yes("cloudWatchStreamingEnabled"),
        given.text("runAsDefaultUser") if given.yes("runAsEnabled") else "", given.number("idleSessionTimeout"),
        given.number("maxSessionDuration"), isinstance(inputs, dict), tuple(given.unresolved),
    )  # fmt: skip


class _Given:
    """The inputs of a document; `{{ name }}` stands for a parameter, whose default counts."""

    def __init__(self, inputs: Mapping[str, Any], parameters: object) -> None:
        self._inputs = inputs
        self._parameters = parameters if isinstance(parameters, dict) else {}
        self.unresolved: list[str] = []

    def text(self, name: str) -> str:
        value = self._inputs.get(name)
        text = str(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else ""
        if found := _PARAMETER.search(text):
            parameter = self._parameters.get(found[1])
            default = parameter.get("default") if isinstance(parameter, dict) else None
            self.unresolved.append(name)
            text = text.replace(found[0], str(default)) if isinstance(default, str | int) else ""
        return text.strip()

    def yes(self, name: str) -> bool:
        value = self._inputs.get(name)
        return value is True or self.text(name).lower() == "true"

    def number(self, name: str) -> int | None:
        text = self.text(name)
        return int(text) if text.isascii() and text.isdigit() and 0 < len(text) < 6 else None
