"""`ssmtrail config`: where the configuration is, what counts, whether it is right, and its schema."""

from __future__ import annotations

import json
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from ssmtrail.queries.config import Settings, config_path
from ssmtrail.queries.plurals import count_text
from ssmtrail.tui.saved_views import ViewFiles, toml_value
from ssmtrail.tui.source_words import choice_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

#: Fields of the settings that are no settings.
_OTHERS = ("notices", "view")


def config_lines(command: str) -> Iterable[str]:
    """What a command prints. Raises UsageError for a file with a mistake."""
    if command == "config path":
        return [str(config_path())]
    if command == "config schema":
        from ssmtrail.queries.config_schema import settings_schema  # imports msgspec

        return json.dumps(settings_schema(), indent=2).splitlines()
    settings = Settings.load()
    return _checked(settings) if command == "config check" else _shown(settings)


def _checked(settings: Settings) -> Iterable[str]:
    """One line a file that was read; the first mistake is raised."""
    path = config_path()
    yield f"{path}: {'is right' if path.exists() else 'is not there: the defaults count'}"
    yield from settings.notices
    if settings.inventory is not None:
        from ssmtrail.queries.inventory import Inventory

        machines = Inventory.load(settings.inventory).machines
        yield f"{settings.inventory}: names {count_text(len(machines), 'machine')}"
    if settings.policy is not None:
        from ssmtrail.queries.policy.reading import read_policy

        yield f"{settings.policy}: has {count_text(len(read_policy(settings.policy).rules), 'rule')}"
    if settings.approvals is not None:
        from ssmtrail.queries.policy.approvals import read_approvals

        yield f"{settings.approvals}: has {count_text(len(read_approvals(settings.approvals).given), 'approval')}"
    files = ViewFiles(configured=settings.view)
    views = files.views()
    for view in views:
        _ = choice_of(view.source, settings, view.folder), view.scope(datetime.now(UTC))
    if files.path.exists():
        yield f"{files.path}: is right"
    if views:
        yield f"views: {', '.join(view.name for view in views)}"


def _shown(settings: Settings) -> Iterable[str]:
    """The settings that count, as TOML; defaults and unset settings are marked."""
    path, defaults = config_path(), Settings()
    yield f"# {path}" if path.exists() else f"# {path} is not there: these are the defaults"
    sections = []
    for each in fields(Settings):
        value, default = getattr(settings, each.name), getattr(defaults, each.name)
        if each.name in _OTHERS:
            continue
        if each.name == "accounts":
            sections += _section(each.name, {toml_value(name): (text, None) for name, text in value.items()})
        elif is_dataclass(value):
            names = [inner.name for inner in fields(value) if inner.init]
            pairs = {name: (getattr(value, name), getattr(default, name)) for name in names}
            sections += _section(each.name, pairs)
        else:
            yield _line(each.name, value, default)
    yield from sections


def _section(name: str, pairs: Mapping[str, tuple[Any, Any]]) -> list[str]:
    return ["", f"[{name}]", *(_line(key, *pair) for key, pair in pairs.items())]


def _line(name: str, value: Any, default: Any) -> str:
    if value is None:
        return f"# {name} is not set"
    return f"{name} = {toml_value(value)}{'  # default' if value == default else ''}"
