"""The terminal below the toolkit: what is sent, what is read. The only place that uses private names of Textual."""

from __future__ import annotations
