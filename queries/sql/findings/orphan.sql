-- A resume or an end of a session whose start is not in the data, although the days before it are.
SELECT id, coalesce(session_id, key) AS thing, 'a session without its start on ' || machine AS said
FROM acts WHERE source = 'session' AND status = 'orphan' AND outside IS NULL AND week_kept
