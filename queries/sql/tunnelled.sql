-- Where port forwarding led, as numbers: one row a destination and kind. SSH is no tunnel here, as in `kind:tunnel`.
-- Reads the indexed rows `sessions`, `calls` of a scope, the dictionary.
WITH led AS (
    SELECT route_no, person_no, target_no, count(*) FILTER (started) AS sessions, 0 AS calls,
        count(*) FILTER (status_no = 2) AS denied, count(*) FILTER (status_no = 3) AS failed, min("at") AS first_seen, max("at") AS last_seen
    FROM sessions SEMI JOIN (FROM known_routes WHERE kind IN ('port-forward', 'remote-port-forward')) USING (route_no)
    GROUP BY ALL
    UNION ALL
    SELECT route_no, person_no, target_no, 0, count(*), 0, 0, min("at"), max("at")
    FROM calls SEMI JOIN (FROM known_routes WHERE kind IN ('port-forward', 'remote-port-forward')) USING (route_no)
    GROUP BY ALL
)
SELECT route_no,
    -- A user of Identity Center is one person in all accounts.
    count(DISTINCT CASE WHEN person_kind = 'identity-center' THEN 'user ' || coalesce(person_id, person)
        ELSE person_no::VARCHAR END) AS people,
    -- What names no machine is no machine.
    count(DISTINCT nullif(target_no, (SELECT target_no FROM known_targets WHERE target IS NULL))) AS targets,
    sum(sessions)::BIGINT AS sessions, sum(calls)::BIGINT AS calls, sum(denied)::BIGINT AS denied, sum(failed)::BIGINT AS failed,
    min(first_seen) AS first_seen, max(last_seen) AS last_seen
FROM led JOIN known_people USING (person_no) GROUP BY route_no
