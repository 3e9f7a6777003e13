-- A session of more than {long_hours} hours, where its end is known exactly.
SELECT id, coalesce(session_id, key) AS thing, 'a session of ' || (exact_seconds // 3600)::BIGINT || ' hours on ' || machine AS said
FROM acts WHERE source = 'session' AND status = 'started' AND exact_seconds > {long_hours} * 3600
