"""The signs that stand beside colours, for terminals with block characters or without."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Signs:
    """One sign a meaning; see the legend of the help screen."""

    ascii_only: bool
    bad: str
    first: str
    unsure: str
    at_least: str
    at_most: str
    shell: str
    command: str
    tunnel: str
    ssh: str
    container: str
    dot: str
    dash: str
    arrow: str
    crumb: str
    more: str

    def kind(self, kind: str | None) -> str:
        """A session's kind with its sign: `⇄ tunnel`."""
        return {
            "shell": f"{self.shell} shell",
            "command": f"{self.command} command",
            "ssh": f"{self.ssh} ssh",
            "port-forward": f"{self.tunnel} tunnel",
            "remote-port-forward": f"{self.tunnel} tunnel",
            "container": f"{self.container} container",
            "other": "  other",
        }.get(kind or "", f"{self.unsure}")


UNICODE: Final = Signs(  # noqa: S604 - no such shell
    ascii_only=False,
    bad="✗",
    first="+",
    unsure="?",
    at_least="≥",
    at_most="≤",
    shell="›",  # noqa: RUF001 - meant: a prompt
    command="$",
    tunnel="⇄",
    ssh="»",
    container="▫",
    dot="·",
    dash="–",  # noqa: RUF001 - the typographer's dash between two times
    arrow="→",
    crumb="›",  # noqa: RUF001 - meant: one screen inside the other
    more="…",
)
ASCII: Final = Signs(  # noqa: S604 - no such shell
    ascii_only=True,
    bad="x",
    first="+",
    unsure="?",
    at_least=">",
    at_most="<",
    shell=">",
    command="$",
    tunnel="=",
    ssh="%",
    container="#",
    dot="-",
    dash="-",
    arrow="->",
    crumb=">",
    more="~",
)


def signs_for(environment: Mapping[str, str]) -> Signs:
    """The signs that a terminal can show, from its locale and TERM.

    The locale decides as the C library reads it: LC_ALL, then LC_CTYPE, then LANG; the Linux console's font has no
    block characters beyond the plainest.
    """
    locale = next((environment[name] for name in ("LC_ALL", "LC_CTYPE", "LANG") if environment.get(name)), "")
    utf8 = "utf8" in locale.lower().replace("-", "")
    return UNICODE if utf8 and environment.get("TERM") != "linux" else ASCII
