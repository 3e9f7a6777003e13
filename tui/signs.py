"""The signs that repeat what colours say, for Unicode terminals and for ASCII."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Signs:
    """One sign a meaning; the help screen has the legend."""

    ascii_only: bool
    bad: str
    first: str
    unsure: str
    at_least: str
    at_most: str
    unlike: str
    weak: str
    conflict: str
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
        """Return a session's kind with its sign: `⇄ tunnel`."""
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
    unlike="≠",
    weak="*",
    conflict="!",
    shell="›",  # noqa: RUF001 - a prompt
    command="$",
    tunnel="⇄",
    ssh="»",
    container="▫",
    dot="·",
    dash="–",  # noqa: RUF001 - between two times
    arrow="→",
    crumb="›",  # noqa: RUF001 - between breadcrumbs
    more="…",
)
ASCII: Final = Signs(  # noqa: S604 - no such shell
    ascii_only=True,
    bad="x",
    first="+",
    unsure="?",
    at_least=">",
    at_most="<",
    unlike="/",
    weak="*",
    conflict="!",
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
    """Return the signs that a terminal can show, by its locale (LC_ALL, LC_CTYPE, LANG, in this order) and TERM.

    The font of the Linux console lacks most block characters.
    """
    locale = next((environment[name] for name in ("LC_ALL", "LC_CTYPE", "LANG") if environment.get(name)), "")
    utf8 = "utf8" in locale.lower().replace("-", "")
    return UNICODE if utf8 and environment.get("TERM") != "linux" else ASCII
