-- Where port forwarding led, as numbers: one row a destination and kind. SSH is no tunnel here, as in `kind:tunnel`.
-- Reads the indexed rows `sessions`, `calls` of a scope, the dictionary.
WITH led AS (
    SELECT route_no, person_no, target_no, count(*) FILTER (started) AS sessions, 0 AS calls,
        count(*) FILTER (NOT started) AS denied, min("at") AS first_seen, max("at") AS last_seen
    FROM sessions SEMI JOIN (FROM known_routes WHERE kind IN ('port-forward', 'remote-port-forward')) USING (route_no)
    GROUP BY ALL
    UNION ALL
    SELECT route_no, person_no, target_no, 0, count(*), 0, min("at"), max("at")
    FROM calls SEMI JOIN (FROM known_routes WHERE kind IN ('port-forward', 'remote-port-forward')) USING (route_no)
    GROUP BY ALL
)
SELECT route_no, count(DISTINCT person_no) AS people,
    -- What names no machine is no machine.
    count(DISTINCT nullif(target_no, (SELECT target_no FROM known_targets WHERE target IS NULL))) AS targets,
    sum(sessions)::BIGINT AS sessions, sum(calls)::BIGINT AS calls, sum(denied)::BIGINT AS denied,
    min(first_seen) AS first_seen, max(last_seen) AS last_seen
FROM led GROUP BY route_no
