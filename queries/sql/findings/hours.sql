-- An hour (UTC, and the hours beside it) at which the person hardly ever starts a session. It is compared with the
-- {hours_days} days before its week, since weeks are far fewer than days.
WITH counted AS (
    SELECT who, date_trunc('week', day) AS week, hour("at") AS hour, count(*) AS sessions
    FROM acts WHERE source = 'session' AND status = 'started' AND person IS NOT NULL GROUP BY ALL
),
totals AS (
    SELECT who, week, sum(sum(sessions)) OVER (PARTITION BY who ORDER BY week
        RANGE BETWEEN INTERVAL {hours_days} DAY PRECEDING AND INTERVAL 1 DAY PRECEDING) AS sessions_before
    FROM counted GROUP BY who, week
),
slots AS (SELECT who, week, unnest([(hour + 23) % 24, hour, (hour + 1) % 24]) AS hour, sessions FROM counted),
near AS (
    SELECT who, week, hour, coalesce(sum(sum(sessions)) OVER (PARTITION BY who, hour ORDER BY week
        RANGE BETWEEN INTERVAL {hours_days} DAY PRECEDING AND INTERVAL 1 DAY PRECEDING), 0) AS near_before
    FROM slots GROUP BY who, week, hour
),
rare AS (
    SELECT who, week, hour, near_before, sessions_before FROM near JOIN totals USING (who, week)
    WHERE sessions_before >= {hours_sessions} AND near_before < {hours_share} * sessions_before
)
SELECT id, '' AS thing, strftime("at", 'at %H:%M UTC, when ') || near_before::BIGINT || ' of ' || sessions_before::BIGINT || ' earlier sessions were' AS said
FROM acts JOIN rare ON acts.who = rare.who AND date_trunc('week', acts.day) = rare.week AND hour(acts."at") = rare.hour
WHERE source = 'session' AND status = 'started' AND person IS NOT NULL AND ready
