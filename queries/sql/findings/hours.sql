-- An hour (UTC, and the hours beside it) at which the person hardly ever starts a session.
WITH started AS (FROM acts WHERE source = 'session' AND status = 'started' AND person IS NOT NULL),
days AS (SELECT who, day, count(*) AS sessions FROM started GROUP BY ALL),
totals AS (SELECT who, day, sum(sessions) OVER (PARTITION BY who ORDER BY day
    RANGE BETWEEN INTERVAL {hours_days} DAY PRECEDING AND INTERVAL 1 DAY PRECEDING) AS sessions_before FROM days),
slots AS (
    SELECT who, day, unnest([(hour("at") + 23) % 24, hour("at"), (hour("at") + 1) % 24]) AS slot FROM started
),
counted AS (SELECT who, day, slot, count(*) AS sessions FROM slots GROUP BY ALL),
near AS (SELECT who, day, slot, coalesce(sum(sessions) OVER (PARTITION BY who, slot ORDER BY day
    RANGE BETWEEN INTERVAL {hours_days} DAY PRECEDING AND INTERVAL 1 DAY PRECEDING), 0) AS near_before FROM counted)
SELECT id, '' AS thing, strftime("at", 'at %H:%M UTC, when ') || near_before::BIGINT || ' of ' || sessions_before::BIGINT || ' earlier sessions were' AS said
FROM started JOIN near ON near.who = started.who AND near.day = started.day AND near.slot = hour(started."at")
JOIN totals ON totals.who = started.who AND totals.day = started.day
WHERE started.ready AND sessions_before >= {hours_sessions} AND near_before < {hours_share} * sessions_before
