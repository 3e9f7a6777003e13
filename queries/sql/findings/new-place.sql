-- An address outside every network (/24, IPv6 /48) of the person's last {place_days} days; not for people who move about.
WITH days AS (
    SELECT who, net, day, count(*) AS sessions, min(ready) AS ready
    FROM acts WHERE source = 'session' AND status = 'started' AND net IS NOT NULL AND person IS NOT NULL GROUP BY who, net, day
),
seen AS (
    SELECT *, max(day) OVER (PARTITION BY who, net ORDER BY day RANGE BETWEEN INTERVAL {place_days} DAY PRECEDING AND INTERVAL 1 DAY PRECEDING) AS before,
        sum(sessions) OVER earlier AS sessions_before, count(DISTINCT net) OVER earlier AS nets_before
    FROM days
    WINDOW earlier AS (PARTITION BY who ORDER BY day RANGE BETWEEN INTERVAL {place_days} DAY PRECEDING AND INTERVAL 1 DAY PRECEDING)
),
fresh AS (
    FROM seen WHERE before IS NULL AND ready AND sessions_before >= {place_sessions} AND nets_before <= {place_networks}
)
SELECT id, net AS thing, 'from ' || source_ip || ', a new network, on ' || machine AS said
FROM acts SEMI JOIN fresh USING (who, net, day)
WHERE source = 'session' AND status = 'started' AND NOT is_known_network
