-- A session without just-in-time access on a machine that others reached by it in the {baseline_days} days before.
SELECT id, target AS thing, 'without just-in-time access on ' || machine || ', which others reach by it' AS said
FROM (
    SELECT *, count(*) FILTER (access_type = 'JustInTime') OVER (PARTITION BY account, target ORDER BY day
        RANGE BETWEEN INTERVAL {baseline_days} DAY PRECEDING AND INTERVAL 1 DAY PRECEDING) AS granted_before
    FROM acts
    WHERE source = 'session' AND status = 'started' AND target IN (SELECT target FROM acts WHERE access_type = 'JustInTime')
)
WHERE access_type IS DISTINCT FROM 'JustInTime' AND granted_before >= {jit_sessions}
