"""The cursor starts queries under a token, or attaches to started ones, through a private method of PyAthena."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ssmtrail.queries.sources.athena.address import address_of
from ssmtrail.queries.sources.athena.client import connected

if TYPE_CHECKING:
    from tests.athena_emulator import Emulator

SQL = "SELECT 'a' AS one, NULL AS two, '' AS three, date_format(current_timestamp, '%Y') > '2000' AS four"


@pytest.mark.parametrize("tokens", [("1" * 32, "1" * 32), ("1" * 32, "2" * 32)])
def test_one_token_is_one_query(emulator: Emulator, tokens: tuple[str, str]) -> None:
    connection = connected(address_of("audit.trail")).connection
    ids = {connection.cursor(token=token).execute(SQL, paramstyle="qmark").query_id for token in tokens}
    assert len(ids) == len(set(tokens)) == len(emulator.queries)
    assert [each.request["ClientRequestToken"] for each in emulator.queries] == sorted(set(tokens))


def test_a_started_query_is_followed_without_starting_another(emulator: Emulator) -> None:
    connection = connected(address_of("audit.trail")).connection
    query_id = connection.cursor(token="1" * 32).execute(SQL, paramstyle="qmark").query_id
    again = connection.cursor(token="2" * 32, started_id=query_id).execute("SELECT 1", paramstyle="qmark")
    assert again.query_id == query_id
    assert emulator.calls["StartQueryExecution"] == 1


def test_values_are_text_as_athena_sends_it(emulator: Emulator) -> None:
    cursor = connected(address_of("audit.trail")).connection.cursor(token="1" * 32)
    assert cursor.execute(SQL, paramstyle="qmark").fetchall() == [("a", None, "", "true")]
    assert emulator.queries[0].sql == SQL
