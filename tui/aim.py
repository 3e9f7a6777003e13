"""Keys that were pressed faster than the focus moved, sent after it."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final

from textual import events

if TYPE_CHECKING:
    from textual.widget import Widget

#: Keys under way that are remembered; those that a widget takes for itself never come back.
_UNDER_WAY: Final = 64


class Aim:
    """Remembers to which widget each key went.

    The toolkit sends a key to the widget in focus and looks up what it does when the key has bubbled back, so that of
    `/` and `k` pressed at once both go to the list, where the `k` moves the cursor or is lost.
    """

    def __init__(self) -> None:
        self._sent: deque[tuple[events.Key, Widget | None]] = deque(maxlen=_UNDER_WAY)

    def note(self, key: events.Key, focused: Widget | None) -> None:
        """A key sets out."""
        self._sent.append((key, focused))

    def after(self, key: events.Key, focused: Widget | None) -> bool:
        """Whether a key that has bubbled back was meant for what is in focus by now; then it was sent there."""
        sent = next((sent for sent in self._sent if sent[0] is key), None)
        if sent is None or focused is None or sent[1] is focused:
            return False
        self._sent.remove(sent)
        focused._forward_event(events.Key(key.key, key.character))  # noqa: SLF001 - as the toolkit sends it
        return True
