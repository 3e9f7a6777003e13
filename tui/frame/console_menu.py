"""The menu of a row's pages in AWS's console: copied, or opened in a browser."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Label, OptionList, Static
from textual.widgets.option_list import Option

from ssmtrail.tui.frame.console_urls import has_browser
from ssmtrail.tui.frame.dialogs import Dialog
from ssmtrail.tui.frame.hints import Hints
from ssmtrail.widgets.text import safe

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult

    from ssmtrail.tui.frame.console_urls import ConsolePage


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be done with a page."""

    page: ConsolePage
    opens: bool


class ConsoleScreen(Dialog[Wanted]):
    """Lists the pages; Enter copies an address, `o` opens it where there is a browser."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("o", "open", "open", tooltip="Open the page in a browser", id="go.console-open"),
    ]

    def __init__(self, pages: Sequence[ConsolePage], account: str) -> None:
        super().__init__()
        self._pages = pages
        self._account = account
        self._list = OptionList(
            *(Option(f"{page.what:<17}{page.url}", f"page-{n}") for n, page in enumerate(pages)),
            markup=False, compact=True,
        )  # fmt: skip

    def compose(self) -> ComposeResult:
        """The pages under a title."""
        with Vertical(classes="dialog -views"):
            yield Label("In AWS's console", classes="title")
            if self._account:
                yield Static(f"sign in to account {safe(self._account)}", classes="seen", markup=False)
            yield self._list
            yield Hints("Enter copies the address", *(("o opens it",) if self.can_open() else ()), "Esc back")

    def can_open(self) -> bool:
        """Where a browser can be opened."""
        return has_browser(os.environ, sys.platform)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Opening only where there is a browser."""
        return self.can_open() if action == "open" else True

    def on_option_list_option_selected(self, message: OptionList.OptionSelected) -> None:
        """Return the page, to be copied."""
        message.stop()
        self.leave(Wanted(self._pages[message.option_index], opens=False))

    def action_open(self) -> None:
        """Return the page, to be opened."""
        if self._list.highlighted is not None:
            self.leave(Wanted(self._pages[self._list.highlighted], opens=True))
