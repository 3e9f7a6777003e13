-- Copies of one call contradict each other.
SELECT id, coalesce(session_id, key) AS thing, 'copies of a call contradict each other in ' || conflict || ', on ' || machine AS said
FROM acts WHERE source = 'session' AND conflict IS NOT NULL
