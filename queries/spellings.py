"""Which values a filter that ignores case could take for others."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from queries.engine import statement

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from queries.filters import Key
    from queries.values import Scope

#: Keys whose values the dictionary knows one and all.
_KNOWN: Final = frozenset({"person", "account", "role", "dest", "ip", "target"})


@dataclass(frozen=True, slots=True)
class Spellings:
    """What is known of spellings at one moment."""

    ambiguous: frozenset[tuple[str, str]]
    """Key of the filter language, and a value that is not the only one of its kind."""

    @classmethod
    def of(cls, connection: DuckDBPyConnection) -> Spellings:
        """Those of the dictionary as it is now."""
        return cls(frozenset(connection.execute(statement("spellings")).fetchall()))

    def readable(self, scope: Scope) -> Scope:
        """The scope with `key:value` in place of `key:=value` where both hold the same."""
        return replace(scope, filter=scope.filter.relaxed(self._is_alone))

    def _is_alone(self, key: Key, value: str) -> bool:
        return key.name in _KNOWN and (key.name, value) not in self.ambiguous
