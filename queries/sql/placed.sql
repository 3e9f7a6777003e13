-- Where each machine is: where most calls to it were made, so that an attempt in the wrong region does not move it.
-- Reads the indexed rows `sessions`, `calls` of a scope, the dictionary.
SELECT target_no, account, region
FROM (
    SELECT target_no, place_no, sum(calls) AS calls FROM (
        SELECT target_no, place_no, count(*) AS calls FROM sessions GROUP BY ALL
        UNION ALL
        SELECT target_no, place_no, count(*) FROM calls GROUP BY ALL
    ) GROUP BY ALL
) JOIN known_places USING (place_no)
QUALIFY row_number() OVER (PARTITION BY target_no ORDER BY calls DESC, account NULLS LAST, region NULLS LAST) = 1
