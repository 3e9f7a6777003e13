-- An hour (UTC, and the hours beside it) at which the person hardly ever starts a session.
WITH counted AS (
    SELECT who, day, hour("at") AS hour, count(*) AS sessions
    FROM acts WHERE source = 'session' AND status = 'started' AND person IS NOT NULL GROUP BY ALL
),
totals AS (
    SELECT who, day, sum(sum(sessions)) OVER (PARTITION BY who ORDER BY day
        RANGE BETWEEN INTERVAL {hours_days} DAY PRECEDING AND INTERVAL 1 DAY PRECEDING) AS sessions_before
    FROM counted GROUP BY who, day
),
slots AS (SELECT who, day, unnest([(hour + 23) % 24, hour, (hour + 1) % 24]) AS hour, sessions FROM counted),
near AS (
    SELECT who, day, hour, coalesce(sum(sum(sessions)) OVER (PARTITION BY who, hour ORDER BY day
        RANGE BETWEEN INTERVAL {hours_days} DAY PRECEDING AND INTERVAL 1 DAY PRECEDING), 0) AS near_before
    FROM slots GROUP BY who, day, hour
),
rare AS (
    SELECT who, day, hour, near_before, sessions_before FROM near JOIN totals USING (who, day)
    WHERE sessions_before >= {hours_sessions} AND near_before < {hours_share} * sessions_before
)
SELECT id, '' AS thing, strftime("at", 'at %H:%M UTC, when ') || near_before::BIGINT || ' of ' || sessions_before::BIGINT || ' earlier sessions were' AS said
FROM acts JOIN rare ON acts.who = rare.who AND acts.day = rare.day AND hour(acts."at") = rare.hour
WHERE source = 'session' AND status = 'started' AND person IS NOT NULL AND ready
