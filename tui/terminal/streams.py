"""Writing to a terminal that may go away, reading from it without delay."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from ssmtrail.tui.terminal.keys import read_keys

if TYPE_CHECKING:
    from typing import IO

    from textual.driver import Driver


class Deaf:
    """A terminal's file that takes what it is given also when nobody is there any more.

    The toolkit writes from a thread. Were an error to end it, whoever leaves would wait for that thread for ever: a
    closed window would leave a process behind.
    """

    def __init__(self, file: IO[str]) -> None:
        self._file = file

    def write(self, text: str) -> int:
        """Write what can be written."""
        with suppress(OSError, ValueError):
            return self._file.write(text)
        return len(text)

    def flush(self) -> None:
        """Flush what can be flushed."""
        with suppress(OSError, ValueError):
            self._file.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


def lasting(driver: type[Driver]) -> type[Driver]:
    """The driver for a terminal that may go away."""

    class Lasting(driver):  # type: ignore[misc, valid-type]
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            if file := getattr(self, "_file", None):
                self._file = Deaf(file)

        def run_input_thread(self) -> None:
            read_keys(self.fileno, self.exit_event, self.process_message, debug=self._debug)

    return Lasting
