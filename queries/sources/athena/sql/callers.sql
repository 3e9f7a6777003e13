-- The caller that requested the key and, if that caller names no person, the key it used.
SELECT * FROM (
    SELECT *,
        first_value(IF(issues_{round}, {person})) IGNORE NULLS OVER (
            PARTITION BY key_{round} ORDER BY event_time, eid ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
        ) AS caller_{round},
        first_value(IF(issues_{round}, {key})) IGNORE NULLS OVER (
            PARTITION BY key_{round} ORDER BY {key} ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
        ) AS caller_key_{round}
    FROM with_key_issuers_{round}
)
WHERE NOT issues_{round}
