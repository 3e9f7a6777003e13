-- Events to linked events: each call told which session it belongs to, and how far the data reach that say so.
-- Reads the relation `events`. `session_no` is a number within this run, never kept.
WITH keyed AS NOT MATERIALIZED (SELECT * EXCLUDE (file_row_number), step = 0 AND outcome = 'ok' AS opens FROM events),
session_ids AS MATERIALIZED (
    SELECT account, region, session_id, row_number() OVER () << 20 AS base,
        count(*) FILTER (opens) AS openings, bool_or(outcome = 'ok') AS has_good_call, count(*) > 1 OR NOT bool_or(opens) AS has_followers,
        min(data_from) AS data_from, max(data_to) AS data_to
    FROM keyed WHERE session_id IS NOT NULL GROUP BY account, region, session_id
),
found AS NOT MATERIALIZED (
    SELECT keyed.* REPLACE (session_ids.data_from AS data_from, session_ids.data_to AS data_to),
        base, openings, openings > 0 AS has_start, has_good_call, has_followers
    FROM keyed JOIN session_ids ON keyed.session_id = session_ids.session_id
        AND keyed.account IS NOT DISTINCT FROM session_ids.account
        AND keyed.region IS NOT DISTINCT FROM session_ids.region
)
SELECT * EXCLUDE (base, openings), base + 1 AS session_no, true AS has_key FROM found WHERE openings < 2
UNION ALL BY NAME
-- A session id that opens twice gives two sessions; a call before the first start belongs to that start.
SELECT * EXCLUDE (base, openings), true AS has_key, base + greatest(1, count(*) FILTER (opens) OVER (
    PARTITION BY base ORDER BY event_time, step, eid ROWS UNBOUNDED PRECEDING)) AS session_no
FROM found WHERE openings > 1
UNION ALL BY NAME
SELECT *, -row_number() OVER () AS session_no, false AS has_key, opens AS has_start,
    outcome = 'ok' AS has_good_call, false AS has_followers
FROM keyed WHERE session_id IS NULL
