-- Who asked for the key and, where that was a role again, with which key.
SELECT * FROM (
    SELECT *,
        first_value(IF(issues_{round}, {person})) IGNORE NULLS OVER (
            PARTITION BY key_{round} ORDER BY event_time, {person} ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
        ) AS behind_{round},
        first_value(IF(issues_{round}, {asked})) IGNORE NULLS OVER (
            PARTITION BY key_{round} ORDER BY event_time, {asked} ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
        ) AS next_{round}
    FROM asked_{round}
)
WHERE NOT issues_{round}
