"""The SQL of every kind of table as golden text: `python -m tests.queries.athena.golden_sql` writes it again."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ssmtrail.queries.filters import Filter
from ssmtrail.queries.model import Scope
from ssmtrail.queries.sources.athena.console_queries import console_query
from ssmtrail.queries.sources.athena.statements import extraction
from ssmtrail.queries.times import Window
from tests.queries.athena.kinds import BY_NAME, KINDS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.queries.athena.kinds import Kind

FOLDER: Final = Path(__file__).parent / "golden"
FIRST, LAST = date(2026, 10, 30), date(2026, 11, 3)
WINDOW: Final = Window(datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 11, 8, tzinfo=UTC))
SCOPE: Final = Scope(WINDOW, Filter(), "UTC")
NARROW: Final = Scope(WINDOW, Filter.parse("person:jane* ip:10.0.0.0/8 -kind:tunnel hour:22-06"), "Europe/Berlin")


def golden() -> Iterator[tuple[str, str]]:
    """File name and text of each."""
    for kind in KINDS:
        yield f"{kind.name}.sql", _of_kind(kind)
    table = BY_NAME["projected"].table
    yield "calls.sql", console_query(table, "calls", SCOPE).sql
    yield "pairs.sql", console_query(table, "pairs", NARROW).sql
    yield "usage.sql", console_query(table, "usage", SCOPE, unit="hour").sql
    yield "usage_by_person.sql", console_query(table, "usage", NARROW, unit="week").sql


def _of_kind(kind: Kind) -> str:
    """The extraction of five days; of the console queries what they read, for the rest is the same for all."""
    made = extraction(kind.table, FIRST, LAST)
    usage = console_query(kind.table, "usage", SCOPE)
    read = usage.sql[: usage.sql.index("extracted AS (")]
    return "\n\n-- usage reads\n".join(("\n;\n".join(each.sql for each in made), read))


def renew() -> None:
    """Write all of it, remove what is no kind any more."""
    FOLDER.mkdir(exist_ok=True)
    texts = dict(golden())
    for file in FOLDER.glob("*.sql"):
        if file.name not in texts:
            file.unlink()
    for name, text in texts.items():
        (FOLDER / name).write_text(f"{text}\n", encoding="utf-8")


if __name__ == "__main__":
    renew()
