"""A matrix as a grid shows it: headers, cells, the words by which they are found."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from widgets.matrix_cells import GridRow, Header
from widgets.safe_text import safe

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from queries.views import Machine, Matrix, Person

#: People or machines that stand down, or across.
Axis: TypeAlias = Literal["down", "across"]
#: Where something stands: down or across, at which place.
Hit: TypeAlias = tuple[Axis, int]

UNKNOWN_MACHINE: Final = "unknown machine"
#: Characters of an account's number, of a machine's id, that tell apart what has the same name.
_TAIL: Final = 4


def full_label(header: Header) -> str:
    """A header's whole label, safe."""
    return safe(header.label + header.tail)


@dataclass(frozen=True, slots=True)
class Side:
    """People or machines in their order; made in a worker, for thousands take milliseconds."""

    headers: tuple[Header, ...]
    places: Mapping[str, int]
    """By key."""
    words: tuple[str, ...]
    """What each is found by: name and ids in small letters."""

    @classmethod
    def of(cls, headers: Sequence[Header], words: Sequence[str]) -> Side:
        """Of as many words as headers."""
        return cls(tuple(headers), {header.key: place for place, header in enumerate(headers)}, tuple(words))

    def place(self, key: str | None) -> int:
        """Where a key stands: -1 for none, which is the header; 0 for one that is not there."""
        return -1 if key is None else self.places.get(key, 0)


@dataclass(frozen=True, slots=True)
class Board:
    """A matrix with the headers that it is shown under."""

    matrix: Matrix
    down: Side
    across: Side

    @classmethod
    def of(cls, matrix: Matrix, accounts: Mapping[str, str]) -> Board:
        """`accounts` are names by account id."""
        people, machines = _people(matrix.people, accounts), _machines(matrix.machines)
        return cls(matrix, machines, people) if matrix.turned else cls(matrix, people, machines)

    def person(self, row_key: str | None, column_key: str | None) -> tuple[Person, Header] | None:
        """The person of a row or column."""
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
        """Who and what contains the text, in any case: first what begins with it; down before across."""
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
    """People of one name in several accounts are told apart by the account's name, or by the end of its number."""
    shared = _shared(person.label for person in people)
    headers, words = [], []
    for person in people:
        account = person.id.account or "?"
        tail = f" {accounts.get(account) or account[-_TAIL:]}" if person.label in shared else ""
        headers.append(Header(person.id.key, person.label, person.count, tail=tail, cut="end"))
        words.append(f"{person.label}\n{account}\n{accounts.get(account, '')}".casefold())
    return Side.of(headers, words)


def _machines(machines: Sequence[Machine]) -> Side:
    """Machines of one name are told apart by the end of their ids."""
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
