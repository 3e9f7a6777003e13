"""How far a fetch is, as the provenance line says it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tui.present.plan import dollars
from tui.present.words import count, plural, size, ticking

if TYPE_CHECKING:
    from queries.values import Progress
    from tui.present.signs import Signs

_ENDINGS = {"done", "cancelled"}


def running(progress: Progress | None) -> bool:
    """Whether a fetch is under way."""
    return progress is not None and progress.state not in _ENDINGS


#: Said beside the progress, the shorter one where it is narrow.
HINTS: Final = ("x cancels, what arrived stays", "x cancels")


def progress_line(progress: Progress, signs: Signs, width: int) -> tuple[str, str]:
    """`reading 120 of 400 files · 34.0 MB of 100 MB · 1,204 calls · 00:12 left` with a hint, as much as fits.

    The first part and the time stay, what stands between goes from its end.
    """
    parts, dot = _parts(progress, signs), f" {signs.dot} "
    while True:
        line = dot.join(parts)
        fitting = [hint for hint in HINTS if len(line) + len(dot) + len(hint) <= width]
        if fitting or len(parts) <= 2:
            return line, dot + fitting[0] if fitting else ""
        del parts[-2]


def _parts(progress: Progress, signs: Signs) -> list[str]:
    if progress.state == "listing":
        found = [f"{plural(progress.files_total, 'file')} so far"] if progress.files_total else []
        return [f"looking for files{signs.more}", *found, ticking(progress.seconds)]
    if progress.state == "waiting":
        return [f"another ssmtrail is reading this{signs.more}", ticking(progress.seconds)]
    if progress.state == "joining":
        what = f"{plural(progress.calls, 'call')} into sessions" if progress.calls else "sessions"
        return [f"joining {what}{signs.more}", ticking(progress.seconds)]
    if progress.days_total:
        return [
            "Athena",
            f"day {count(progress.days_done)} of {count(progress.days_total)}",
            size(progress.bytes_done),
            dollars(progress.price),
            ticking(progress.seconds),
        ]
    return [
        f"reading {count(progress.files_done)} of {plural(progress.files_total, 'file')}",
        f"{size(progress.bytes_done)} of {size(progress.bytes_total)}",
        plural(progress.calls, "call"),
        ticking(progress.seconds) if progress.seconds_left is None else f"{ticking(progress.seconds_left)} left",
    ]
