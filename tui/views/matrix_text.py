"""Texts of the matrix: headers, the description of a cell, the legend."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from ssmtrail.queries.views import AGAINST, DENIED
from ssmtrail.tui.frame.evidence_text import kind_words, short_kind
from ssmtrail.tui.text import Part, count, plural
from ssmtrail.widgets.matrix_cells import GridRow, Header
from ssmtrail.widgets.text import safe

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ssmtrail.queries.model import Measure
    from ssmtrail.queries.views import CellFacts, Machine, Matrix, MatrixOrder, Person
    from ssmtrail.tui.signs import Signs
    from ssmtrail.tui.text import Clock

#: The rows or the columns.
Axis: TypeAlias = Literal["down", "across"]
#: Axis and index of a header.
Hit: TypeAlias = tuple[Axis, int]

UNKNOWN_MACHINE: Final = "unknown machine"
#: Last characters of an account number or machine id that distinguish equal names.
_TAIL: Final = 4


def full_label(header: Header) -> str:
    """A header's whole label, safe."""
    return safe(header.label + header.tail)


@dataclass(frozen=True, slots=True)
class Side:
    """The headers of one axis; made in a worker, as thousands take milliseconds."""

    headers: tuple[Header, ...]
    places: Mapping[str, int]
    """By key."""
    words: tuple[str, ...]
    """The text that each is found by: name and ids in lower case."""

    @classmethod
    def of(cls, headers: Sequence[Header], words: Sequence[str]) -> Side:
        """From headers and as many search texts."""
        return cls(tuple(headers), {header.key: place for place, header in enumerate(headers)}, tuple(words))

    def place(self, key: str | None) -> int:
        """Index of a key; -1 for None, the header; 0 for an unknown key."""
        return -1 if key is None else self.places.get(key, 0)


@dataclass(frozen=True, slots=True)
class Board:
    """A matrix with its headers."""

    matrix: Matrix
    down: Side
    across: Side

    @classmethod
    def of(cls, matrix: Matrix, accounts: Mapping[str, str]) -> Board:
        """`accounts` are names by account id."""
        people, machines = _people(matrix.people, accounts), _machines(matrix.machines)
        return cls(matrix, machines, people) if matrix.turned else cls(matrix, people, machines)

    def person(self, row_key: str | None, column_key: str | None) -> tuple[Person, Header] | None:
        """The person of a row or a column."""
        key, side = (column_key, self.across) if self.matrix.turned else (row_key, self.down)
        place = side.places.get(key) if key is not None else None
        return None if place is None else (self.matrix.people[place], side.headers[place])

    def machine(self, row_key: str | None, column_key: str | None) -> tuple[Machine, Header] | None:
        """The machine of a row or column."""
        key, side = (row_key, self.down) if self.matrix.turned else (column_key, self.across)
        place = side.places.get(key) if key is not None else None
        return None if place is None else (self.matrix.machines[place], side.headers[place])

    def cells(self, offset: int, limit: int) -> int:
        """How many cells of these rows are not empty."""
        return sum(len(text) for text in self.matrix.packed[offset : offset + limit]) // 16

    def rows(self, offset: int, limit: int) -> list[GridRow]:
        """These rows, unpacked."""
        found = (self.matrix.row(number) for number in range(offset, offset + limit))
        return [GridRow(row.columns, row.counts, row.marks) for row in found]

    def hits(self, text: str) -> list[Hit]:
        """Headers that contain the text, in any case: first those that begin with it; rows before columns."""
        wanted = text.strip().casefold()
        if not wanted:
            return []
        found: list[Hit] = [("down", place) for place, words in enumerate(self.down.words) if wanted in words]
        found += [("across", place) for place, words in enumerate(self.across.words) if wanted in words]
        return sorted(found, key=lambda hit: not self._words(hit).startswith(wanted))

    def _words(self, hit: Hit) -> str:
        side = self.down if hit[0] == "down" else self.across
        return side.words[hit[1]]


def _people(people: Sequence[Person], accounts: Mapping[str, str]) -> Side:
    """Headers of people; equal names get the account's name or the end of its number, in one account the kind."""
    shared = _shared(person.label for person in people)
    alike = _shared(f"{person.label}\n{person.id.account}" for person in people)
    headers, words = [], []
    for person in people:
        account = person.id.account or "?"
        tail = f" {accounts.get(account) or account[-_TAIL:]}" if person.label in shared else ""
        if f"{person.label}\n{person.id.account}" in alike:
            tail = f" {short_kind(person.id.kind)}".rstrip()
        headers.append(Header(person.id.key, person.label, person.count, tail=tail, cut="end"))
        words.append(f"{person.label}\n{account}\n{accounts.get(account, '')}".casefold())
    return Side.of(headers, words)


def _machines(machines: Sequence[Machine]) -> Side:
    """Headers of machines; equal names get the end of the id."""
    shared = _shared(machine.name for machine in machines if machine.name)
    headers, words = [], []
    for machine in machines:
        target, environment = machine.target or "", machine.environment or ""
        label = machine.name or target or UNKNOWN_MACHINE
        tail = f" {target[-_TAIL:]}" if machine.name in shared else ""
        headers.append(Header(target, label, machine.count, environment, tail, "middle"))
        words.append(f"{label}\n{target}\n{environment}".casefold())
    return Side.of(headers, words)


def _shared(names: Iterable[str]) -> set[str]:
    return {name for name, number in Counter(names).items() if number > 1}


ORDERS: Final[Mapping[MatrixOrder, str]] = {"most": "most first", "name": "by name", "last": "last seen first"}
_KINDS: Final = {"port-forward": "tunnel", "remote-port-forward": "tunnel"}
#: Shortest form of a name, cells.
_SHORTEST: Final = 8


@dataclass(frozen=True, slots=True)
class Describer:
    """Describes cells and headers for the line below the grid."""

    clock: Clock
    signs: Signs
    measure: Measure
    accounts: Mapping[str, str]
    """Names by account id."""

    def cell(
        self, person: str, machine: str, cell: tuple[int, str] | None, facts: CellFacts | None
    ) -> Sequence[Part]:  # fmt: skip
        """`jane.doe on web-3: 3 sessions, shell, first 4 Nov 12:04, last 23 Nov 12:04, 0 denied`.

        `cell` is count and mark, None while its row is not unpacked. `facts` are its details, None while they are
        not known and for an empty cell.
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
        against = [self._against(facts)] if mark == AGAINST else []
        if facts is None:
            return [*parts, *against]
        return [*parts, *self._kinds(facts), *against, *self._facts(facts, refused=mark == DENIED)]

    def _against(self, facts: CellFacts | None) -> Part:
        number = facts.against if facts else 0
        text = f"{count(number)} against the policy" if number else "against the policy"
        return self._apart(f"! {text}", "$text-error")

    def person(self, person: Person) -> Sequence[Part]:
        """Name, account, kind, totals, last seen."""
        account = person.id.account
        named = f"{self.accounts.get(account, '')} {account}".strip() if account else "unknown"
        who = [_name(person.label), self._apart(f"account {safe(named)}", rank=2)]
        kind = self._apart(kind_words(person.id.kind), rank=3)
        return [*who, *([kind] if person.id.person else []), *self._totals(person)]

    def machine(self, machine: Machine) -> Sequence[Part]:
        """Name, id, environment, totals, last seen."""
        parts = [_name(machine.name or machine.target or UNKNOWN_MACHINE)]
        if machine.target is None:
            parts.append(self._apart("calls that name no machine", rank=3))
        elif machine.name:
            parts += [Part(f" {self.signs.dot} "), Part(safe(machine.target), "$text-muted", shrinks=_SHORTEST)]
        if machine.environment:
            parts.append(self._apart(safe(machine.environment), rank=2))
        return [*parts, *self._totals(machine)]

    def all(self, matrix: Matrix) -> Sequence[Part]:
        """Totals of the whole matrix."""
        return [
            Part("in all", "bold"),
            Part(f": {plural(matrix.total, self._one)}"),
            self._denied(matrix.denied),
            *self._failed(matrix.failed),
            self._apart(plural(matrix.cells, "cell"), rank=1),
        ]

    @property
    def _one(self) -> str:
        return "call" if self.measure == "calls" else "session"

    def _totals(self, seen: Person | Machine) -> list[Part]:
        return [
            self._apart(plural(seen.count, self._one)),
            self._denied(seen.denied),
            *self._failed(seen.failed),
            self._apart(f"last seen {self.clock.minute(seen.last_seen)}", rank=1),
        ]

    def _kinds(self, facts: CellFacts) -> list[Part]:
        kinds = dict.fromkeys(_KINDS.get(kind, kind) for kind in facts.kinds if kind != "unknown")
        return [Part(f", {safe(kind)}", rank=3) for kind in kinds]

    def _facts(self, facts: CellFacts, *, refused: bool) -> list[Part]:
        parts = []
        if self.measure == "calls":
            parts.append(self._apart(plural(facts.sessions, "session"), rank=4))
        parts += self._times(facts)
        return [*parts, *([] if refused else [self._denied(facts.denied)]), *self._failed(facts.failed)]

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

    def _failed(self, number: int) -> Sequence[Part]:
        return [self._apart(f"{self.signs.bad} {count(number)} failed", "$text-error", rank=2)] if number else []

    def _apart(self, text: str, style: str = "", rank: int = 0) -> Part:
        return Part(f" {self.signs.dot} {text}", style, rank)


def _name(text: str) -> Part:
    return Part(safe(text), "bold", shrinks=_SHORTEST)


def legend_of(order: MatrixOrder, signs: Signs, *, judged: bool = False) -> Sequence[Part]:
    """The order and the marks; that of the access policy where cells are `judged` by one."""
    gap = "   "
    return [
        Part(ORDERS[order]),
        *([Part(f"{gap}!", "$text-error"), Part(" against the policy")] if judged else []),
        Part(f"{gap}{signs.bad}", "$text-error"),
        Part(" denied only, in no sum"),
        Part(f"{gap}{signs.first}", "$text-accent"),
        Part(" first ever"),
        Part(f"{gap}{signs.tunnel} tunnels only"),
    ]
