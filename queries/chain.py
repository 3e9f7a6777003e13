"""The chain of evidence of a session: the calls that issued its credentials, back to the first caller."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, cast

from ssmtrail.queries.engine import run
from ssmtrail.queries.model import ChainLink
from ssmtrail.queries.relations import utc_time
from ssmtrail.queries.store.derive import step
from ssmtrail.queries.window_sql import inside

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from duckdb import DuckDBPyConnection

    from ssmtrail.queries.snapshot import Snapshot
    from ssmtrail.queries.times import Window

#: As many as `callers.sql` follows.
_MOST_HOPS: Final = 10
_NAMED: Final = "event_name, event_time, credential, role_session, issued_at, named, named_kind, role, session_name"
#: Seconds between a call without a key and the call that issued its credentials.
_APART: Final = 2.0


@dataclass(frozen=True, slots=True)
class _Issued:
    """A row of `chain.sql`."""

    access_key: str | None
    role_session: str | None
    issued_at: datetime
    event_id: str | None
    shared_id: str | None
    caller_key: str | None
    person: str | None
    kind: str
    call: str | None
    identity_type: str | None
    caller: str | None
    caller_role: str | None
    role: str | None
    given_name: str | None


@dataclass(frozen=True, slots=True)
class _Credentials:
    """What identifies credentials: an access key, or where a record has none the role session and when it began."""

    access_key: str | None
    role_session: str | None = None
    issued_at: datetime | None = None

    def issued_by(self, row: _Issued) -> bool:
        """Whether this call issued them."""
        if self.role_session is None or self.issued_at is None:
            return row.access_key == self.access_key
        return row.role_session == self.role_session and abs((row.issued_at - self.issued_at).total_seconds()) <= _APART


def chain_of(
    connection: DuckDBPyConnection, snapshot: Snapshot, window: Window, segment: str, row: int, event_id: str | None
) -> tuple[ChainLink, ...]:
    """How the caller of a call came to its credentials: the first known caller first, the call itself last.

    The call is row `row` of a segment. Only calls in the window and its look-around are followed. Where a call is not
    there, the chain begins with a caller whose name AWS did not set (`caller_kind` is `role-session` or `unknown`).
    """
    own = f"SELECT * FROM ({snapshot.derived.raw_calls([segment])}) WHERE segment_row = {int(row)}"
    found = run(connection, f"SELECT {_NAMED} FROM ({step('parsed', raw_calls=own)})")
    if not found:
        return ()
    name, at, credential, role_session, issued_at, named, kind, role, session_name = cast("tuple[str, ...]", found[0])
    last = ChainLink(event_id, utc_time(cast("datetime", at)), name, session_name or named, kind, role)
    if credential is None:
        return (last,)
    begun = cast("datetime | None", issued_at)
    wanted = _Credentials(None if begun else credential, role_session if begun else None, begun)
    return (*reversed(list(_followed(connection, snapshot, window, wanted))), last)


def _followed(
    connection: DuckDBPyConnection, snapshot: Snapshot, window: Window, wanted: _Credentials
) -> Iterator[ChainLink]:
    """The links from the last to the first."""
    around = window.look_around(snapshot.look_around_days)
    calls = (
        f"SELECT * FROM ({snapshot.derived.raw_calls()}) WHERE issues_key(eventsource, eventname)"
        f" AND {inside(around, 'time_of(eventtime)')}"
    )
    for _ in range(_MOST_HOPS):
        copies = _copies(connection, calls, wanted)
        if not copies:
            return
        yield _link(copies)
        key = min((copy.caller_key for copy in copies if copy.caller_key), default=None)
        if key is None or any(copy.person for copy in copies):
            return
        wanted = _Credentials(key)


def _copies(connection: DuckDBPyConnection, calls: str, wanted: _Credentials) -> Sequence[_Issued]:
    """The call that issued credentials, with its copies in other accounts; those that name a person first."""
    raw = (
        f"WITH answered AS MATERIALIZED (SELECT * FROM ({calls}) WHERE contains(responseelements, $1))"
        f" FROM answered UNION ALL SELECT * FROM ({calls}) ANTI JOIN answered USING (segment, segment_row)"
        " WHERE sharedeventid IN (SELECT sharedeventid FROM answered WHERE sharedeventid <> '')"
    )
    sql = step("chain", raw_calls=raw, issued=step("issued", raw_calls=raw))
    text = wanted.role_session or wanted.access_key
    rows = [_Issued(*row) for row in run(connection, sql, [text])]  # type: ignore[arg-type]
    own = [row for row in rows if wanted.issued_by(row)]
    one = {row.shared_id for row in own if row.shared_id}
    return own + [row for row in rows if row not in own and row.access_key is None and row.shared_id in one]


def _link(copies: Sequence[_Issued]) -> ChainLink:
    best = next((copy for copy in copies if copy.person), next((copy for copy in copies if copy.caller_key), copies[0]))
    role = next((copy.role for copy in copies if copy.role), None)
    name = next((copy.given_name for copy in copies if copy.given_name), None)
    return ChainLink(
        best.event_id, utc_time(best.issued_at), best.call or "", best.person or best.caller, best.kind,
        None if best.person else best.caller_role, role, name,
    )  # fmt: skip
