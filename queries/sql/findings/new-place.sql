-- An address outside every network (/24, IPv6 /48) of the person's last {place_days} days; not for people who move about.
SELECT id, net AS thing, 'from ' || source_ip || ', a new network, on ' || machine AS said
FROM (
    SELECT *, max(day) OVER (PARTITION BY who, net ORDER BY day RANGE BETWEEN INTERVAL {place_days} DAY PRECEDING AND INTERVAL 1 DAY PRECEDING) AS before,
        count(*) OVER earlier AS sessions_before, count(DISTINCT net) OVER earlier AS nets_before
    FROM acts WHERE source = 'session' AND status = 'started' AND net IS NOT NULL AND person IS NOT NULL
    WINDOW earlier AS (PARTITION BY who ORDER BY day RANGE BETWEEN INTERVAL {place_days} DAY PRECEDING AND INTERVAL 1 DAY PRECEDING)
)
WHERE before IS NULL AND ready AND NOT is_known_network AND sessions_before >= {place_sessions} AND nets_before <= {place_networks}
