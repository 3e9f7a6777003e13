-- Calls with the same session id belong to one session; an id that is started twice gives two sessions.
SELECT *,
    coalesce('id ' || session_id, 'call ' || eid) AS session,
    greatest(1, count_if(step = 0 AND outcome = 'ok') OVER (
        PARTITION BY account, region, coalesce('id ' || session_id, 'call ' || eid)
        ORDER BY event_time, step, eid ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    )) AS session_number,
    -- The start describes the session; without one, the first successful call does.
    CASE step WHEN 0 THEN 0 WHEN -1 THEN 3 ELSE CASE WHEN session_id IS NOT NULL AND outcome = 'ok' THEN 1 ELSE 2 END END AS source_rank,
    CASE WHEN step > 0 OR is_omitted OR (own_document IS NULL AND NOT has_request) THEN 'unknown'
        ELSE {kind_of(own_document, own_target, host, port)} END AS own_kind
FROM persons
