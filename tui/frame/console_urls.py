"""Addresses of pages in AWS's console, by partition.

The forms of the addresses are AWS's own, seen in its documentation and in the field; AWS does not promise them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ssmtrail.tui.frame.related import Related

#: Host of the console by the start of a region's name; the first that fits counts. Source: "AWS service endpoints" and
#: "Partitions", AWS General Reference; "Amazon Web Services in China"; "AWS GovCloud (US) User Guide".
_HOSTS: Final = (("cn-", "console.amazonaws.cn"), ("us-gov-", "console.amazonaws-us-gov.com"))
_HOST: Final = "console.aws.amazon.com"
#: Partitions whose consoles are on networks of their own, or whose addresses are not published.
_APART: Final = re.compile(r"(us-iso|eu-iso|eusc-)")
#: Every part comes out of a log: only what has the form of an id goes into an address.
_REGION: Final = re.compile(r"[a-z]{2,4}(-[a-z]+){1,3}-\d{1,2}")
_INSTANCE: Final = re.compile(r"i-[0-9a-f]{8,17}")
_NODE: Final = re.compile(r"mi-[0-9a-f]{17}")
_EVENT: Final = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


@dataclass(frozen=True, slots=True)
class ConsolePage:
    """A page of the console."""

    what: str
    url: str


def console_pages(related: Related) -> tuple[list[ConsolePage], str]:
    """The pages of what a row is related to, and a sentence where there are none."""
    region = related.region or ""
    if not _REGION.fullmatch(region):
        return [], "The region is not known, and the console has an address for each region."
    if _APART.match(region):
        return [], f"{region} is in a partition of AWS whose console has no public address."
    host = next((host for start, host in _HOSTS if region.startswith(start)), _HOST)
    base, query = f"https://{region}.{host}", f"region={region}"
    pages = []
    target, event = related.target or "", related.event or ""
    if _INSTANCE.fullmatch(target):
        pages.append(ConsolePage("instance", f"{base}/ec2/home?{query}#InstanceDetails:instanceId={target}"))
    elif _NODE.fullmatch(target):
        node = f"{base}/systems-manager/fleet-manager/managed-nodes/{target}/general?{query}"
        pages.append(ConsolePage("managed node", node))
    if related.session_id is not None:
        pages.append(ConsolePage("session history", f"{base}/systems-manager/session-manager/sessions?{query}"))
    if _EVENT.fullmatch(event):
        pages.append(ConsolePage("event", f"{base}/cloudtrailv2/home?{query}#/events/{event}"))
    return pages, "" if pages else "The console has no page of this row: neither instance nor event has an id."


def has_browser(environment: Mapping[str, str], platform: str) -> bool:
    """Whether a browser with a window of its own can be opened here: one in the terminal would take the screen."""
    if environment.get("SSH_CONNECTION"):
        return False
    return platform == "darwin" or bool(environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY"))
