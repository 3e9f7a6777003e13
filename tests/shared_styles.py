"""Styles that are parsed once a process: every app of every test has the same ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from textual.css.stylesheet import Stylesheet

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.css.model import RuleSet

_PARSED: Final[dict[object, list[RuleSet]]] = {}


def install() -> None:
    """Let stylesheets share what was parsed from the same text with the same variables; rules are never changed."""
    Stylesheet._parse_rules = _shared(Stylesheet._parse_rules)  # type: ignore[method-assign]


def _shared(parse: Callable[..., list[RuleSet]]) -> Callable[..., list[RuleSet]]:
    def parsed(sheet: Stylesheet, css: str, *where: Any, **more: Any) -> list[RuleSet]:
        key = (frozenset(sheet._variables.items()), css, where, tuple(sorted(more.items())))
        if key not in _PARSED:
            _PARSED[key] = parse(sheet, css, *where, **more)
        return _PARSED[key]

    return parsed
