"""The recipes of the documentation are commands that exist, with options and filters that are understood."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Final

import pytest

from ssmtrail.queries.filters import Filter, compile_filter
from ssmtrail.tui.cli.commands import read_options

DOCS: Final = Path(__file__).parent.parent / "docs"
_LINE: Final = re.compile(r"^ {4,}ssmtrail (.+)$", re.MULTILINE)
_TABLES: Final = {"sessions": "sessions", "calls": "calls", "doors": "doors"}


def recipes() -> list[str]:
    """Every line of a code block that calls the program, without what a shell does after it."""
    return [
        re.split(r"\s(?:#|>|\|)", line)[0]
        for name in ("audit", "integrity", "evidence-pack", "policy", "views", "transcripts")
        for line in _LINE.findall((DOCS / f"{name}.md").read_text(encoding="utf-8"))
    ]


@pytest.mark.parametrize("recipe", recipes())
def test_a_recipe_is_understood(recipe: str) -> None:
    options = read_options(shlex.split(recipe))
    assert not isinstance(options, int), recipe
    question = "sessions" if options.command != "query" else str(options.of or options.question)
    compile_filter(Filter(options.where), _TABLES.get(question, "sessions"), "UTC")  # type: ignore[arg-type]


def test_there_are_recipes() -> None:
    assert len(recipes()) > 25
