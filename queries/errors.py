"""The few errors that the core raises, each in words for the user."""

from __future__ import annotations


class TrailError(Exception):
    """Anything that the core can say to a user; the message is a whole sentence."""


class UsageError(TrailError):
    """What was asked for cannot be meant: a bad window, zone, column or option."""


class FilterError(UsageError):
    """A filter that cannot be read.

    Attributes:
        message: What is wrong, as a sentence.
        position: Where it starts in the text, in characters from 0.
        length: How many characters it covers, at least 1.
    """

    def __init__(self, message: str, position: int, length: int = 1) -> None:
        super().__init__(message)
        self.message = message
        self.position = position
        self.length = max(1, length)


class SourceError(TrailError):
    """The source cannot be read at all: no such folder, no permission, no logs."""


class StoreError(TrailError):
    """The store cannot be read or written: disk full, no permission."""


class Cancelled(TrailError):  # noqa: N818 - not a fault, an answer
    """The user asked to stop; what was whole at that moment is kept."""

    def __init__(self) -> None:
        super().__init__("cancelled")
