-- A session that another person ended.
SELECT id, coalesce(target, '') AS thing, ended_by || ' ended a session on ' || machine AS said
FROM acts WHERE ended_by IS NOT NULL AND status = 'started' AND NOT regexp_matches(ended_by, '[.]amazonaws[.]com$')
