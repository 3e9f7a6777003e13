-- No reason, where the person nearly always gives one; of people with few sessions, where it is usual in the environment.
SELECT id, '' AS thing, 'no reason on ' || machine || '; ' || round(100 * share)::BIGINT || ' % of '
    || CASE WHEN own >= {reason_sessions} THEN 'the person''s sessions' ELSE 'the sessions in ' || environment END || ' have one' AS said
FROM (
    SELECT *, CASE WHEN own >= {reason_sessions} THEN own_share WHEN environment IS NOT NULL AND around >= {reason_sessions} * 2 THEN around_share END AS share
    FROM (
        SELECT *, count(*) OVER mine AS own, avg(has_reason::INT) OVER mine AS own_share,
            count(*) OVER ours AS around, avg(has_reason::INT) OVER ours AS around_share
        FROM acts WHERE source = 'session' AND status = 'started' AND NOT is_omitted AND person IS NOT NULL
        WINDOW mine AS (PARTITION BY who ORDER BY day RANGE BETWEEN INTERVAL {baseline_days} DAY PRECEDING AND INTERVAL 1 DAY PRECEDING),
            ours AS (PARTITION BY account, environment ORDER BY day RANGE BETWEEN INTERVAL {baseline_days} DAY PRECEDING AND INTERVAL 1 DAY PRECEDING)
    )
)
WHERE NOT has_reason AND share >= {reason_share} AND ready
