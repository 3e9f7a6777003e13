-- {denied_starts} refused starts within {denied_minutes} minutes, and within the hour after them one that was granted.
WITH refused AS (FROM acts WHERE source = 'session' AND status = 'denied' AND session_id IS NULL),
bursts AS (
    SELECT who, "at" FROM (
        SELECT who, "at", count(*) OVER (PARTITION BY who ORDER BY "at" RANGE BETWEEN INTERVAL {denied_minutes} MINUTE PRECEDING AND CURRENT ROW) AS refused
        FROM refused
    ) WHERE refused >= {denied_starts}
),
entered AS (
    SELECT found.id, found.who, found."at", coalesce(target, '') AS thing, 'refused several times, then in: ' || machine AS said
    FROM (FROM acts SEMI JOIN bursts USING (who) WHERE source = 'session' AND status = 'started') AS found
    ASOF JOIN bursts ON found.who = bursts.who AND found."at" >= bursts."at"
    WHERE found."at" - bursts."at" <= INTERVAL 1 HOUR
)
SELECT id, thing, said FROM entered
UNION ALL BY NAME
SELECT DISTINCT refused.id, thing
FROM refused JOIN entered ON refused.who = entered.who AND refused."at" <= entered."at"
    AND refused."at" >= entered."at" - INTERVAL 1 HOUR - INTERVAL {denied_minutes} MINUTE AND refused.day = CAST(entered."at" AS DATE)
