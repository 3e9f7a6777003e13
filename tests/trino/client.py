"""Trino's HTTP protocol, as much of it as a test needs."""

from __future__ import annotations

import json
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.request import Request, urlopen

if TYPE_CHECKING:
    import subprocess

_HEADERS = {
    "X-Trino-User": "ssmtrail",
    "X-Trino-Source": "tests",
    "X-Trino-Catalog": "memory",
    "X-Trino-Schema": "default",
    "X-Trino-Time-Zone": "UTC",
}


class TrinoError(Exception):
    """A statement failed; the message is Trino's."""


@dataclass
class Answer:
    """Rows of an answer."""

    columns: list[str]
    types: list[str]
    rows: list[list[Any]]
    seconds: float

    @property
    def dicts(self) -> list[dict[str, Any]]:
        """The rows by column."""
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]


@dataclass
class Client:
    """A way to a Trino; statements run one after another."""

    base: str
    process: subprocess.Popen[str]
    _drain: threading.Thread = field(init=False)

    def __post_init__(self) -> None:
        # What the server goes on telling must not fill the pipe.
        self._drain = threading.Thread(target=self._read_on, daemon=True)
        self._drain.start()

    def _read_on(self) -> None:
        assert self.process.stdout is not None
        for _ in self.process.stdout:
            pass

    def run(self, sql: str) -> Answer:
        """Run a statement to its end. Raises TrinoError. Source: "Trino client REST API"."""
        began = time.monotonic()
        answer = Answer([], [], [], 0.0)
        page = self._get(Request(f"{self.base}/v1/statement", sql.encode(), _HEADERS))
        while True:
            if error := page.get("error"):
                raise TrinoError(f"{error['errorName']}: {error['message']}\n{sql[:3000]}")
            if columns := page.get("columns"):
                answer.columns = [column["name"] for column in columns]
                answer.types = [column["type"] for column in columns]
            answer.rows += page.get("data", [])
            if "nextUri" not in page:
                answer.seconds = time.monotonic() - began
                return answer
            page = self._get(Request(page["nextUri"], headers=_HEADERS))

    def _get(self, request: Request) -> dict[str, Any]:
        with urlopen(request, timeout=300) as response:
            found: dict[str, Any] = json.load(response)
            return found
