"""Saved views on the command line: `open VIEW` and `query --view VIEW`."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from ssmtrail.queries.relations import FIELDS, SCREEN_COLUMNS
from ssmtrail.queries.times import Window, utc_text, zone_name
from ssmtrail.tui.cli.sources import names_source, source_of
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
#: Questions that count nothing.
_UNMEASURED: Final = ("as-of", "records")


def named_view(options: Options, settings: Settings) -> SavedView:
    """The view that the options name. Raises UsageError."""
    assert options.view is not None
    files = ViewFiles(options.views.absolute()) if options.views else ViewFiles(configured=settings.view)
    return files.named(options.view)


def with_view(options: Options, settings: Settings) -> tuple[Options, SourceChoice]:
    """The options with what the view says where they say nothing, and the source. Raises UsageError."""
    view = named_view(options, settings)
    question = options.question if options.asked else _QUESTIONS.get(view.screen, view.measure)
    fields = FIELDS.get(question, ()) if question != "records" else ()
    wished = [column for column in view.arrangement.get("sort", "").split(",") if column]
    sort = tuple(column for column in wished if column.removeprefix("-") in fields)
    screen_only = SCREEN_COLUMNS.get(question, ()) if question != "records" else ()  # such as a list's length
    columns = tuple(column for column in view.columns if column not in screen_only)
    # The view's own bounds are in its own zone.
    own = Window.parse(view.start or None, view.end or None, datetime.now(UTC), zone_name(view.zone or "UTC"))
    start, end = (utc_text(bound) if bound is not None else None for bound in (own.start, own.end))
    bounds = options.start or options.end
    filled = replace(
        options,
        question=question,
        start=options.start if bounds else start,
        end=options.end if bounds else end,
        where=options.where or view.where,
        tz=options.tz or view.zone or None,
        measure=options.measure or (None if question in _UNMEASURED else view.measure),
        unit=options.unit or (view.arrangement.get("unit") or None if question == "usage" else None),  # type: ignore[arg-type]
        sort=options.sort or sort,
        columns=options.columns or (() if options.asked else columns),
    )
    if names_source(options):
        return filled, source_of(options, settings)
    return filled, choice_of(view.source, settings, view.folder)
