"""Groups of key bindings, in the order in which help lists them."""

from __future__ import annotations

from typing import Final

from textual.binding import Binding

GO: Final = Binding.Group("Go")
"""To another view, page or step."""
NARROW: Final = Binding.Group("Narrow")
"""Filter, window, scope."""
LOOK: Final = Binding.Group("Look")
"""Same data, shown another way."""
TAKE: Final = Binding.Group("Take away")
"""Copies, exports, SQL."""
APP: Final = Binding.Group("App")
"""The source, the app itself."""
