"""Saved views: what is seen, under a name, in `views.toml`; and the view that was left last."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, fields, is_dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ssmtrail.queries.advice import advice
from ssmtrail.queries.config import state_path, toml_of, views_path
from ssmtrail.queries.errors import StoreError, UsageError
from ssmtrail.queries.filters import Filter
from ssmtrail.queries.model import Scope
from ssmtrail.queries.times import Window, zone_name
from ssmtrail.tui.registry import TITLES
from ssmtrail.tui.source_words import as_one, each_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from ssmtrail.queries.model import Measure
    from ssmtrail.tui.source_words import Words

#: The names of screens in files are the titles of the tabs.
SCREENS: Final = {title.casefold(): name for name, title in TITLES.items()}
_SCREEN_OF: Final[Mapping[str, str]] = {name: screen for screen, name in SCREENS.items()}
#: Written in this order; what is empty is left out.
_TEXTS: Final = ("screen", "from", "to", "where", "sort", "zone", "measure", "unit", "parts")


@dataclass(frozen=True, slots=True)
class SavedView:
    """A view of a source, or of several as one, in words that a file holds."""

    name: str
    source: Words
    screen: str = "sessions"
    start: str = ""
    """As `--from` takes it; a relative one moves with the day."""
    end: str = ""
    where: str = ""
    zone: str = ""
    measure: Measure = "sessions"
    arrangement: Mapping[str, str] = field(default_factory=dict)
    """What the screen adds: its order (`sort`), the unit and parts of usage."""
    columns: tuple[str, ...] = ()
    """Fields of the question in their order, of the list and of `query --view`; none for the usual ones."""
    folder: Path = Path()
    """That of the file, for relative paths."""

    @classmethod
    def of(
        cls, name: str, source: Words, pane: str, scope: Scope, measure: Measure, arrangement: Mapping[str, str],
        columns: tuple[str, ...] = (),
    ) -> SavedView:  # fmt: skip
        """What a pane shows of a source."""
        start, end = scope.window.texts(scope.zone)
        return cls(
            name, source, _SCREEN_OF[pane], start, end, scope.filter.text, scope.zone, measure, dict(arrangement),
            columns,
        )  # fmt: skip

    @classmethod
    def read(cls, entry: Mapping[str, Any], folder: Path) -> SavedView:
        """The view of an entry that was checked. Raises UsageError."""
        name = entry["name"]
        if entry["screen"] not in SCREENS:
            raise UsageError(f"The view {name!r} is of no screen: {entry['screen']!r}; there are {', '.join(SCREENS)}.")
        arrangement = {key: entry[key] for key in ("sort", "unit", "parts") if entry[key]}
        return cls(
            name, as_one(entry["sources"]), entry["screen"], entry["from"], entry["to"], entry["where"], entry["zone"],
            entry["measure"], arrangement, tuple(entry["columns"]), folder,
        )  # fmt: skip

    @property
    def entry(self) -> dict[str, Any]:
        """The entry that `read` understands."""
        texts = {
            "screen": self.screen, "from": self.start, "to": self.end, "where": self.where, "zone": self.zone,
            "measure": self.measure, "sort": "", "unit": "", "parts": "", **self.arrangement,
        }  # fmt: skip
        return {
            "name": self.name,
            "sources": [dict(each) for each in each_of(self.source)],
            **texts,
            "columns": list(self.columns),
        }

    @property
    def pane(self) -> str:
        """The pane that shows it."""
        return SCREENS[self.screen]

    def scope(self, now: datetime, zone: str = "UTC") -> Scope:
        """The scope, now; in the given zone where the view names none. Raises UsageError, FilterError."""
        zone = zone_name(self.zone or zone)
        return Scope(Window.parse(self.start or None, self.end or None, now, zone), Filter.parse(self.where), zone)

    def is_plain(self, zone: str) -> bool:
        """Whether it is what the app begins with anyway."""
        plain = SavedView(self.name, self.source, zone=self.zone, arrangement=self.arrangement)
        order = self.arrangement.get("sort", "-at")
        return replace(self, folder=Path()) == plain and self.zone in ("", zone) and order == "-at"


def toml_text(view: SavedView) -> str:
    """The entry `[[view]]` of a view."""
    entry = view.entry
    lines = ["[[view]]", f"name = {toml_value(view.name)}"]
    sources = [
        ", ".join(f"{name} = {toml_value(value)}" for name, value in each.items()) for each in each_of(view.source)
    ]
    lines.append(f"sources = [{', '.join(f'{{ {source} }}' for source in sources)}]")
    usual = {"measure": "sessions"}
    lines += [f"{key} = {toml_value(entry[key])}" for key in _TEXTS if entry[key] and entry[key] != usual.get(key)]
    if view.columns:
        lines.append(f"columns = {toml_value(view.columns)}")
    return "\n".join(lines) + "\n"


def toml_value(value: object) -> str:
    """A value of TOML on one line: a text, number, list, table of names, or a dataclass without what is None."""
    if isinstance(value, str | Path):
        # A basic string, which has the escapes of JSON; DEL has to be escaped too.
        return json.dumps(str(value), ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, tuple | frozenset):
        return f"[{', '.join(map(toml_value, value))}]"
    if is_dataclass(value):
        value = {each.name: getattr(value, each.name) for each in fields(value)}
    if isinstance(value, Mapping):
        pairs = [f"{toml_value(name)} = {toml_value(each)}" for name, each in value.items() if each is not None]
        return f"{{ {', '.join(pairs)} }}" if pairs else "{}"
    return str(value).lower()


@dataclass(frozen=True, slots=True)
class ViewFiles:
    """The saved views: those of the configuration, then those of the file that the app appends to."""

    path: Path = field(default_factory=views_path)
    configured: tuple[Mapping[str, Any], ...] = ()
    """Entries of the configuration file, which lies in the same folder."""
    left: Path = field(default_factory=lambda: state_path().with_name("last-view.json"))
    """Remembers the view that was left last."""

    def views(self) -> tuple[SavedView, ...]:
        """All views in the order of their names; of equal names the last one counts. Raises UsageError."""
        found = [SavedView.read(entry, self.path.parent) for entry in (*self.configured, *self._entries())]
        by_name = {view.name: view for view in found}
        return tuple(by_name[name] for name in sorted(by_name, key=str.casefold))

    def named(self, name: str) -> SavedView:
        """The view with this name. Raises UsageError, with the nearest name."""
        views = {view.name: view for view in self.views()}
        if name not in views:
            raise UsageError(f"There is no view {name!r} in {self.path}{_advice(name, views)}")
        return views[name]

    def _entries(self) -> Iterable[Mapping[str, Any]]:
        try:
            content = toml_of(self.path)
        except FileNotFoundError:
            return ()
        from ssmtrail.queries.config_schema import checked_views  # imports msgspec

        return checked_views(content, self.path)

    def append(self, view: SavedView) -> None:
        """Write a view behind what the file holds, which stays as it is. Raises UsageError, StoreError.

        The file is written in place: it may be a link into a repository of settings.
        """
        _ = self.views()  # a file with a mistake is not added to
        try:
            text = toml_text(view).encode()
        except UnicodeEncodeError as error:
            raise UsageError("This view cannot be saved: a name in it is no text (UTF-8).") from error
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with os.fdopen(os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600), "ab+") as file:
                size = file.seek(0, os.SEEK_END)
                ends = size == 0 or _last_byte(file.fileno(), size) == b"\n"
                try:
                    _ = file.write((b"" if ends else b"\n") + (b"\n" if size else b"") + text)
                    file.flush()
                except OSError:
                    os.ftruncate(file.fileno(), size)  # half an entry would spoil the file
                    raise
        except OSError as error:
            raise StoreError(f"{self.path} cannot be written: {error.strerror or error}.") from error

    def leave(self, view: SavedView) -> None:
        """Remember the view for the next start, where it can be kept; replaced in one step, where it is another one."""
        from ssmtrail.queries.store.atomic import write_private  # imported late: imports cost start-up time

        with suppress(OSError, StoreError):
            self.left.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            text = json.dumps(view.entry).encode()
            if not self.left.exists() or self.left.read_bytes() != text:
                write_private(self.left, text)

    def left_view(self) -> SavedView | None:
        """The view that was left last; None where none is remembered, or what is remembered is damaged."""
        try:
            entry = json.loads(self.left.read_bytes())
            from ssmtrail.queries.config_schema import checked_views  # imports msgspec

            return SavedView.read(checked_views({"view": [entry]}, self.left)[0], self.left.parent)
        except (OSError, ValueError, RecursionError, UsageError):
            return None


def _last_byte(file: int, size: int) -> bytes:
    return os.pread(file, 1, size - 1)


def _advice(name: str, views: Mapping[str, SavedView]) -> str:
    return f"; {advice(name, views)}" if views else ", which has none yet: ctrl+s in the app saves one."
