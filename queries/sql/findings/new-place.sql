-- An address outside every network (/24, IPv6 /48) of the person's last {place_days} days; not for people who move about.
WITH days AS (
    SELECT who, net, day, count(*) AS sessions
    FROM acts WHERE source = 'session' AND status = 'started' AND net IS NOT NULL AND person IS NOT NULL GROUP BY who, net, day
),
before AS (
    SELECT who, day, sum(sum(sessions)) OVER (PARTITION BY who ORDER BY day
        RANGE BETWEEN INTERVAL {place_days} DAY PRECEDING AND INTERVAL 1 DAY PRECEDING) AS sessions_before
    FROM days GROUP BY who, day
),
seen AS (SELECT who, net, day, lag(day) OVER (PARTITION BY who, net ORDER BY day) AS last_day FROM days),
-- Networks of each person by the day on which they came up.
risen AS (SELECT who, day, sum(count(*)) OVER (PARTITION BY who ORDER BY day) AS nets FROM seen WHERE last_day IS NULL GROUP BY who, day),
fresh AS (
    SELECT seen.who, seen.net, seen.day FROM seen JOIN before USING (who, day)
    ASOF LEFT JOIN risen ON seen.who = risen.who AND seen.day > risen.day
    WHERE (last_day IS NULL OR seen.day - last_day > {place_days}) AND sessions_before >= {place_sessions} AND nets <= {place_networks}
)
SELECT id, net AS thing, 'from ' || source_ip || ', a new network, on ' || machine AS said
FROM acts SEMI JOIN fresh USING (who, net, day)
WHERE source = 'session' AND status = 'started' AND ready AND NOT is_known_network
