"""An app that reads its styles once at the start."""

from __future__ import annotations

from textual.app import App


class LateStyles(App[int]):
    """Reads them when there is a screen to be seen in them."""

    def refresh_css(self, animate: bool = True) -> None:
        """Read the styles anew, in other colours; before there is a screen only the colours are taken.

        The toolkit would read all styles, forget them, and read them once more for the first screen.
        """
        if self.screen_stack:
            super().refresh_css(animate)
        else:
            self.stylesheet.set_variables(self.get_css_variables())
