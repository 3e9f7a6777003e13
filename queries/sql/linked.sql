-- Events to linked events: each call told which session it belongs to, and how far the data reach that say so.
-- Reads the relation `events`.
WITH keyed AS (
    SELECT *,
        session_id IS NOT NULL AS has_key,
        step = 0 AND outcome = 'ok' AS opens
    FROM events
),
numbered AS (
    SELECT *,
        count(*) FILTER (opens) OVER (key_so_far ROWS UNBOUNDED PRECEDING) AS opened,
        bool_or(opens) OVER whole_key AS has_start,
        bool_or(outcome = 'ok') OVER whole_key AS has_good_call,
        min(data_from) OVER whole_key AS key_from,
        max(data_to) OVER whole_key AS key_to
    FROM keyed WHERE has_key
    WINDOW whole_key AS (PARTITION BY account, region, session_id),
        key_so_far AS (PARTITION BY account, region, session_id ORDER BY event_time, step, eid)
)
-- A session id that opens twice gives two sessions; a call before the first start belongs to that start.
SELECT * EXCLUDE (opened, key_from, key_to) REPLACE (key_from AS data_from, key_to AS data_to),
    concat_ws('/', greatest(opened, 1), coalesce(account, ''), coalesce(region, ''), session_id) AS session_key
FROM numbered
UNION ALL BY NAME
SELECT *, opens AS has_start, outcome = 'ok' AS has_good_call, eid AS session_key FROM keyed WHERE NOT has_key
