"""Parts of a page for people without a terminal: one HTML file that loads nothing, runs nothing, and prints on A4."""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING, Final

from ssmtrail.queries.views import DENIED
from ssmtrail.widgets.text import safe

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ssmtrail.queries.views import Matrix, Usage

#: People, machines and bars that are shown.
_PEOPLE: Final = 30
_MACHINES: Final = 12
_BARS: Final = 400
#: Characters of a piece of a word that is never broken: longer ones would widen tables of many columns.
_SHORT: Final = 14
#: Where lines are broken: at blanks and hyphens by themselves, and behind these signs of addresses and paths.
_PIECES: Final = re.compile(r"[\s@/:_-]")
_MAY_BREAK: Final = re.compile(r"([@/:_])(?=\S)")
#: Dates, times, accounts: these are kept in one line.
_FIGURES: Final = re.compile(r"[\d:TZ-]{1,20}")
#: Columns of a table of names and values.
_FACTS: Final = 2
_WIDTH: Final = 720
_HEIGHT: Final = 120

_STYLE: Final = """
@page { size: A4; margin: 14mm }
body { font: 10pt/1.4 sans-serif; color: #111; max-width: 190mm; margin: 0 auto; padding: 8px }
h1 { font-size: 16pt; margin: 0 } h2 { font-size: 12pt; margin: 18px 0 4px; break-after: avoid }
table { border-collapse: collapse; font-size: 8.5pt; width: 100% } tr { break-inside: avoid }
th, td { border: 1px solid #bbb; padding: 2px 4px; text-align: left; vertical-align: top; overflow-wrap: anywhere }
.s { overflow-wrap: normal } .w { white-space: nowrap } .facts { width: auto; min-width: 50% }
th { background: #eee } .n { text-align: right; overflow-wrap: normal } thead { display: table-header-group }
td:empty { height: 1.4em } .bad { background: #fdd } .note { color: #444 } svg { width: 100%; height: auto }
"""


def page(title: str, parts: Iterable[str]) -> str:
    """The whole page; `parts` are HTML."""
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        '<meta name="viewport" content="width=device-width"><meta name="referrer" content="no-referrer">'
        f"<title>{text(title)}</title><style>{_STYLE}</style></head><body>\n" + "\n".join(parts) + "\n</body></html>\n"
    )


def text(value: object) -> str:
    """A value as text of the page: escaped, control characters shown."""
    return "" if value is None else escape(safe(str(value)))


def table(head: Sequence[str], rows: Iterable[Sequence[object]], numbers: frozenset[int] = frozenset()) -> str:
    """Rows under their names; `numbers` are columns that are set to the right."""
    start = '<table class="facts">' if len(head) == _FACTS else "<table>"
    lines = [f"{start}<thead><tr>{''.join(_cell('th', name) for name in head)}</tr></thead><tbody>"]
    for row in rows:
        cells = (_cell("td", value, is_number=place in numbers) for place, value in enumerate(row))
        lines.append(f"<tr>{''.join(cells)}</tr>")
    return "\n".join([*lines, "</tbody></table>"])


def _cell(tag: str, value: object, *, is_number: bool = False) -> str:
    """A cell; long words may be broken anywhere, so that no name widens the page, short ones are not."""
    shown = text(value)
    if _FIGURES.fullmatch(shown):
        return f'<{tag} class="{"n" if is_number else "w"}">{shown}</{tag}>'
    short = all(len(piece) <= _SHORT for piece in _PIECES.split(shown))
    style = "n" if is_number else "s" if shown and short else ""
    shown = _MAY_BREAK.sub(r"\1<wbr>", shown)
    return f'<{tag} class="{style}">{shown}</{tag}>' if style else f"<{tag}>{shown}</{tag}>"


def bullets(lines: Iterable[str]) -> str:
    """Sentences under each other."""
    return "\n".join(["<ul>", *(f"<li>{text(line)}</li>" for line in lines), "</ul>"])


def usage_chart(usage: Usage | None) -> list[str]:
    """Sessions over time as bars; nothing where there are too many."""
    if usage is None or not usage.buckets or len(usage.buckets) > _BARS:
        return []
    most = max(*usage.totals, 1)
    step = _WIDTH / len(usage.buckets)
    bars = []
    for number, (moment, count) in enumerate(zip(usage.buckets, usage.totals, strict=True)):
        height = _HEIGHT * count / most
        words = f"{moment:%Y-%m-%d %H:%M}: {count:,}"
        bars.append(
            f'<rect x="{number * step:.2f}" y="{_HEIGHT - height:.2f}" width="{max(step - 1, 0.5):.2f}"'
            f' height="{height:.2f}" fill="#357"><title>{text(words)}</title></rect>'
        )
    first, last = usage.buckets[0], usage.buckets[-1]
    end = f'<text x="{_WIDTH}" y="{_HEIGHT + 12}" font-size="10" text-anchor="end">{last:%Y-%m-%d}</text></svg>'
    drawn = [
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT + 16}" role="img" aria-label="Sessions by {usage.unit}, at most {most}">',
        *bars,
        f'<text x="0" y="{_HEIGHT + 12}" font-size="10">{first:%Y-%m-%d}</text>{end}',
    ]
    return [
        f"<h2>Sessions by {usage.unit}</h2>",
        "\n".join(drawn),
        f'<p class="note">The highest bar is {most:,}.</p>',
    ]


def cut_note(shown: int, number: int, more: str) -> str:
    """A note that a list is cut, and where the rest is; empty where it is whole."""
    return f'<p class="note">{shown:,} of {number:,}; {more}.</p>' if number > shown else ""


def matrix_table(matrix: Matrix | None, more: str) -> list[str]:
    """Sessions by person and machine; `more` says where those are that are not shown."""
    if matrix is None or not matrix.people:
        return []
    machines = matrix.machines[:_MACHINES]
    rows = []
    for number, person in enumerate(matrix.people[:_PEOPLE]):
        found = matrix.row(number)
        cells: list[object] = [""] * len(machines)
        for column, count, mark in zip(found.columns, found.counts, found.marks, strict=True):
            if column < len(machines):
                cells[column] = f"{count:,} denied" if mark == DENIED else f"{count:,}"
        rows.append((person.label, *cells, f"{person.count:,}"))
    cut = []
    if len(matrix.people) > len(rows):
        cut.append(f"{len(rows):,} of {len(matrix.people):,} people")
    if len(matrix.machines) > len(machines):
        cut.append(f"{len(machines):,} of {len(matrix.machines):,} machines")
    head = ("person", *(machine.name or machine.target or "unknown" for machine in machines), "all")
    words = f'<p class="note">{" and ".join(cut)}; {more}.</p>' if cut else ""
    return ["<h2>Sessions by person and machine</h2>", table(head, rows, frozenset(range(1, len(head)))), words]
