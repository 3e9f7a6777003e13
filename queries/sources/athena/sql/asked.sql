-- Each call beside the AssumeRole call that issued its access key: they share a key, so that one pass finds both.
SELECT {rows}.*, link.key AS key_{round}, link.issues AS issues_{round}
FROM {rows}
CROSS JOIN UNNEST(ARRAY[coalesce({asked}, 'none of ' || eid), issued_key], ARRAY[false, true]) AS link (key, issues)
WHERE link.key IS NOT NULL
