-- One row an account and person, for unknown ones an account and role.
-- Reads the relations `touched`, `habits`, `people`, `targets`.
WITH summed AS (
    SELECT person_no, count(target) AS targets, sum(sessions)::BIGINT AS sessions, sum(calls)::BIGINT AS calls,
        sum(denied)::BIGINT AS denied, min(first_seen) AS first_seen, max(last_seen) AS last_seen
    FROM touched JOIN targets USING (target_no) GROUP BY person_no
)
SELECT person, account, roles, targets, sessions, calls, denied, source_ips, first_seen, last_seen,
    to_json([account, person, role])::VARCHAR AS key, person_shown, role, person_order
FROM summed JOIN people USING (person_no) JOIN habits USING (person_no)
