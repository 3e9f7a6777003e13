"""Answers that are not AWS's: the page of a proxy, or of a network that wants a login first.

AWS's library takes a page for an answer without any rows, which would read as "nothing happened".
Imports AWS's library: import this where it is loaded anyway.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import BotoCoreError
from botocore.parsers import ResponseParserError

if TYPE_CHECKING:
    from boto3 import Session

_PAGES: Final = (b"<!doctype html", b"<html")
#: AWS's own load balancers answer with a page where a service is down; that is retried like any other failure.
_FIRST_FAILURE: Final = 500
#: Refusals are taken in any form.
_FIRST_REFUSAL: Final = 300
#: Protocols of services whose answers are JSON objects.
_JSON: Final = ("json", "rest-json")


class ForeignAnswerError(BotoCoreError):  # type: ignore[misc]  # botocore has no types
    """Something else than AWS answered."""

    fmt = "{what}"


#: What a call raises whose answer is none of AWS: a page, or text that is not in the form of the service.
NOT_AWS: Final = (ForeignAnswerError, ResponseParserError)


def refuse_foreign_answers(session: Session) -> None:
    """Have all clients that are made of a session from now on raise ForeignAnswerError for a page or other text."""
    session.events.register("before-parse", _refuse_foreign)


def _refuse_foreign(response_dict: Any, operation_model: Any, **_: Any) -> None:
    body, status = response_dict["body"], response_dict["status_code"]
    if not isinstance(body, bytes):  # an object's content is a stream
        return
    start = body.lstrip()[: len(_PAGES[0])].lower()
    is_page = start.startswith(_PAGES) and status < _FIRST_FAILURE
    is_json = operation_model.service_model.resolved_protocol in _JSON
    if is_page or (is_json and status < _FIRST_REFUSAL and start and not start.startswith(b"{")):
        raise ForeignAnswerError(what="a page or other text")
