"""How far a fetch is, as the provenance line says it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.present.words import count, plural, size, ticking

if TYPE_CHECKING:
    from queries.values import Progress
    from tui.present.signs import Signs

_ENDINGS = {"done", "cancelled"}


def running(progress: Progress | None) -> bool:
    """Whether a fetch is under way."""
    return progress is not None and progress.state not in _ENDINGS


def progress_line(progress: Progress, signs: Signs) -> str:
    """`reading 120 of 400 files · 34.0 of 100.0 MB · 1,204 calls · 00:12 left`."""
    return f" {signs.dot} ".join(_parts(progress, signs))


def _parts(progress: Progress, signs: Signs) -> list[str]:
    if progress.state == "listing":
        found = [f"{plural(progress.files_total, 'file')} so far"] if progress.files_total else []
        return [f"looking for files{signs.more}", *found, ticking(progress.seconds)]
    if progress.state == "waiting":
        return [f"another ssmtrail is reading this{signs.more}", ticking(progress.seconds)]
    if progress.state == "joining":
        what = f"{plural(progress.calls, 'call')} into sessions" if progress.calls else "sessions"
        return [f"joining {what}{signs.more}", ticking(progress.seconds)]
    return [
        f"reading {count(progress.files_done)} of {plural(progress.files_total, 'file')}",
        f"{size(progress.bytes_done)} of {size(progress.bytes_total)}",
        plural(progress.calls, "call"),
        ticking(progress.seconds) if progress.seconds_left is None else f"{ticking(progress.seconds_left)} left",
    ]


CANCEL_HINT = "x cancels, what arrived stays"
