"""The console queries as SQL for people, over the table at hand and over none."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest
import sqlglot
from sqlglot import exp

from ssmtrail.queries.errors import FilterError
from ssmtrail.queries.filters import Filter
from ssmtrail.queries.model import ConsoleQueryName, Scope
from ssmtrail.queries.sources.athena.console_queries import documented, placeholder_sql
from ssmtrail.queries.sources.files.source import FilesSource
from ssmtrail.queries.times import Window
from ssmtrail.queries.trail import Trail
from tests.queries.athena.conftest import NOW
from tests.queries.athena.stage import opened

if TYPE_CHECKING:
    from pathlib import Path

    from tests.athena_emulator import Emulator

SCOPE = Scope(Window.parse("7d", None, NOW), Filter("kind:tunnel env:prod"))
NAMES: tuple[ConsoleQueryName, ...] = ("calls", "pairs", "usage")


def test_the_table_at_hand_is_asked(emulator: Emulator, tmp_path: Path) -> None:
    with opened(tmp_path) as service:
        found = service.console_sql("usage", SCOPE, threading.Event(), unit="week")
    assert (found.table, found.is_placeholder) == ('"audit"."trail"', False)
    assert "'week'" in found.sql
    assert any("env:prod" in note for note in found.notes)
    assert emulator.executions == {}


def test_it_answers_what_it_says(emulator: Emulator, tmp_path: Path) -> None:
    with opened(tmp_path) as service:
        scope = Scope(SCOPE.window, Filter("person:jane*"))
        found = service.console_sql("calls", scope, threading.Event())
    answer = emulator.engine.run(found.sql)
    assert len(answer.rows) == 10  # a start and an end on each of five days of the seven


@pytest.mark.parametrize("name", NAMES)
def test_a_source_without_a_table_asks_the_documented_one(tmp_path: Path, name: ConsoleQueryName) -> None:
    (tmp_path / "logs").mkdir()
    service = Trail(FilesSource(tmp_path / "logs"), tmp_path / "store", now=lambda: NOW)
    try:
        found = service.console_sql(name, SCOPE, threading.Event())
    finally:
        service.close()
    assert found.is_placeholder
    assert "cloudtrail_logs stands for a table" in found.notes[0]
    assert found.sql.count('"cloudtrail_logs"') == 1
    assert "\"timestamp\" BETWEEN '2026/11/18' AND '2026/11/27'" in found.sql
    assert isinstance(sqlglot.parse_one(found.sql, read="athena"), exp.Select)


def test_the_documented_table_has_no_identity_of_the_source() -> None:
    table = documented()
    assert table["useridentity_sourceidentity"] == "CAST(NULL AS varchar)"
    assert "onbehalfof" in table["useridentity_onbehalfof_userid"]
    (warning,) = table.warnings
    assert warning.startswith("Not in this table: sourceIdentity, identityProvider, credentialId, inScopeOf")


def test_what_calls_cannot_have_is_said() -> None:
    with pytest.raises(FilterError, match="sessions only"):
        placeholder_sql("pairs", Scope(SCOPE.window, Filter("end:unknown")))
