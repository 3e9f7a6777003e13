"""The command line: the one place that picks a source."""

from __future__ import annotations
