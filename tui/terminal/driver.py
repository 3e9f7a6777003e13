"""A driver for a terminal that may go away, and that reports keys without delay."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from ssmtrail.tui.terminal import early
from ssmtrail.tui.terminal.keys import read_keys

if TYPE_CHECKING:
    from typing import IO

    from textual.driver import Driver

#: Goes to the alternate screen.
_ENTER: Final = "\x1b[?1049h"


class LostTerminalFile:
    """A terminal's file whose writes never fail.

    Textual writes from a thread. If an error ended that thread, quitting would wait for it for ever: closing the
    terminal's window would leave a process behind.
    """

    def __init__(self, file: IO[str]) -> None:
        self._file = file

    def write(self, text: str) -> int:
        """Write the text, or drop it when the terminal is gone."""
        with suppress(OSError, ValueError):
            return self._file.write(text)
        return len(text)

    def flush(self) -> None:
        """Flush, if the terminal is still there."""
        with suppress(OSError, ValueError):
            self._file.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


def robust_driver(driver: type[Driver]) -> type[Driver]:
    """Return a subclass of the driver that survives a lost terminal and reads keys by `read_keys`.

    It takes over a terminal on which the screen that was left is shown (`early`).
    """

    class RobustDriver(driver):  # type: ignore[misc, valid-type]
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            self._is_entered = False
            if file := getattr(self, "_file", None):
                self._file = LostTerminalFile(file)

        def start_application_mode(self) -> None:
            former = early.taken_over()
            self._is_entered = former is not None
            super().start_application_mode()
            if former is not None:
                self.attrs_before = former

        def write(self, data: str) -> None:
            if self._is_entered and data == _ENTER:
                self._is_entered = False  # entering once more would clear what is shown
                return
            super().write(data)

        def run_input_thread(self) -> None:
            read_keys(self.fileno, self.exit_event, self.process_message, debug=self._debug)

    return RobustDriver
