"""Behaviour of Trino that the SQL relies on and that DuckDB does not share, checked on Trino."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from tests.trino.client import Client

#: An expression with what it gives; each is something that a statement relies on.
_FACTS: Final = (
    ("json_extract_scalar('{\"a\":', '$.a')", None),
    ("json_extract_scalar('{\"a\":{\"b\":1}}', '$.a')", None),
    ("json_extract_scalar('{\"a\":[\"x\"]}', '$.a[0]')", "x"),
    ("json_extract_scalar('null', '$.a')", None),
    ("json_extract_scalar('{\"a\":1}', '$.a')", "1"),
    ("TRY(json_parse('{\"a\":'))", None),
    ("regexp_extract('abc', 'x(.)', 1)", None),
    ("element_at(split('a/b', '/'), -1)", "b"),
    ("element_at(split('', '/'), -1)", ""),
    ("element_at(ARRAY[], 1)", None),
    ("concat_ws(':', NULL, '5432')", "5432"),
    ("7 / 2", 3),
    ("TRY(from_iso8601_timestamp('no time'))", None),
    ("TRY_CAST('10.0.0.256' AS ipaddress)", None),
    ("CAST('10.1.2.3' AS ipaddress) BETWEEN CAST('10.0.0.0' AS ipaddress) AND CAST('10.2.0.0' AS ipaddress)", True),
    ("'it''s'", "it's"),
    ("'a\\b' LIKE 'a\\\\b' ESCAPE '\\'", True),
    ("length('😀')", 1),
    ("regexp_like('BOTOCORE-session-1', '(?i)^botocore-session-.*$')", True),
    ("json_format(CAST(map_filter(map(ARRAY['a', 'b'], ARRAY[1, NULL]), (k, v) -> v IS NOT NULL) AS json))", '{"a":1}'),
)  # fmt: skip


def check(client: Client) -> None:
    """Raises AssertionError for the first fact that does not hold."""
    for sql, expected in _FACTS:
        found = client.run(f"SELECT {sql}").rows[0][0]
        assert found == expected, f"{sql} gives {found!r}, not {expected!r}"
