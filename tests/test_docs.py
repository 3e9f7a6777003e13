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


def pictures() -> list[Path]:
    """The pictures that README shows."""
    root = DOCS.parent
    return [root / name for name in re.findall(r"!\[[^]]*\]\(([^)]+)\)", (root / "README.md").read_text("utf-8"))]


def test_the_pictures_are_there_as_pixels_and_the_first_one_moves() -> None:
    # Many viewers misplace the text of an SVG.
    first, *others = pictures()
    assert first.read_bytes().startswith(b"GIF89a")
    assert b"NETSCAPE2.0" in first.read_bytes()  # it begins again
    assert first.stat().st_size < 2_000_000
    assert len(others) > 6
    assert all(each.read_bytes().startswith(b"\x89PNG") for each in others)


def test_there_are_recipes() -> None:
    assert len(recipes()) > 25
