"""Reading a source into the store."""

from __future__ import annotations
