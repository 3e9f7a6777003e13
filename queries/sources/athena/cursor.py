"""PyAthena's cursor with a request token, and the converter that leaves values as Athena's text.

This module imports PyAthena (a quarter of a second): only `client.connected` imports it.
"""

from __future__ import annotations

from typing import Any

from pyathena.converter import Converter
from pyathena.cursor import Cursor


class TokenCursor(Cursor):
    """Starts a query under a request token, or follows a query that has already been started.

    Athena treats two requests with one token as one query, so a request whose answer was lost can be sent again.
    `owner` is the account that has to own the bucket of the results; PyAthena does not know this setting.
    Source: `ClientRequestToken` and `ResultConfiguration` of "StartQueryExecution", Athena API Reference.
    """

    def __init__(self, *, token: str, started_id: str = "", owner: str | None = None, **settings: Any) -> None:
        super().__init__(**settings)
        self._token = token
        self._started_id = started_id
        self._owner = owner

    def _start_query_execution(self, request: dict[str, Any]) -> str:
        if self._started_id:
            return self._started_id
        request = {**request, "ClientRequestToken": self._token}
        if self._owner:
            of_results = request.get("ResultConfiguration", {})
            request["ResultConfiguration"] = {**of_results, "ExpectedBucketOwner": self._owner}
        return super()._start_query_execution(request)


class TextConverter(Converter):
    """Leaves every value as the text that Athena sends; NULL is None."""

    def __init__(self) -> None:
        super().__init__(mappings={})

    def convert(self, type_: str, value: str | None, type_hint: str | None = None) -> str | None:
        """The value itself."""
        return value
