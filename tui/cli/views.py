"""Saved views on the command line: `open VIEW` and `query --view VIEW`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ssmtrail.queries.relations import FIELDS
from ssmtrail.tui.cli.sources import source_of
from ssmtrail.tui.saved_views import ViewFiles
from ssmtrail.tui.source_words import choice_of

if TYPE_CHECKING:
    from ssmtrail.queries.config import Settings
    from ssmtrail.queries.model import QuestionName
    from ssmtrail.tui.choice import SourceChoice
    from ssmtrail.tui.cli.options import Options
    from ssmtrail.tui.saved_views import SavedView

#: The question of each screen; that of sessions is its measure.
_QUESTIONS: Final[dict[str, QuestionName]] = {
    "matrix": "pairs", "usage": "usage", "people": "people", "machines": "instances", "tunnels": "tunnels",
    "findings": "findings", "doors": "doors",
}  # fmt: skip
#: Options that name a source.
_SOURCES: Final = ("logs", "history", "s3", "trail", "athena", "demo")


def named_view(options: Options, settings: Settings) -> SavedView:
    """The view that the options name. Raises UsageError."""
    assert options.view is not None
    files = ViewFiles(options.views.absolute()) if options.views else ViewFiles(configured=settings.view)
    return files.named(options.view)


def source_of_view(view: SavedView, settings: Settings) -> SourceChoice:
    """The source of a view. Raises UsageError."""
    return choice_of(view.source, settings, view.folder if view.folder != Path() else Path.cwd())


def with_view(options: Options, settings: Settings) -> tuple[Options, Settings, SourceChoice]:
    """What `query` takes: the options with what the view says where they say nothing. Raises UsageError."""
    view = named_view(options, settings)
    question = options.question if options.asked else _QUESTIONS.get(view.screen, view.measure)
    fields = FIELDS.get(question, ()) if question != "records" else ()
    wished = [column for column in view.arrangement.get("sort", "").split(",") if column]
    sort = tuple(column for column in wished if column.removeprefix("-") in fields)
    bounds = options.start or options.end
    filled = replace(
        options,
        question=question,
        start=options.start if bounds else view.start or None,
        end=options.end if bounds else view.end or None,
        where=options.where or view.where,
        tz=options.tz or view.zone or None,
        measure=options.measure or view.measure,
        unit=options.unit or (view.arrangement.get("unit") or None if question == "usage" else None),  # type: ignore[arg-type]
        sort=options.sort or sort,
        columns=options.columns or (() if options.asked else view.columns),
    )
    named = any(getattr(options, name) for name in _SOURCES)
    return filled, settings, source_of(options, settings) if named else source_of_view(view, settings)
