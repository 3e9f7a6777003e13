"""One file a view, beside its columns and its words."""

from __future__ import annotations
