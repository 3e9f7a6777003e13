-- Refused on {denied_machines} machines within {denied_minutes} minutes, as far as the refusals name machines.
SELECT id, '' AS thing, 'refused on ' || most || ' machines within {denied_minutes} minutes' AS said
FROM (
    SELECT *, max(machines) OVER (PARTITION BY who ORDER BY "at" RANGE BETWEEN CURRENT ROW AND INTERVAL {denied_minutes} MINUTE FOLLOWING) AS most
    FROM (
        SELECT *, count(DISTINCT target) OVER (PARTITION BY who ORDER BY "at" RANGE BETWEEN INTERVAL {denied_minutes} MINUTE PRECEDING AND CURRENT ROW) AS machines
        FROM acts WHERE source = 'session' AND status = 'denied' AND target IS NOT NULL
    )
)
WHERE most >= {denied_machines}
