"""The titles of pages: who, which machine, since when; what is said when nothing is left of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content

from tui.present.counted import account_cell, machine_label, person_label, several
from tui.present.empty import Emptiness
from widgets.line_painter import split_cell
from widgets.safe_text import safe

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tui.present.record import Record
    from tui.present.signs import Signs
    from tui.present.times import Clock


def person_title(row: Record, clock: Clock, signs: Signs, accounts: Mapping[str, str], width: int) -> Content:
    """`jane.doe   111122223333 main · Admin   first seen 26 Oct 2026 08:57:53, last 23 Nov 2026 10:01:23 UTC`."""
    about = [split_cell(account_cell(row.text("account"), accounts))[0], several(row.texts("roles"))]
    style = "bold" if row.text("person") else "bold $text-warning"
    return _title((person_label(row), style), about, row, clock, signs, width)


def instance_title(row: Record, clock: Clock, signs: Signs, accounts: Mapping[str, str], width: int) -> Content:
    """`db-5  i-0ad6a7448b2e3b0a7   prod · ec2 · eu-central-1 · 111122223333 main   first seen ...`."""
    known = row.text("target") is not None
    target = safe(row.text("target") or "") if row.text("target_name") else ""
    about = [target, *(safe(row.text(name) or "") for name in ("environment", "target_kind", "region") if known)]
    about.append(split_cell(account_cell(row.text("account"), accounts))[0])
    name = machine_label(row) if known else f"{signs.unsure} {machine_label(row)}"
    return _title((name, "bold" if known else "bold $text-warning"), about, row, clock, signs, width)


def _title(name: tuple[str, str], about: list[str], row: Record, clock: Clock, signs: Signs, width: int) -> Content:
    known = f" {signs.dot} ".join(part for part in about if part)
    first = Content.assemble(name, f"   {known}" if known else "")
    seen = Content.styled(_seen(row, clock), "$text-muted")
    fits = first.cell_length + 3 + seen.cell_length <= width
    return Content("   " if fits else "\n").join((first, seen))


def _seen(row: Record, clock: Clock) -> str:
    first, last = row.time("first_seen"), row.time("last_seen")
    if first is None or last is None:
        return ""
    if first == last:
        return f"seen once, {clock.exact(first)}"
    same = clock.suffix(first) == clock.suffix(last)  # the clocks may have been changed between them
    began = clock.exact(first).removesuffix(f" {clock.suffix(first)}") if same else clock.exact(first)
    return f"first seen {began}, last {clock.exact(last)}"


def nothing_left(label: str, window: str, *, narrowed: bool) -> Emptiness:
    """What a page says whose scope has nothing any more; all texts are safe."""
    if narrowed:
        lines = ("Esc takes the last step of the filter back, / changes it.",)
        return Emptiness(f"Nothing of {label} matches the filter in {window}.", lines)
    return Emptiness(f"Nothing of {label} in {window}.", ("w picks another window, Esc goes back.",))
