-- {denied_starts} refused starts within {denied_minutes} minutes, and within the hour after them one that was granted.
WITH bursts AS (
    SELECT who, "at" FROM (
        SELECT who, "at", count(*) OVER (PARTITION BY who ORDER BY "at" RANGE BETWEEN INTERVAL {denied_minutes} MINUTE PRECEDING AND CURRENT ROW) AS refused
        FROM acts WHERE source = 'session' AND status = 'denied' AND session_id IS NULL
    ) WHERE refused >= {denied_starts}
)
SELECT found.id, coalesce(target, '') AS thing, 'refused several times, then in: ' || machine AS said
FROM (FROM acts SEMI JOIN bursts USING (who) WHERE source = 'session' AND status = 'started') AS found
ASOF JOIN bursts ON found.who = bursts.who AND found."at" >= bursts."at"
WHERE found."at" - bursts."at" <= INTERVAL 1 HOUR
