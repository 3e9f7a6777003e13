"""The engine reaches the store and its scratch folder, and nothing else, whatever a statement says."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import duckdb
import pytest

from ssmtrail.queries.engine import connect, cursor_of, joining_cursor

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from duckdb import DuckDBPyConnection


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a store, a link out of it, and a file outside."""
    folder = tmp_path_factory.mktemp("places")
    for name in ("store", "scratch", "outside"):
        (folder / name).mkdir()
    (folder / "outside" / "secret").write_text("secret")
    (folder / "store" / "link").symlink_to(folder / "outside")
    return folder


@pytest.fixture(scope="module")
def engine(places: Path) -> Iterator[DuckDBPyConnection]:
    with closing(connect(places / "scratch", store=places / "store")) as connection:
        yield connection


@pytest.mark.parametrize("name", ["store", "scratch"])
def test_it_reads_and_writes_its_own_folders(engine: DuckDBPyConnection, places: Path, name: str) -> None:
    file = places / name / "a.parquet"
    cursor = joining_cursor(engine)
    cursor.execute(f"COPY (SELECT 7 AS n) TO '{file}' (FORMAT parquet)")
    assert cursor.execute(f"SELECT n FROM read_parquet('{file}')").fetchall() == [(7,)]


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM read_text('{}/outside/secret')",
        "SELECT * FROM read_text('{}/store/../outside/secret')",
        "SELECT * FROM read_text('{}/store/link/secret')",
        "SELECT * FROM read_text('/proc/self/environ')",
        "SELECT * FROM glob('{}/outside/*')",
        "SELECT * FROM read_csv('http://127.0.0.1:9/x.csv')",
        "SELECT * FROM 's3://bucket/x.parquet'",
        "COPY (SELECT 1) TO '{}/outside/new' (FORMAT csv)",
        "ATTACH '{}/outside/new.db'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SET enable_external_access = true",
        "SET allowed_directories = ['/']",
        "SET allowed_configs = ['threads']",
        "SET lock_configuration = false",
        "SET autoload_known_extensions = true",
        "SET threads = 64",
        "RESET lock_configuration",
    ],
)
def test_it_reaches_nothing_else(engine: DuckDBPyConnection, places: Path, statement: str) -> None:
    with pytest.raises(duckdb.Error):
        cursor_of(engine).execute(statement.format(places)).fetchall()
    assert {path.name for path in (places / "outside").iterdir()} == {"secret"}
