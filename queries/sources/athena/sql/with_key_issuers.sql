-- Each call beside the AssumeRole call that issued its access key: both rows carry the key, so one pass joins them.
SELECT {rows}.*, side.issues AS issues_{round},
    IF(side.issues, issued_key, coalesce({key}, 'none of ' || eid)) AS key_{round}
FROM {rows}
CROSS JOIN UNNEST(ARRAY[false, true]) AS side (issues)
WHERE NOT side.issues OR issued_key IS NOT NULL
