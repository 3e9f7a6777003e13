"""What is said about a transcript: how it was written, what its text lacks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ssmtrail.queries.times import utc_text
from ssmtrail.tui.text import plural

if TYPE_CHECKING:
    from ssmtrail.queries.transcripts.text import Written
    from ssmtrail.tui.formats.transcript import Recorded

#: What each form means for a reader.
_FORMS: Final = {
    "script": "on the machine by `script`, after the session",
    "script of an old agent": "on the machine by an old agent that replayed it after the session",
    "PowerShell": "on the machine by PowerShell, replayed after the session; a long one may be cut",
    "streamed": "while it ran; each line has the time of sending, about a second after it was printed",
    "plain": "by an unknown writer: there is no header, and no time",
}


def no_times(written: Written) -> str:
    """Why there can be no recording of a transcript of which the first lines were read."""
    form = written.reading.form
    this = "The first events of this one have none." if form == "streamed" else f"This one was written {_FORMS[form]}."
    return (
        "No recording can be made: it needs the time of each line, which only a transcript has that was streamed to "
        f"CloudWatch Logs. {this}"
    )


def about_words(written: Written, recorded: Recorded | None = None) -> list[tuple[str, str]]:
    """What is known of a transcript that was read, as (label, words); the words may be hostile."""
    reading = written.reading
    when = f", at {reading.written_at} by the machine's clock" if reading.written_at else ""
    found = [("not shown", words)] if (words := written.dropped.words) else []
    if written.frames:
        found.append(("drawn", plural(written.frames, "screen") + " of full-screen programs"))
    if reading.cut:
        found.append(("left out", f"{plural(reading.cut, 'line')} that the agent wrote, not the session"))
    if reading.split:
        found.append(("cut", f"{plural(reading.split, 'piece')} of lines that were too long, each shown as a line"))
    found.append(("written", f"{_FORMS[reading.form]}{when}"))
    if reading.last_at:
        last = utc_text(reading.last_at.replace(microsecond=0))
        found.append(("alive", f"at least until {last}, when the last line that is shown was sent"))
    if recorded is not None and recorded.untimed:
        lines = plural(recorded.untimed, "line")
        found.append(("times", f"{lines} without a time, or with an earlier one, are shown with the line before"))
    if reading.starters:
        found.append(("started by", f"{', '.join(reading.starters)}, as the streamed events say"))
    if reading.run_as:
        found.append(("ran as", f"{reading.run_as} on the machine"))
    return found
