-- What parsed calls have: a step for what they have not is left out, since planning it takes longer than running it.
-- `has_copies` is true wherever `judged` may have rows. Reads the relation `parsed`.
SELECT count(*) <> count(DISTINCT coalesce('shared ' || shared_id, eid)) OR count(session_id) <> count(DISTINCT CASE WHEN session_id IS NOT NULL
        THEN hash(session_id, event_time, event_name) END) AS has_copies,
    coalesce(bool_or(addendum_reason = 'UPDATED_DATA'), false) AS has_addenda,
    coalesce(bool_or(door IS NOT NULL), false) AS has_doors,
    coalesce(bool_or(step > 0 AND outcome <> 'ok'), false) AS has_refused
FROM parsed
