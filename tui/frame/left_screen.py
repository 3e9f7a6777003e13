"""Keeps the screen that is left, so that the next start can show it at once; see `ssmtrail.tui.terminal.early`."""

from __future__ import annotations

import asyncio
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from ssmtrail.queries.config import cache_root, config_path, state_path, views_path
from ssmtrail.queries.errors import StoreError
from ssmtrail.queries.store.atomic import write_private
from ssmtrail.queries.store.folders import dataset_folder, integrity_file
from ssmtrail.tui.frame.list_pane import ListPane
from ssmtrail.tui.frame.text import running
from ssmtrail.tui.terminal import early

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from ssmtrail.queries.trail import Trail
    from ssmtrail.tui.context import AppContext
    from ssmtrail.tui.frame.frame import Frame
    from ssmtrail.tui.terminal.app import TerminalApp

#: Seconds that leaving waits at most for a list to be painted from its top.
_PAINTED: Final = 0.2


async def keep_screen(app: TerminalApp, frame: Frame, *, words: Sequence[str] | None) -> None:
    """Keep the list that is seen, as the next start will show it. `words` opened its source; None is none of them.

    Nothing is kept of another view, of what was drilled into, or while something is read: the next start begins
    otherwise.
    """
    context, stack = frame.context, frame.stack
    trail = context.workers.opened
    is_list = app.screen is frame and stack.settled and len(stack.levels) == 1 and isinstance(stack.pane, ListPane)
    is_whole = not (context.panel or context.ago or context.failure or (context.progress and running(context.progress)))
    asked = sys.argv[1:] if words is None else words
    if not (is_list and is_whole and trail and context.views and early.may_keep(asked) and _is_local(context)):
        return
    assert isinstance(stack.pane, ListPane)
    stack.pane.table.action_first()
    stack.pane.table.cursor_column, stack.pane.table.widths = 0, {}
    frame.keep_view(at_once=True)
    painted = asyncio.Event()
    stack.pane.table.call_after_refresh(painted.set)
    with suppress(TimeoutError):
        await asyncio.wait_for(painted.wait(), _PAINTED)
        said = f" as you left it on {context.now():%d %b %H:%M} UTC"
        picture = app.painter.whole(app.size.height, (app.size.height - 2, said))
        paths = [str(path) for path in _deciding(trail, context)]
        is_dated = bool(stack.scope.window.moving) or "demo" in context.source
        text = early.text_of(picture, paths, asked, is_dated=is_dated)
        with suppress(StoreError, OSError):  # the next start is slower
            write_private(early.place(), text)


def _is_local(context: AppContext) -> bool:
    """Whether the source is on this machine: what others show depends on who asks."""
    return bool(context.source.keys() & {"logs", "demo"})


def _deciding(trail: Trail, context: AppContext) -> Iterator[Path]:
    """Files and folders that change when the first screen does."""
    yield from (config_path(), views_path(), state_path(), cache_root() / "names")
    yield from (state_path().with_name(name) for name in ("last-view.json", "theme"))
    if (settings := context.settings) is not None:
        yield from filter(None, (settings.policy, settings.approvals, settings.inventory))
    for identity in trail.source_identities:
        folder = dataset_folder(cache_root(), identity)
        yield from (folder / "segments", integrity_file(folder))
