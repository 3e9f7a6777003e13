"""A screen with every widget, as a view would put them together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.app import App, ComposeResult
from textual.containers import Horizontal, Vertical

from ssmtrail.widgets.day_strip import DayStrip
from ssmtrail.widgets.details import Details
from ssmtrail.widgets.filter_bar import FilterBar
from ssmtrail.widgets.json_view import JsonView
from ssmtrail.widgets.table import RowsTable
from tests.widgets.table_app import COLUMNS, made_row

if TYPE_CHECKING:
    from ssmtrail.widgets.table_layout import Cell

RECORD = (
    '{"eventVersion": "1.11", "userIdentity": {"type": "AssumedRole", "arn": '
    '"arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_Admin_0123456789abcdef/jane.doe"},'
    ' "n": 12345678901234567890.10, "n": 1e5, "list": [1, [], {}, null, true], "reason": "a\\u202eb\u202ec"}'
)
DETAILS: tuple[tuple[str, Cell], ...] = (
    ("started", "23 Nov 2026 12:04:11 UTC"),
    ("", "from 203.0.113.7 with aws-cli/2.15, MFA not recorded"),
    ("ended", ("not recorded. It was alive at 14:18:22. A session closed by exit leaves no call.", "warn")),
    ("person", "jane.doe, the role session name of AWSReservedSSO_Admin"),
    ("outcome", ("✗ denied", "bad")),
    ("id", ("jane.doe-0a1b2c3d4e5f6a7b8c9d0e1f2a3b4c5d6e7f8a9b0c1d2e3f", "muted")),
    ("reason", "\x1b]52;c;aGk=\x07 [@click=app.quit]INC[/]"),
)


class GalleryApp(App[None]):
    """Strip, filter, table, panel and record."""

    CSS = """
    Details { width: 44; border-left: solid $foreground 20%; }
    #low { height: 12; }
    """

    def __init__(self, ascii_only: bool = False) -> None:
        super().__init__()
        self.ascii_only = ascii_only
        self.told: list[object] = []

    def compose(self) -> ComposeResult:
        yield DayStrip(ascii_only=self.ascii_only)
        yield FilterBar("kind:tunnel persn:ci-*", suggest=lambda text: text + "low" if text.endswith("fol") else None)
        with Horizontal():
            with Vertical():
                yield RowsTable(COLUMNS, ascii_only=self.ascii_only)
                yield JsonView(id="low", ascii_only=self.ascii_only)
            yield Details(ascii_only=self.ascii_only)

    def on_mount(self) -> None:
        states = ["kept"] * 40 + ["failed"] + ["kept"] * 15 + ["missing", "missing", "arriving", "open"]
        strip = self.query_one(DayStrip)
        strip.set_days([(f"day {index}: {state}, 12 files", state) for index, state in enumerate(states)])
        strip.caption = "57 days kept, today open"
        self.query_one(FilterBar).show_error("no key `persn`; did you mean `person`?", 12, 5)
        self.query_one(RowsTable).show("", 5)
        self.query_one(RowsTable).sorted_by = (("started", True),)
        self.query_one(RowsTable).focus()
        self.query_one(Details).show("jane.doe → web-3", DETAILS)
        self.query_one(JsonView).show(RECORD)

    def on_rows_table_page_wanted(self, message: RowsTable.PageWanted) -> None:
        rows = [made_row(index) for index in range(message.offset, message.offset + message.limit)]
        message.table.put_rows(message.token, message.offset, rows)

    def on_day_strip_day_highlighted(self, message: DayStrip.DayHighlighted) -> None:
        self.told.append(("day", message.day))

    def on_filter_bar_edited(self, message: FilterBar.Edited) -> None:
        self.told.append(("edited", message.text))

    def on_filter_bar_submitted(self, message: FilterBar.Submitted) -> None:
        self.told.append(("submitted", message.text))

    def on_filter_bar_dismissed(self, message: FilterBar.Dismissed) -> None:
        self.told.append(("dismissed", message.bar.text))


if __name__ == "__main__":
    GalleryApp().run()
