"""The menu of what is related to a row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from textual.containers import Vertical
from textual.widgets import Label, OptionList
from textual.widgets.option_list import Option

from ssmtrail.tui.frame.dialogs import Dialog
from ssmtrail.tui.frame.hints import Hints
from ssmtrail.tui.text import plural
from ssmtrail.widgets.text import cell_width, shorten_middle

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult

    from ssmtrail.queries.model import Totals
    from ssmtrail.tui.frame.related import Link

#: Cells of the longest name in the menu.
_NAME: Final = 25


def link_text(link: Link, totals: Totals) -> str:
    """`person    jane.doe    96 sessions, 20 machines`."""
    name = shorten_middle(link.name, _NAME)
    counts = [plural(totals.sessions, "session")]
    if link.what == "person":
        counts.append(plural(totals.machines, "machine"))
    elif link.what != "both":
        counts.append(plural(totals.people, "identity", "identities"))
    return f"{link.key:<3}{link.what:<11}{name}{' ' * (_NAME - cell_width(name))}  {', '.join(counts)}"


class RelatedScreen(Dialog[int]):
    """The menu of what is related to a row."""

    def __init__(self, links: Sequence[Link], totals: Sequence[Totals]) -> None:
        super().__init__()
        self._options = [
            Option(link_text(*each), f"link-{n}") for n, each in enumerate(zip(links, totals, strict=True))
        ]

    def compose(self) -> ComposeResult:
        """The links under a title."""
        with Vertical(classes="dialog -wide"):
            yield Label("Related, in the whole window", classes="title")
            yield OptionList(*self._options, markup=False, compact=True)
            yield Hints("Enter opens", "Esc back")

    def on_option_list_option_selected(self, message: OptionList.OptionSelected) -> None:
        """Return the link's number."""
        message.stop()
        self.leave(message.option_index)
