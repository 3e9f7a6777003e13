"""The matrix in words: what is under its cursor, its order, its marks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from queries.views import DENIED
from tui.present.board import UNKNOWN_MACHINE
from tui.present.parts import Part
from tui.present.words import count, plural
from widgets.safe_text import safe

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from queries.values import Measure
    from queries.views import CellFacts, Machine, Matrix, MatrixOrder, Person
    from tui.present.signs import Signs
    from tui.present.times import Clock

ORDERS: Final[Mapping[MatrixOrder, str]] = {"most": "most first", "name": "by name", "last": "last seen first"}
_KINDS: Final = {"port-forward": "tunnel", "remote-port-forward": "tunnel"}
#: A name is not shortened to less, cells.
_SHORTEST: Final = 8


@dataclass(frozen=True, slots=True)
class Teller:
    """Says what a reader in this zone, at this terminal, by this measure, sees."""

    clock: Clock
    signs: Signs
    measure: Measure
    accounts: Mapping[str, str]
    """Names by account id."""

    def cell(
        self, person: str, machine: str, cell: tuple[int, str] | None, facts: CellFacts | None
    ) -> Sequence[Part]:  # fmt: skip
        """`jane.doe on web-3: 3 sessions, shell, first 4 Nov 12:04, last 23 Nov 12:04, 0 denied`.

        `cell` is what the matrix knows, count and mark; None while it is not here. So are the facts, which only a cell
        that is not empty has.
        """
        parts = [_name(person), Part(" on "), _name(machine)]
        if cell is None:
            return parts
        number, mark = cell
        if not number:
            none = "no call" if self.measure == "calls" else "no session, none denied"
            return [*parts, Part(f": {none}", "$text-muted")]
        if mark == DENIED:
            parts.append(Part(f": {self.signs.bad} {count(number)} denied", "$text-error"))
        else:
            parts.append(Part(f": {plural(number, self._one)}"))
        return parts if facts is None else [*parts, *self._facts(facts, refused=mark == DENIED)]

    def person(self, person: Person) -> Sequence[Part]:
        """Their account, their totals, when they were seen last."""
        account = person.id.account
        named = f"{self.accounts.get(account, '')} {account}".strip() if account else "unknown"
        who = [_name(person.label), self._apart(f"account {safe(named)}", rank=2)]
        return [*who, *self._totals(person)]

    def machine(self, machine: Machine) -> Sequence[Part]:
        """Its id, its environment, its totals, when it was seen last."""
        parts = [_name(machine.name or machine.target or UNKNOWN_MACHINE)]
        if machine.target is None:
            parts.append(self._apart("what names no machine", rank=3))
        elif machine.name:
            parts += [Part(f" {self.signs.dot} "), Part(safe(machine.target), "$text-muted", shrinks=_SHORTEST)]
        if machine.environment:
            parts.append(self._apart(safe(machine.environment), rank=2))
        return [*parts, *self._totals(machine)]

    def all(self, matrix: Matrix) -> Sequence[Part]:
        """What all of it comes to."""
        return [
            Part("in all", "bold"),
            Part(f": {plural(matrix.total, self._one)}"),
            self._denied(matrix.denied),
            self._apart(plural(matrix.cells, "cell"), rank=1),
        ]

    @property
    def _one(self) -> str:
        return "call" if self.measure == "calls" else "session"

    def _totals(self, seen: Person | Machine) -> list[Part]:
        return [
            self._apart(plural(seen.count, self._one)),
            self._denied(seen.denied),
            self._apart(f"last seen {self.clock.minute(seen.last_seen)}", rank=1),
        ]

    def _facts(self, facts: CellFacts, *, refused: bool) -> list[Part]:
        kinds = dict.fromkeys(_KINDS.get(kind, kind) for kind in facts.kinds if kind != "unknown")
        parts = [Part(f", {safe(kind)}", rank=3) for kind in kinds]
        if self.measure == "calls":
            parts.append(self._apart(plural(facts.sessions, "session"), rank=4))
        parts += self._times(facts)
        return parts if refused else [*parts, self._denied(facts.denied)]

    def _times(self, facts: CellFacts) -> list[Part]:
        if facts.first_seen is None or facts.last_seen is None:
            return []
        first, last = self.clock.minute(facts.first_seen), self.clock.minute(facts.last_seen)
        parts = [self._apart(f"first ever {first}", "$text-accent", rank=1)] if facts.first_ever else []
        if first != last and not facts.first_ever:
            parts.append(self._apart(f"first {first}", rank=2))
        if first != last or not facts.first_ever:
            parts.append(self._apart(f"last {last}", rank=1 if not facts.first_ever else 2))
        return parts

    def _denied(self, number: int) -> Part:
        if not number:
            return self._apart("0 denied", "$text-muted", rank=5)
        return self._apart(f"{self.signs.bad} {count(number)} denied", "$text-error")

    def _apart(self, text: str, style: str = "", rank: int = 0) -> Part:
        return Part(f" {self.signs.dot} {text}", style, rank)


def _name(text: str) -> Part:
    return Part(safe(text), "bold", shrinks=_SHORTEST)


def legend_of(order: MatrixOrder, signs: Signs) -> Sequence[Part]:
    """The order, the marks."""
    gap = "   "
    return [
        Part(ORDERS[order]),
        Part(f"{gap}{signs.bad}", "$text-error"),
        Part(" denied only, in no sum"),
        Part(f"{gap}{signs.first}", "$text-accent"),
        Part(" first ever"),
        Part(f"{gap}{signs.tunnel} tunnels only"),
    ]
