"""Asks DuckDB who touched what, over the files that we derived, written as CSV on stdout: `HOME`.

What `ssmtrail query pairs` answers, as an operator could put it who knows these files.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

import duckdb

_TIME: Final = "strftime({}, '%Y-%m-%dT%H:%M:%SZ')"
_PAIRS: Final = f"""
    WITH touched AS (
        SELECT account, person, person_kind, person_id, CASE WHEN person IS NULL THEN role END AS behind, target, "at",
            status, 0 AS calls
        FROM read_parquet($sessions) WHERE status <> 'orphan'
        UNION ALL
        SELECT account, person, person_kind, person_id, CASE WHEN person IS NULL THEN role END, target, "at", NULL, 1
        FROM read_parquet($calls)
    )
    SELECT person, person_kind, person_id, target, NULL AS target_name, account,
        count(*) FILTER (status = 'started') AS sessions, sum(calls)::BIGINT AS calls,
        count(*) FILTER (status = 'denied') AS denied, count(*) FILTER (status = 'failed') AS failed,
        {_TIME.format('min("at")')} AS first_seen, {_TIME.format('max("at")')} AS last_seen
    FROM touched GROUP BY account, person, person_kind, person_id, behind, target
    ORDER BY sessions DESC, person, target
"""


def main() -> None:
    derived = max(Path(sys.argv[1]).glob("ssmtrail/v*/*/derived/*"), key=lambda folder: folder.stat().st_mtime)
    files = {name: sorted(map(str, derived.glob(f"{name}*.parquet"))) for name in ("sessions", "calls")}
    duckdb.connect().execute(f"COPY ({_PAIRS}) TO '/dev/stdout' (FORMAT csv)", files)


if __name__ == "__main__":
    main()
