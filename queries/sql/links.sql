-- Links: the session of each event, and the time range of the data that decide it.
-- Reads the relation `events`. `session_no` is valid within one run and never stored.
WITH keyed AS NOT MATERIALIZED (SELECT *, step = 0 AND outcome = 'ok' AND NOT copy AS opens, step BETWEEN 0 AND 2 AND outcome = 'ok' AND NOT copy AS good FROM events),
session_ids AS MATERIALIZED (
    SELECT account, region, session_id, row_number() OVER () << 20 AS base,
        count(*) FILTER (opens) AS openings, count(*) > 1 AS has_followers,
        min(event_time) FILTER (opens) AS opened_at, min(event_time) FILTER (good) AS first_good,
        min(event_time) FILTER (step = 3) AS reported_at,
        min(data_from) AS data_from, max(data_to) AS data_to
    FROM keyed WHERE session_id IS NOT NULL GROUP BY account, region, session_id
),
found AS NOT MATERIALIZED (
    SELECT keyed.* REPLACE (session_ids.data_from AS data_from, session_ids.data_to AS data_to),
        base, openings, opened_at, first_good, reported_at, has_followers
    FROM keyed JOIN session_ids ON keyed.session_id = session_ids.session_id
        AND keyed.account IS NOT DISTINCT FROM session_ids.account
        AND keyed.region IS NOT DISTINCT FROM session_ids.region
),
-- The head of a session is its start, or its first successful call where the start is not in the data, or the report of
-- Session Manager where there is no such call.
linked AS (
    SELECT * EXCLUDE (base, openings, opened_at, first_good, reported_at), base + 1 AS session_no,
        opens OR (openings = 0 AND (good OR (step = 3 AND first_good IS NULL))) AS is_head,
        coalesce(opened_at, first_good, reported_at) AS head_time
    FROM found WHERE openings = 1 OR NOT has_followers
    UNION ALL BY NAME
    SELECT * EXCLUDE (base, openings, opened_at, first_good, reported_at), base + 1 AS session_no,
        (good OR (step = 3 AND first_good IS NULL)) AND row_number() OVER (PARTITION BY base, good, step = 3 ORDER BY event_time, step, eid) = 1
            AS is_head,
        coalesce(first_good, reported_at) AS head_time
    FROM found WHERE openings = 0 AND has_followers
    UNION ALL BY NAME
    -- A session id with two starts gives two sessions; a call before the first start belongs to that start.
    SELECT * EXCLUDE (base, openings, opened_at, first_good, reported_at), base + greatest(1, count(*) FILTER (opens) OVER before) AS session_no,
        opens AS is_head, coalesce(max(event_time) FILTER (opens) OVER before, opened_at) AS head_time
    FROM found WHERE openings > 1 WINDOW before AS (PARTITION BY base ORDER BY event_time, step, eid ROWS UNBOUNDED PRECEDING)
    UNION ALL BY NAME
    SELECT *, -row_number() OVER () AS session_no, false AS has_followers, step = 0 AND NOT copy AS is_head, event_time AS head_time
    FROM keyed WHERE session_id IS NULL
)
SELECT row_no, eid AS call_key, session_no, is_head, head_time, has_followers, copy, conflict, person, person_evidence, person_kind, person_id,
    claimed_name, ip_key, data_from, data_to
FROM linked
