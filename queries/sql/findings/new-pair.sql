-- The first session of a person in an environment, on a machine that is new to them; both are known for {baseline_days} days.
WITH days AS (
    SELECT account, who, environment, target, min(day) AS day
    FROM acts WHERE source = 'session' AND status = 'started' AND target IS NOT NULL GROUP BY ALL
),
fresh AS (
    SELECT who, environment, day FROM (
        SELECT *, min(day) OVER (PARTITION BY who, environment) AS first_there, min(day) OVER (PARTITION BY who) AS known_from
        FROM days
    )
    WHERE day = first_there AND environment IS NOT NULL AND day - known_from >= {baseline_days} GROUP BY ALL
),
machines AS (SELECT account, target, min(day) AS machine_from FROM days GROUP BY ALL)
SELECT id, target AS thing, 'first session in ' || environment || ', on ' || machine AS said,
    CASE WHEN environment ILIKE 'prod%' THEN 'medium' END AS severity
FROM acts SEMI JOIN fresh USING (who, environment, day) JOIN machines USING (account, target)
WHERE source = 'session' AND status = 'started' AND person IS NOT NULL AND ready AND day - machine_from >= {baseline_days}
