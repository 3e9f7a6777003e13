"""The small steps that the statements share say what the expressions in their words say, whatever the text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ssmtrail.queries.engine import connect

if TYPE_CHECKING:
    from collections.abc import Iterator

    from duckdb import DuckDBPyConnection

PIECES = st.sampled_from(
    [
        "AWSReservedSSO_",
        "AWSReservedSSO",
        "_",
        "/",
        "Admin",
        "0123456789abcdef",
        "0F",
        "g",
        "é",
        "\u0301",
        "👩‍👧",
        "\n",
        " ",
        ":",
    ]
)
TEXTS = (
    st.none()
    | st.lists(PIECES, max_size=6).map("".join)
    | st.text(st.characters(exclude_categories=["Cs"], min_codepoint=1))
)
SSO = re.compile(r"AWSReservedSSO_(.+)_[0-9a-fA-F]+", re.DOTALL)


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DuckDBPyConnection]:
    connection = connect(tmp_path_factory.mktemp("engine"))
    yield connection
    connection.close()


def said(engine: DuckDBPyConnection, macro: str, value: str | None) -> object:
    (found,) = engine.execute(f"SELECT {macro}(value) FROM (SELECT ?::VARCHAR AS value)", [value]).fetchall()[0]
    return found


@given(TEXTS)
def test_the_last_part_is_what_follows_the_last_slash(engine: DuckDBPyConnection, text: str | None) -> None:
    assert said(engine, "last_part", text) == ((text or "").rpartition("/")[2] or None)


@given(TEXTS)
def test_a_role_of_identity_center_is_shown_as_its_permission_set(engine: DuckDBPyConnection, text: str | None) -> None:
    found = SSO.fullmatch(text or "")
    assert said(engine, "role_shown", text) == (found[1] if found else text)


@pytest.mark.parametrize(
    ("document", "target", "kind"),
    [
        (None, None, "shell"),
        (None, "ecs:a_b_c", "container"),
        ("", "i-0ab", "other"),
        ("SSM-SessionManagerRunShell", "i-0ab", "shell"),
        ("arn:aws:ssm:eu-central-1:111122223333:document/AWS-StartSSHSession", "i-0ab", "ssh"),
        ("AWS-StartSSHSession/", "i-0ab", "other"),
        ("AWS-StartNonInteractiveCommand", None, "command"),
    ],
)
@pytest.mark.parametrize("row", ["SELECT ?, ?", "VALUES (?, ?), ('x', 'y')"])
def test_the_document_decides_the_kind(
    engine: DuckDBPyConnection, document: str | None, target: str | None, kind: str, row: str
) -> None:
    """In a row that the engine knows beforehand as well as in one that it does not."""
    rows = f"SELECT kind_of(document::VARCHAR, target::VARCHAR, NULL, NULL) FROM ({row}) AS rows(document, target)"
    assert engine.execute(rows, [document, target]).fetchall()[0] == (kind,)
