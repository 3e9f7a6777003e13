-- No reason, where the person nearly always gives one; of people with few sessions, where it is usual in the environment.
WITH given AS (
    SELECT account, who, environment, day, count(*) AS sessions, count(*) FILTER (has_reason) AS reasons
    FROM acts WHERE source = 'session' AND status = 'started' AND NOT is_omitted AND person IS NOT NULL GROUP BY ALL
),
own AS (
    SELECT *, coalesce(sum(sessions) OVER earlier, 0) >= {reason_sessions} AS by_person,
        sum(reasons) OVER earlier / sum(sessions) OVER earlier AS own_share
    FROM given WINDOW earlier AS (PARTITION BY who ORDER BY day RANGE BETWEEN INTERVAL {baseline_days} DAY PRECEDING AND INTERVAL 1 DAY PRECEDING)
),
around AS (
    SELECT account, environment, day, sum(sum(sessions)) OVER earlier AS sessions,
        sum(sum(reasons)) OVER earlier / sum(sum(sessions)) OVER earlier AS share
    FROM given WHERE environment IS NOT NULL GROUP BY account, environment, day
    WINDOW earlier AS (PARTITION BY account, environment ORDER BY day
        RANGE BETWEEN INTERVAL {baseline_days} DAY PRECEDING AND INTERVAL 1 DAY PRECEDING)
),
usual AS (
    SELECT own.who, own.account, own.environment, own.day, by_person,
        CASE WHEN by_person THEN own_share WHEN around.sessions >= 2 * {reason_sessions} THEN around.share END AS share
    FROM own LEFT JOIN around USING (account, environment, day)
    WHERE reasons < own.sessions
)
SELECT id, '' AS thing, 'no reason on ' || machine || '; ' || round(100 * share)::BIGINT || ' % of '
    || CASE WHEN by_person THEN 'the person''s sessions' ELSE 'the sessions in ' || acts.environment END || ' have one' AS said
FROM acts JOIN (FROM usual WHERE share >= {reason_share}) AS usual
    ON acts.who = usual.who AND acts.day = usual.day AND acts.environment IS NOT DISTINCT FROM usual.environment
WHERE source = 'session' AND status = 'started' AND NOT has_reason AND NOT is_omitted AND person IS NOT NULL AND ready
