"""Trino's HTTP protocol, as much of it as a test needs."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import Any, Final
from urllib.request import Request, urlopen

#: Of one page; Trino keeps a client waiting for a second at most.
_PAGE_SECONDS: Final = 60
_STATEMENT_SECONDS: Final = 180
_HEADERS = {
    "X-Trino-User": "ssmtrail",
    "X-Trino-Source": "tests",
    "X-Trino-Schema": "default",
    "X-Trino-Time-Zone": "UTC",
}


class TrinoError(Exception):
    """A statement failed; the message is Trino's."""


class LostError(Exception):
    """Trino does not answer, or not in time."""


@dataclass
class Answer:
    """Rows of an answer."""

    columns: list[str]
    types: list[str]
    rows: list[list[Any]]
    seconds: float
    bytes: int = 0
    """Read from files, by Trino's count."""

    @property
    def dicts(self) -> list[dict[str, Any]]:
        """The rows by column."""
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]


@dataclass(frozen=True)
class Client:
    """A way to a Trino; statements run one after another."""

    base: str
    until: float
    """When there is no more time, as `time.monotonic` has it."""
    catalog: str = "memory"

    def run(self, sql: str) -> Answer:
        """Run a statement to its end. Raises TrinoError, LostError. Source: "Trino client REST API"."""
        began = time.monotonic()
        until = min(self.until, began + _STATEMENT_SECONDS)
        answer = Answer([], [], [], 0.0)
        headers = _HEADERS | {"X-Trino-Catalog": self.catalog}
        request = Request(f"{self.base}/v1/statement", sql.encode(), headers)
        while True:
            page = _page(request, until, sql)
            if error := page.get("error"):
                raise TrinoError(f"{error['errorName']}: {error['message']}\n{sql[:3000]}")
            if columns := page.get("columns"):
                answer.columns = [column["name"] for column in columns]
                answer.types = [column["type"] for column in columns]
            answer.rows += page.get("data", [])
            if "nextUri" not in page:
                answer.seconds = time.monotonic() - began
                answer.bytes = page.get("stats", {}).get("physicalInputBytes", 0)
                return answer
            request = Request(page["nextUri"], headers=headers)


def _page(request: Request, until: float, sql: str) -> dict[str, Any]:
    left = until - time.monotonic()
    if left <= 0:
        raise LostError(f"Trino took too long for\n{sql[:300]}")
    try:
        with urlopen(request, timeout=min(left, _PAGE_SECONDS)) as response:
            found: dict[str, Any] = json.load(response)
    except OSError as error:
        raise LostError(f"Trino does not answer ({error}) to\n{sql[:300]}") from error
    return found
