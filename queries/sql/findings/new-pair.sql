-- The first session of a person in an environment, on a machine that is new to them; both are known for {baseline_days} days.
SELECT id, target AS thing, 'first session in ' || environment || ', on ' || machine AS said,
    CASE WHEN environment ILIKE 'prod%' THEN 'medium' END AS severity
FROM (
    SELECT *, min(day) OVER (PARTITION BY who, environment) AS first_there, min(day) OVER (PARTITION BY who) AS known_from,
        min(day) OVER (PARTITION BY account, target) AS machine_from
    FROM acts WHERE source = 'session' AND status = 'started' AND target IS NOT NULL
)
WHERE day = first_there AND environment IS NOT NULL AND person IS NOT NULL AND ready
    AND day - known_from >= {baseline_days} AND day - machine_from >= {baseline_days}
