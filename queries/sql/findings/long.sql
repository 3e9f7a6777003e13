-- A session of more than {long_hours} hours, where its end is known exactly.
SELECT id, coalesce(session_id, id) AS thing, 'a session of ' || (length_seconds // 3600)::BIGINT || ' hours on ' || machine AS said
FROM acts WHERE source = 'session' AND status = 'started' AND length_bound = 'exact' AND length_seconds > {long_hours} * 3600
