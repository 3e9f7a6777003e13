"""The delay after which a lone Escape is a key; set before Textual is imported."""

from __future__ import annotations

import os
from typing import Final

#: Milliseconds. Terminals send an escape sequence in one piece, and SSH and tmux pass it on in one piece; Textual's own
#: default of 100 ms makes every Escape slow.
ESCAPE_MILLISECONDS: Final = 25


def set_escape_delay() -> None:
    """Set ESCDELAY, which Textual reads when it is imported, unless the user has set it (as for ncurses)."""
    os.environ.setdefault("ESCDELAY", str(ESCAPE_MILLISECONDS))
