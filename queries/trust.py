"""Which names are evidence: role session names that tools make, and brokers whose source identities are believed."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from functools import cached_property, lru_cache
from importlib.resources import files
from typing import Final

#: Names of a shape that no person types: an instance's id, digits, `session` and digits, 32 hexadecimal digits, a UUID.
_SHAPES: Final = (
    "m?i-[0-9a-f]{8,17}",
    "[0-9]+",
    "session[0-9-]+",
    "[0-9a-f]{32}",
    "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",
)


@lru_cache(maxsize=1)
def _tool_names() -> tuple[str, ...]:
    """The names of `tool_names.txt`, with `*` for any text."""
    lines = files("ssmtrail.queries").joinpath("tool_names.txt").read_text("utf-8").splitlines()
    return tuple(line for line in map(str.strip, lines) if line and not line.startswith("#"))


@dataclass(frozen=True)
class Trust:
    """What the section `[trust]` of the configuration says of names."""

    session_names: tuple[str, ...] = ()
    """More role session names that no person types; `*` stands for any text."""
    source_identity_from: tuple[str, ...] = ()
    """ARNs of brokers: the source identities that they set are believed before the caller."""

    @cached_property
    def tool_name_pattern(self) -> str:
        """A regular expression for Python, DuckDB and Trino of role session names that tools make."""
        globs = (_expression(name) for name in (*_tool_names(), *self.session_names))
        return f"(?i)^({'|'.join((*_SHAPES, *globs))})$"

    @cached_property
    def digest(self) -> str:
        """Changes whenever answers may change with it."""
        text = "\n".join((self.tool_name_pattern, *sorted(self.source_identity_from)))
        return hashlib.sha256(text.encode()).hexdigest()[:8]


#: What the product knows by itself.
DEFAULT_TRUST: Final = Trust()


def _expression(glob: str) -> str:
    return ".*".join(re.escape(part).replace(r"\-", "-") for part in glob.split("*"))
