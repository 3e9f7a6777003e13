"""The layer between Textual and the terminal, and the only place that may use private names of Textual.

A newcomer need not read it: `app.TerminalApp` and `screen.TerminalScreen` are all that the rest of `tui` uses. Each
private name has a test in `tests/tui/test_textual_internals.py` that fails when an upgrade of Textual changes it.
"""

from __future__ import annotations
