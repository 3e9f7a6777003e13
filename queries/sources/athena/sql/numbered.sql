-- Calls with the same session id belong to one session; an id that is started twice gives two sessions.
SELECT *,
    coalesce('id ' || session_id, 'call ' || eid) AS session,
    greatest(1, count_if(step = 0 AND outcome = 'ok') OVER (
        PARTITION BY account, region, coalesce('id ' || session_id, 'call ' || eid)
        ORDER BY event_time, step, eid ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    )) AS session_number,
    -- The start describes the session; without one, the first successful call does.
    CASE WHEN step = 0 THEN 0 WHEN session_id IS NOT NULL AND outcome = 'ok' THEN 1 ELSE 2 END AS source_rank,
    CASE WHEN step > 0 OR (own_document IS NULL AND NOT has_request) THEN 'unknown'
        ELSE {kind_of(own_document, own_target)} END AS own_kind
FROM events
