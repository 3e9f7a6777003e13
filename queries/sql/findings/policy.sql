-- A session that the access policy does not allow.
SELECT id, coalesce(target, '') AS thing, 'against the access policy on ' || machine || ': ' || {why_words} AS said
FROM acts WHERE policy = 'violation' AND status = 'started' AND policy_why <> 'left'
