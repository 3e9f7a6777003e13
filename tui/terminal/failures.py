"""What an app dies of unexpectedly: kept, shown, told once the terminal is restored."""

from __future__ import annotations

from textual.app import App
from textual.worker import Worker, WorkerState

from ssmtrail.widgets.text import safe


class TroubledApp(App[int]):
    """Keeps what its workers, or itself, died of; never as the toolkit tells it, with the values of a log in it."""

    def __init__(self, *, ansi_color: bool | None) -> None:
        super().__init__(ansi_color=ansi_color)
        self.troubles: list[BaseException] = []
        """For whoever tells of them when the terminal is restored."""

    def on_worker_state_changed(self, message: Worker.StateChanged) -> None:
        """Show what a worker died of: nothing that is expected ends here."""
        error = message.worker.error
        if message.state == WorkerState.ERROR and error is not None:
            self.troubles.append(error)
            words = safe(f"{type(error).__name__}: {error}")
            self.notify(f"This should not happen: {words}", severity="error", timeout=60, markup=False)

    def _handle_exception(self, error: Exception) -> None:
        self.troubles.append(error)
        super()._handle_exception(error)

    def _fatal_error(self) -> None:
        # Told like other troubles: the toolkit would print the values of locals, a log's among them, as they are.
        self._close_messages_no_wait()
