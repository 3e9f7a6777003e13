-- Refused on {denied_machines} machines within {denied_minutes} minutes, as far as the refusals name machines.
SELECT id, '' AS thing, 'refused on ' || machines || ' machines within {denied_minutes} minutes' AS said
FROM (
    SELECT *, count(DISTINCT target) OVER (PARTITION BY who ORDER BY "at" RANGE BETWEEN INTERVAL {denied_minutes} MINUTE PRECEDING AND CURRENT ROW) AS machines
    FROM acts WHERE source = 'session' AND status = 'denied' AND target IS NOT NULL
)
WHERE machines >= {denied_machines}
