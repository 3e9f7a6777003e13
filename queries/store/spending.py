"""What the queries of a store are billed for, by day, month, caller and table; kept when journals forget queries."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Final

import msgspec

from ssmtrail.queries.model import Spent
from ssmtrail.queries.store.atomic import locked, make_private_folder, store_errors
from ssmtrail.queries.store.journal import OVER, RunPurpose, RunState

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from contextlib import AbstractContextManager
    from pathlib import Path

    from ssmtrail.queries.store.journal import Run

_FOLDER: Final = "spent"


class Charge(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a query is billed for: the fields of `Run` that say so."""

    token: str
    asked_at: datetime
    """UTC."""
    state: RunState = "asked"
    bytes: int = 0
    """Scanned so far."""
    reserved: int = 0
    """Bytes that it may scan, by the estimate; 0 where that is unknown."""
    reused: bool = False
    unbilled: bool = False
    provisioned: bool = False
    purpose: RunPurpose = "days"
    caller: str = ""
    """ARN; empty where it was not written."""
    table: str = ""
    """Label of the source, such as `athena audit.cloudtrail`; may be hostile."""

    @property
    def drawn(self) -> int:
        """Bytes that count: those that it scanned; before its end at least those that it may scan."""
        if self.reused or self.unbilled or self.provisioned:
            return 0
        return self.bytes if self.state in OVER or self.state == "answered" else max(1, self.reserved, self.bytes)


_CHARGE: Final = msgspec.json.Decoder(Charge)
_LABEL: Final = msgspec.json.Decoder(dict[str, str])


@dataclass(frozen=True, slots=True)
class Spending:
    """The charges of all tables of a store."""

    root: Path

    @classmethod
    def of(cls, dataset: Path) -> Spending:
        """The spending of the store that has the folder of this table. Raises StoreError."""
        root = dataset.parents[1]
        make_private_folder(root / _FOLDER)
        return cls(root)

    def starting(self) -> AbstractContextManager[None]:
        """Hold the store's lock, so that of two processes one sees the query that the other is about to start."""
        return locked(self.root / _FOLDER / "lock")

    def charges(self, month: date) -> tuple[Charge, ...]:
        """Those of a month (UTC), each query once."""
        # Journals first: a query that one forgets meanwhile is among those that are kept by then.
        latest = {charge.token: charge for charge in self._in_journals(self.root.glob("v*/*/queries"))}
        found = {charge.token: charge for charge in self._kept(month)} | latest
        return tuple(charge for charge in found.values() if _month(charge.asked_at) == _month(month))

    def keep(self, run: Run, table: str, now: datetime) -> None:
        """Keep the charge of a query that its journal forgets. Raises StoreError."""
        charge = Charge(
            run.token, run.asked_at, run.state, run.bytes, run.reserved, run.reused, run.unbilled, run.provisioned,
            run.purpose, run.caller, table,
        )  # fmt: skip
        self._append((charge,), _month(now))

    def keep_all(self, dataset: Path, now: datetime) -> None:
        """Keep the charges of a table whose folder is about to be removed. Raises StoreError."""
        self._append(self._in_journals((dataset / "queries",)), _month(now))

    def _append(self, charges: Iterable[Charge], month: str) -> None:
        """Write the charges of this month; drop those of former months."""
        text = b"".join(msgspec.json.encode(each) + b"\n" for each in charges if _month(each.asked_at) == month)
        path = self._file(month)
        if text:
            with (
                store_errors(f"{path} cannot be written"),
                os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "wb", 0) as file,
            ):
                # The line break first ends a line that a full disk cut.
                file.write(b"\n" + text)
                os.fsync(file.fileno())
        for former in (self.root / _FOLDER).glob("*.jsonl"):
            if former.stem < month:
                with suppress(OSError):  # another process was quicker
                    former.unlink()

    def _kept(self, month: date) -> Iterator[Charge]:
        try:
            lines = self._file(_month(month)).read_bytes().splitlines()
        except OSError:
            return
        for line in filter(None, lines):
            with suppress(msgspec.MsgspecError):  # a line that was cut is still in its journal
                yield _CHARGE.decode(line)

    def _in_journals(self, folders: Iterable[Path]) -> Iterator[Charge]:
        for folder in folders:
            table = _label(folder.parent)
            for path in folder.glob("*.json"):
                with suppress(OSError, msgspec.MsgspecError):
                    yield msgspec.structs.replace(_CHARGE.decode(path.read_bytes()), table=table)

    def _file(self, month: str) -> Path:
        return self.root / _FOLDER / f"{month}.jsonl"


def spent(charges: Iterable[Charge], price: Callable[[int], float], today: date) -> tuple[Spent, ...]:
    """Dollars of this day and month by caller, table and purpose, the highest first."""
    found: dict[tuple[str, str, RunPurpose], list[float]] = {}
    for charge in charges:
        dollars = price(charge.drawn) if charge.drawn else 0.0
        sums = found.setdefault((charge.caller, charge.table, charge.purpose), [0.0, 0.0])
        sums[1] += dollars
        if charge.asked_at.astimezone(UTC).date() == today:
            sums[0] += dollars
    rows = (Spent(*whose, *sums) for whose, sums in found.items())
    return tuple(sorted((row for row in rows if row.month), key=lambda row: (-row.month, row.caller, row.table)))


def _month(moment: date) -> str:
    moment = moment.astimezone(UTC) if isinstance(moment, datetime) else moment
    return f"{moment:%Y-%m}"


def _label(dataset: Path) -> str:
    try:
        found: Mapping[str, str] = _LABEL.decode((dataset / "source.json").read_bytes())
    except (OSError, msgspec.MsgspecError):
        return "?"
    return found.get("source", "?")
