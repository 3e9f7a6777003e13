-- A session that another person ended.
SELECT id, coalesce(target, '') AS thing, ended_by || ' ended a session on ' || machine AS said
FROM acts
WHERE source = 'session' AND status = 'started' AND end_evidence = 'terminated' AND ended_by <> person
    AND NOT regexp_matches(ended_by, '[.]amazonaws[.]com$')
